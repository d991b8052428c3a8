//! The embedded file: one SQLite database with one writer, a pool of readers, and one history of migrations.
//!
//! There is one writing connection, and whoever writes takes a [`Turn`] at it. Appends to the log go before
//! projections, because somebody waits for their answer; but appends that never end leave a quarter of the time to
//! projections, so that what is read goes on under load.

mod desk;
mod error;
mod migrations;
mod open;
mod queue;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx::SqlitePool;

use desk::Desk;
pub use error::SqliteFileError;
pub use writer::Writer;

/// How long [`SqliteFile::close`] waits for readers that are still at it.
const LAST_READS: Duration = Duration::from_secs(2);

/// What the writing connection is wanted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Records are to become durable: goes before a waiting projection.
    Append,
    /// Everything else. Appends wait while it lasts, so it should be short: a batch of the projection takes at most about 100 ms.
    Projection,
}

/// The open database. Cheap to clone; all clones share the one writer and the readers.
#[derive(Clone, Debug)]
pub struct SqliteFile {
    path: Arc<Path>,
    readers: SqlitePool,
    desk: Arc<Desk>,
}

impl SqliteFile {
    /// Opens the database at `path`, or creates it (readable by its owner only), and brings its tables up to date.
    ///
    /// # Errors
    /// When the file cannot be opened or created, is no database, is damaged, or was written by a newer version.
    pub async fn open(path: &Path) -> Result<Self, SqliteFileError> {
        let options = open::prepare(path)?;
        let writer = open::writer(path, &options).await?;
        let readers = open::readers(path, &options).await?;
        let path: Arc<Path> = Arc::from(path);
        let desk = Arc::new(Desk::start(Arc::clone(&path), options, writer));
        Ok(Self { path, readers, desk })
    }

    /// Connections that can only read. What they see is as new as the last commit before their transaction.
    #[must_use]
    pub fn readers(&self) -> &SqlitePool {
        &self.readers
    }

    /// Waits for the writing connection.
    ///
    /// # Errors
    /// [`SqliteFileError::Closed`] after [`SqliteFile::close`]; others when the connection broke and cannot be
    /// opened again.
    pub async fn writer(&self, turn: Turn) -> Result<Writer, SqliteFileError> {
        self.desk.take(turn).await
    }

    /// Names the file in what SQLite says about it.
    #[must_use]
    pub fn error(&self, source: sqlx::Error) -> SqliteFileError {
        SqliteFileError::of(&self.path, source)
    }

    /// Closes all connections when running turns are over, with everything in the main file and an empty WAL.
    pub async fn close(&self) {
        if tokio::time::timeout(LAST_READS, self.readers.close()).await.is_err() {
            tracing::warn!("readers of the database are still busy while it closes");
        }
        self.desk.close().await;
    }
}
