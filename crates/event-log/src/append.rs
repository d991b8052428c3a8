//! The port of ingest: records become durable, or the request is told that they are not.

use async_trait::async_trait;

use crate::position::Position;

/// A record that ingest hands over.
#[derive(Clone, PartialEq, Eq)]
pub struct NewRecord {
    /// Decides the partition: the id of the lead, or `campaign:` and its name. Nothing personal.
    pub key: String,
    /// The stored form of a fact. Personal data.
    pub payload: Vec<u8>,
}

impl std::fmt::Debug for NewRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NewRecord({}, {} bytes)", self.key, self.payload.len())
    }
}

/// Why the records of a request are not durable, or may not be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendError {
    /// The log cannot store now; sending the same facts again later is harmless.
    #[error("the log cannot store now: {0}")]
    Unavailable(String),
}

/// Appends records, and answers when all of one request are durable.
#[async_trait]
pub trait EventAppender: Send + Sync + std::fmt::Debug {
    /// Makes all records of one request durable, in order per key, and tells how far a reader must come to have
    /// them all. Answers within 3 seconds, also when the log is away.
    async fn append(&self, records: Vec<NewRecord>) -> Result<Position, AppendError>;

    /// Whether an append would succeed now, as far as that can be told without one.
    async fn ready(&self) -> Result<(), AppendError>;
}
