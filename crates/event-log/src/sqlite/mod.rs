//! The log as one table of the embedded file: partition 0, `seq` is the offset.

mod append;
mod subscribe;
mod trim;

use std::time::{SystemTime, UNIX_EPOCH};

use sqlite_file::{SqliteFile, SqliteFileError};
use tokio::sync::{mpsc, watch};

use crate::health::Health;
pub use append::SqliteAppender;
pub use subscribe::SqliteSubscription;

/// The only partition.
const PARTITION: i32 = 0;
/// Requests beyond this wait to be taken up; their deadline runs.
const WAITING_REQUESTS: usize = 1024;

/// The log in an open file. Cheap to clone; one per file, because it wakes its readers when it appends.
#[derive(Clone, Debug)]
pub struct SqliteLog {
    file: SqliteFile,
    appender: SqliteAppender,
    /// The newest offset that was committed, 0 before the first.
    newest: watch::Receiver<i64>,
}

impl SqliteLog {
    /// Starts the task that appends; it ends with the last handle.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn open(file: SqliteFile) -> Result<Self, SqliteFileError> {
        let (tell, newest) = watch::channel(newest_offset(&file).await?);
        let (requests, waiting) = mpsc::channel(WAITING_REQUESTS);
        let health = Health::default();
        let appender = SqliteAppender::new(requests, health.clone());
        tokio::spawn(append::serve(file.clone(), waiting, tell, health));
        Ok(Self { file, appender, newest })
    }

    /// The end that ingest writes to.
    #[must_use]
    pub fn appender(&self) -> SqliteAppender {
        self.appender.clone()
    }

    /// The end that qualification reads from: its own place, beginning unassigned.
    #[must_use]
    pub fn subscription(&self) -> SqliteSubscription {
        SqliteSubscription::new(self.file.clone(), self.newest.clone())
    }

    /// Deletes what was appended before an instant *and* lies before `before_offset`, which must be no further than
    /// what is projected. Answers how many records went.
    ///
    /// # Errors
    /// When the file cannot be written; what went before that stays deleted.
    pub async fn trim(
        &self,
        before_offset: i64,
        appended_before: SystemTime,
    ) -> Result<u64, SqliteFileError> {
        trim::trim(&self.file, before_offset, milliseconds(appended_before)).await
    }
}

/// The newest offset ever given, also when its record was trimmed.
async fn newest_offset(file: &SqliteFile) -> Result<i64, SqliteFileError> {
    let newest = sqlx::query_scalar("select coalesce(max(seq), 0) from sqlite_sequence where name = 'log'");
    newest.fetch_one(file.readers()).await.map_err(|error| file.error(error))
}

/// Since 1970, UTC; 0 before.
fn milliseconds(instant: SystemTime) -> i64 {
    let since = instant.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
