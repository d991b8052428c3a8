//! The port of qualification: batches of records, and which partitions are whose, as values.

use async_trait::async_trait;

/// One record as it stands in the log.
#[derive(Clone, PartialEq, Eq)]
pub struct LogRecord {
    /// Its place in the partition. Offsets grow, but may have gaps.
    pub offset: i64,
    /// What ingest handed over. Personal data.
    pub payload: Vec<u8>,
}

impl std::fmt::Debug for LogRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LogRecord({}, {} bytes)", self.offset, self.payload.len())
    }
}

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// These partitions are this reader's from now on: claim them, then [`EventSubscription::start`] them.
    Assigned(Vec<i32>),
    /// These are no longer.
    Revoked(Vec<i32>),
    /// Records of one partition, in order, behind all that were delivered of it since it was started.
    Records {
        /// The partition.
        partition: i32,
        /// At least one record.
        records: Vec<LogRecord>,
    },
    /// Nothing came for a while: a chance to look around.
    Idle,
}

/// Where a claimed partition is to be read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Start {
    /// The partition.
    pub partition: i32,
    /// The offset to read first; none for the earliest there is.
    pub offset: Option<i64>,
}

/// Why nothing comes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubscriptionError {
    /// The log is away; the subscription goes on by itself when it is back.
    #[error("the log is not available: {0}")]
    Unavailable(String),
    /// The log no longer holds what must be read next, or is another one: going on would skip facts.
    #[error("the log does not hold what must be read next: {0}")]
    Gap(String),
}

/// Reads the log, partition by partition.
#[async_trait]
pub trait EventSubscription: Send + std::fmt::Debug {
    /// Waits for what comes next, at most about a second; at most `max` records at once. After
    /// [`SubscriptionError::Unavailable`] it can be called again.
    async fn next(&mut self, max: usize) -> Result<Delivery, SubscriptionError>;

    /// Reads these partitions from these offsets on. Answers an assignment, or starts some of the partitions that
    /// this reader has anew; what was fetched before and not delivered is dropped.
    async fn start(&mut self, starts: &[Start]) -> Result<(), SubscriptionError>;

    /// Reads no more of a partition until it is started again.
    async fn pause(&mut self, partition: i32) -> Result<(), SubscriptionError>;

    /// Notes for lag monitors that the partition is projected up to this offset. A hint: its failure is nobody's.
    fn projected(&mut self, partition: i32, next_offset: i64);

    /// Leaves, so that others can take over at once.
    async fn close(self: Box<Self>);
}
