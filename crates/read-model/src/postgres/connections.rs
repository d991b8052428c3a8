//! The projector's own connections: no ping before each batch, and one that failed is never used again.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection, Executor};

use super::error::{is_about_the_connection, store_error};
use crate::error::StoreError;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Reads the URL and adds what every connection of ours has.
///
/// # Errors
/// [`StoreError::Broken`] when it is no URL of a PostgreSQL database. It may hold a password, so it is not repeated.
pub(super) fn options(url: &str, settings: &[(&str, &str)]) -> Result<PgConnectOptions, StoreError> {
    let known = url.starts_with("postgres://") || url.starts_with("postgresql://");
    let options: Option<PgConnectOptions> = known.then(|| url.parse().ok()).flatten();
    let options =
        options.ok_or_else(|| StoreError::Broken("the URL is none of a PostgreSQL database".to_owned()))?;
    let settings = settings.iter().copied();
    Ok(options.application_name("batea").options(settings).disable_statement_logging())
}

/// Connections that wait for the next batch.
#[derive(Debug)]
pub(super) struct Connections {
    options: PgConnectOptions,
    idle: Mutex<Vec<PgConnection>>,
}

impl Connections {
    pub(super) fn new(options: PgConnectOptions) -> Arc<Self> {
        Arc::new(Self { options, idle: Mutex::default() })
    }

    async fn take(&self) -> Result<PgConnection, sqlx::Error> {
        if let Some(connection) = self.idle().pop() {
            return Ok(connection);
        }
        let connecting = PgConnection::connect_with(&self.options);
        tokio::time::timeout(CONNECT_TIMEOUT, connecting)
            .await
            .unwrap_or_else(|_| Err(std::io::Error::from(std::io::ErrorKind::TimedOut).into()))
    }

    fn put_back(&self, connection: PgConnection) {
        self.idle().push(connection);
    }

    /// One is broken: the others were made before the same fall of the server.
    fn forget(&self) {
        self.idle().clear();
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<PgConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An open transaction. Dropped without commit, its connection is closed, and the server rolls back at once.
#[derive(Debug)]
pub(super) struct Open {
    connection: PgConnection,
    home: Arc<Connections>,
}

impl Open {
    /// Takes a connection and runs `begin`, constant text that opens the transaction.
    pub(super) async fn begin(home: &Arc<Connections>, begin: &'static str) -> Result<Self, StoreError> {
        let mut connection = home.take().await.map_err(store_error)?;
        match connection.execute(sqlx::raw_sql(begin)).await {
            Ok(_) => Ok(Self { connection, home: Arc::clone(home) }),
            Err(error) => Err(failed(home, error)),
        }
    }

    pub(super) fn connection(&mut self) -> &mut PgConnection {
        &mut self.connection
    }

    /// What an error of a statement means; the transaction is of no use after it.
    pub(super) fn failed(&self, error: sqlx::Error) -> StoreError {
        failed(&self.home, error)
    }

    pub(super) async fn commit(self) -> Result<(), StoreError> {
        self.end("commit").await
    }

    pub(super) async fn roll_back(self) -> Result<(), StoreError> {
        self.end("rollback").await
    }

    async fn end(mut self, how: &'static str) -> Result<(), StoreError> {
        match self.connection.execute(sqlx::raw_sql(how)).await {
            Ok(_) => {
                self.home.put_back(self.connection);
                Ok(())
            }
            Err(error) => Err(failed(&self.home, error)),
        }
    }
}

fn failed(home: &Connections, error: sqlx::Error) -> StoreError {
    if is_about_the_connection(&error) {
        home.forget();
    }
    store_error(error)
}
