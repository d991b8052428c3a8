//! Forgets old records of the log, hourly. The timeline keeps the facts; the log is only their transport.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use event_log::sqlite::SqliteLog;
use read_model::{ReadModelStatus, StoreError};
use service_kit::lifecycle::Shutdown;
use sqlite_file::SqliteFileError;

const INTERVAL: Duration = Duration::from_secs(60 * 60);
/// How long a record is kept, as on Kafka.
const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Why nothing was trimmed. It is tried again an hour later.
#[derive(Debug, thiserror::Error)]
enum TrimError {
    #[error(transparent)]
    Status(#[from] StoreError),
    #[error(transparent)]
    File(#[from] SqliteFileError),
}

/// Trims at once, and then every hour until the process ends.
pub(crate) async fn trim_hourly(
    log: SqliteLog,
    status: Arc<dyn ReadModelStatus>,
    shutdown: Shutdown,
) -> Result<(), std::convert::Infallible> {
    while !shutdown.is_requested() {
        match trim(&log, status.as_ref()).await {
            Ok(0) => {}
            Ok(trimmed) => tracing::info!(trimmed, "old records of the log were deleted"),
            Err(error) => tracing::warn!(%error, "the log could not be trimmed"),
        }
        tokio::select! {
            () = tokio::time::sleep(INTERVAL) => {}
            () = shutdown.requested() => {}
        }
    }
    Ok(())
}

/// Only what is projected may go.
async fn trim(log: &SqliteLog, status: &dyn ReadModelStatus) -> Result<u64, TrimError> {
    let positions = status.positions().await?;
    let Some(projected) = positions.iter().map(|(_, offset)| *offset).min() else { return Ok(0) };
    let before = SystemTime::now().checked_sub(KEPT).unwrap_or(SystemTime::UNIX_EPOCH);
    Ok(log.trim(projected, before).await?)
}
