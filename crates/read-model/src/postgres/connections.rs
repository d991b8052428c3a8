//! The projector's own connections: no ping before each batch, and one that failed is never used again.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions, Connection, Executor};

use super::error::{is_about_the_connection, store_error};
use crate::error::StoreError;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Longer than the server lets any statement, or any wait for a lock, take.
const SILENCE: Duration = Duration::from_secs(90);

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
        tokio::time::timeout(CONNECT_TIMEOUT, connecting).await.unwrap_or_else(|_| Err(timed_out()))
    }

    /// Waits for the answer to a statement, but not for ever: a server whose network fell silent never answers, and never
    /// says so. The transaction is of no use after an error.
    pub(super) async fn answered<T>(
        &self,
        answer: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, StoreError> {
        let answer = tokio::time::timeout(SILENCE, answer).await;
        answer.unwrap_or_else(|_| Err(timed_out())).map_err(|error| {
            if is_about_the_connection(&error) {
                self.forget();
            }
            store_error(error)
        })
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
        home.answered(connection.execute(sqlx::raw_sql(begin))).await?;
        Ok(Self { connection, home: Arc::clone(home) })
    }

    /// Its connection for a statement, and its home, which waits for the [answer](Connections::answered).
    pub(super) fn parts(&mut self) -> (&mut PgConnection, &Connections) {
        (&mut self.connection, &self.home)
    }

    pub(super) async fn commit(self) -> Result<(), StoreError> {
        self.end("commit").await
    }

    pub(super) async fn roll_back(self) -> Result<(), StoreError> {
        self.end("rollback").await
    }

    async fn end(mut self, how: &'static str) -> Result<(), StoreError> {
        self.home.answered(self.connection.execute(sqlx::raw_sql(how))).await?;
        self.home.put_back(self.connection);
        Ok(())
    }
}

fn timed_out() -> sqlx::Error {
    std::io::Error::from(std::io::ErrorKind::TimedOut).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_server_that_fell_silent_counts_as_away() {
        let connections = Connections::new(PgConnectOptions::new());
        let silent = std::future::pending::<Result<(), sqlx::Error>>();
        let answer = connections.answered(silent).await;
        assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}");
    }
}
