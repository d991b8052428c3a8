//! One turn at the writing connection.

use sqlx::SqliteConnection;
use tokio::sync::OwnedMutexGuard;

/// The writing connection and what is known about it.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) connection: SqliteConnection,
    /// A transaction may be open: roll back before anything else.
    pub(crate) open: bool,
}

/// The writing connection, for one turn. Dropped without [`Writer::commit`], what was written since
/// [`Writer::begin`] is rolled back before the next turn.
#[derive(Debug)]
pub struct Writer {
    line: OwnedMutexGuard<Line>,
}

impl Writer {
    pub(crate) fn new(line: OwnedMutexGuard<Line>) -> Self {
        Self { line }
    }

    /// Begins a transaction that may write (`begin immediate`).
    ///
    /// # Errors
    /// What SQLite says, such as that another process is writing.
    pub async fn begin(&mut self) -> Result<(), sqlx::Error> {
        // Noted first: if this future is dropped half-way, nobody knows how far SQLite came.
        self.line.open = true;
        let begun = sqlx::query("begin immediate").execute(&mut self.line.connection).await;
        self.line.open = begun.is_ok();
        begun.map(|_| ())
    }

    /// The connection, to run statements on.
    pub fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.line.connection
    }

    /// Makes durable what was written since [`Writer::begin`].
    ///
    /// # Errors
    /// What SQLite says, such as that the disk is full; then nothing was written.
    pub async fn commit(mut self) -> Result<(), sqlx::Error> {
        sqlx::query("commit").execute(&mut self.line.connection).await?;
        self.line.open = false;
        Ok(())
    }
}
