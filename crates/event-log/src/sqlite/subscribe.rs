//! Reads the table in the order of its offsets, woken by appends.

use std::time::Duration;

use async_trait::async_trait;
use futures_util::TryStreamExt;
use sqlite_file::SqliteFile;
use sqlx::Row;
use tokio::sync::watch;

use super::PARTITION;
use crate::{Delivery, EventSubscription, LogRecord, Start, SubscriptionError};

/// How long nothing may come before that is said.
const IDLE: Duration = Duration::from_secs(1);
/// A delivery takes no more records beyond so many bytes.
const DELIVERY_BYTES: usize = 8 << 20;

const READ: &str = "select seq, record from log where seq >= ?1 order by seq limit ?2";

/// What is done about the one partition.
#[derive(Clone, Copy, Debug)]
enum Phase {
    /// The reader does not know yet that it has it.
    Unassigned,
    /// Assigned or paused: the reader is to say where to start.
    Waiting,
    /// The offset to read next.
    Reading(i64),
}

/// One reader of the table.
#[derive(Debug)]
pub struct SqliteSubscription {
    file: SqliteFile,
    newest: watch::Receiver<i64>,
    phase: Phase,
}

impl SqliteSubscription {
    pub(super) fn new(file: SqliteFile, newest: watch::Receiver<i64>) -> Self {
        Self { file, newest, phase: Phase::Unassigned }
    }

    /// Records from `next` on; when there are none, waits for the next append.
    async fn records(&mut self, next: i64, max: usize) -> Result<Delivery, SubscriptionError> {
        let newest = *self.newest.borrow_and_update();
        if next > newest.saturating_add(1) {
            return Err(gap(next, newest));
        }
        if next > newest && !self.grows().await {
            return Ok(Delivery::Idle);
        }
        let records = self.read(next, max).await?;
        let last = records.last().map(|record| record.offset);
        // Without a record, all up to the newest one known were trimmed.
        self.phase = Phase::Reading(last.unwrap_or(newest.max(next - 1)) + 1);
        match last {
            Some(_) => Ok(Delivery::Records { partition: PARTITION, records }),
            None => Ok(Delivery::Idle),
        }
    }

    /// Whether something is appended before long.
    async fn grows(&mut self) -> bool {
        match tokio::time::timeout(IDLE, self.newest.changed()).await {
            Ok(Ok(())) => true,
            Ok(Err(_ended)) => {
                // Nobody will append any more: do not spin.
                tokio::time::sleep(IDLE).await;
                false
            }
            Err(_idle) => false,
        }
    }

    async fn read(&self, next: i64, max: usize) -> Result<Vec<LogRecord>, SubscriptionError> {
        let max = i64::try_from(max).unwrap_or(i64::MAX);
        let mut rows = sqlx::query(READ).bind(next).bind(max).fetch(self.file.readers());
        let mut records = Vec::new();
        let mut bytes = 0;
        while bytes < DELIVERY_BYTES
            && let Some(row) = rows.try_next().await.map_err(unavailable)?
        {
            let record = LogRecord {
                offset: row.try_get(0).map_err(unavailable)?,
                payload: row.try_get(1).map_err(unavailable)?,
            };
            bytes += record.payload.len();
            records.push(record);
        }
        Ok(records)
    }
}

fn unavailable(error: sqlx::Error) -> SubscriptionError {
    SubscriptionError::Unavailable(error.to_string())
}

fn gap(next: i64, newest: i64) -> SubscriptionError {
    SubscriptionError::Gap(format!("offset {next} of the log is wanted, but it ends with {newest}"))
}

#[async_trait]
impl EventSubscription for SqliteSubscription {
    async fn next(&mut self, max: usize) -> Result<Delivery, SubscriptionError> {
        match self.phase {
            Phase::Unassigned => {
                self.phase = Phase::Waiting;
                Ok(Delivery::Assigned(vec![PARTITION]))
            }
            Phase::Waiting => {
                tokio::time::sleep(IDLE).await;
                Ok(Delivery::Idle)
            }
            Phase::Reading(next) => self.records(next, max).await,
        }
    }

    async fn start(&mut self, starts: &[Start]) -> Result<(), SubscriptionError> {
        if let Some(start) = starts.iter().find(|start| start.partition == PARTITION) {
            // The first offset is 1.
            self.phase = Phase::Reading(start.offset.unwrap_or(1));
        }
        Ok(())
    }

    async fn pause(&mut self, partition: i32) -> Result<(), SubscriptionError> {
        if partition == PARTITION {
            self.phase = Phase::Waiting;
        }
        Ok(())
    }

    fn projected(&mut self, _partition: i32, _next_offset: i64) {
        // The position row in the same file says it.
    }

    async fn close(self: Box<Self>) {}
}
