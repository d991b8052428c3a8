//! Group commit: one task writes what all waiting requests brought, in one statement and one transaction.
//!
//! There is no timer. While one group waits for the disk, the next one gathers.

use std::fmt::Write;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use sqlite_file::{SqliteFile, Turn, Writer};
use tokio::sync::{mpsc, oneshot, watch};

use super::{PARTITION, milliseconds};
use crate::health::Health;
use crate::{AppendError, EventAppender, NewRecord, Position};

/// An append answers within 3 s; this leaves time for the way back.
const DEADLINE: Duration = Duration::from_millis(2_500);
/// A group takes no more requests beyond so many bytes: a turn at the writing connection is short.
const GROUP_BYTES: usize = 4 << 20;

/// All records in one blob, cut by their (offset, length) pairs: they need no escaping, and one statement takes any
/// number of them. It is a transaction by itself. Rows come in the order of the array, so their numbers follow one
/// another.
const INSERT: &str = "insert into log (appended_at, record)
    select ?1, substr(?2, value ->> 0, value ->> 1) from json_each(?3)";

/// One request's records and where its answer is awaited.
#[derive(Debug)]
pub(super) struct Request {
    records: Vec<NewRecord>,
    answer: oneshot::Sender<Result<Position, AppendError>>,
}

impl Request {
    fn bytes(&self) -> usize {
        self.records.iter().map(|record| record.payload.len()).sum()
    }
}

/// Appends to the table. Cheap to clone.
#[derive(Clone, Debug)]
pub struct SqliteAppender {
    requests: mpsc::Sender<Request>,
    health: Health,
}

impl SqliteAppender {
    pub(super) fn new(requests: mpsc::Sender<Request>, health: Health) -> Self {
        Self { requests, health }
    }

    async fn ask(&self, records: Vec<NewRecord>) -> Result<Position, AppendError> {
        let gone = || AppendError::Unavailable("the task that appends has ended".to_owned());
        let (answer, answered) = oneshot::channel();
        self.requests.send(Request { records, answer }).await.map_err(|_closed| gone())?;
        answered.await.map_err(|_dropped| gone())?
    }
}

#[async_trait]
impl EventAppender for SqliteAppender {
    async fn append(&self, records: Vec<NewRecord>) -> Result<Position, AppendError> {
        if records.is_empty() {
            return Ok(Position::default());
        }
        match tokio::time::timeout(DEADLINE, self.ask(records)).await {
            Ok(answer) => answer,
            Err(_late) => {
                Err(AppendError::Unavailable("the disk is too slow, or the log too busy".to_owned()))
            }
        }
    }

    async fn ready(&self) -> Result<(), AppendError> {
        if self.requests.is_closed() {
            return Err(AppendError::Unavailable("the task that appends has ended".to_owned()));
        }
        self.health.lately().map_err(AppendError::Unavailable)
    }
}

/// Answers requests until no appender is left.
pub(super) async fn serve(
    file: SqliteFile,
    mut waiting: mpsc::Receiver<Request>,
    newest: watch::Sender<i64>,
    health: Health,
) {
    while let Some(first) = waiting.recv().await {
        let written = write_group(&file, &mut waiting, first).await;
        match written.last {
            Ok(last) => {
                health.succeeded();
                newest.send_replace(last);
                accept(written.group, last);
            }
            Err(reason) => {
                tracing::error!(error = %reason, "cannot append to the log");
                health.failed(&reason);
                refuse(written.group, &reason);
            }
        }
    }
}

/// What became of a group: the offset of its last record, or why there is none.
struct Written {
    group: Vec<Request>,
    last: Result<i64, String>,
}

/// Waits for the connection, and takes along all requests that came meanwhile.
async fn write_group(file: &SqliteFile, waiting: &mut mpsc::Receiver<Request>, first: Request) -> Written {
    let turn = file.writer(Turn::Append).await;
    let group = gather(waiting, first);
    let last = match turn {
        Ok(writer) => insert(writer, &group).await.map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    Written { group, last }
}

/// Requests whose answer nobody waits for any more were refused for being late: they are left out.
fn gather(waiting: &mut mpsc::Receiver<Request>, first: Request) -> Vec<Request> {
    let mut bytes = first.bytes();
    let mut group = vec![first];
    while bytes < GROUP_BYTES
        && let Ok(next) = waiting.try_recv()
    {
        bytes += next.bytes();
        group.push(next);
    }
    group.retain(|request| !request.answer.is_closed());
    group
}

/// The offset of the last record, when all are durable.
async fn insert(mut writer: Writer, group: &[Request]) -> Result<i64, sqlx::Error> {
    let (bytes, cuts) = one_blob(group);
    let insert = sqlx::query(INSERT).bind(milliseconds(SystemTime::now())).bind(bytes).bind(cuts);
    Ok(insert.execute(writer.connection()).await?.last_insert_rowid())
}

/// All payloads behind one another, and where to cut: `[[start, length], …]`, counted from 1 as SQL does.
fn one_blob(group: &[Request]) -> (Vec<u8>, String) {
    // The first byte belongs to nobody: SQLite would take an empty blob for null.
    let mut bytes = vec![0];
    let mut cuts = String::from("[");
    for record in group.iter().flat_map(|request| &request.records) {
        let comma = if cuts.len() == 1 { "" } else { "," };
        write!(cuts, "{comma}[{},{}]", bytes.len() + 1, record.payload.len()).unwrap_or_default();
        bytes.extend_from_slice(&record.payload);
    }
    cuts.push(']');
    (bytes, cuts)
}

/// Offsets were given in the order of the group, without gaps.
fn accept(group: Vec<Request>, last: i64) {
    let mut behind = last;
    for request in group.into_iter().rev() {
        let records = i64::try_from(request.records.len()).unwrap_or(i64::MAX);
        answer(request, Ok(Position::behind(PARTITION, behind)));
        behind -= records;
    }
}

fn refuse(group: Vec<Request>, reason: &str) {
    for request in group {
        answer(request, Err(AppendError::Unavailable(reason.to_owned())));
    }
}

fn answer(request: Request, answer: Result<Position, AppendError>) {
    if request.answer.send(answer).is_err() {
        tracing::debug!("a request did not wait for its answer");
    }
}
