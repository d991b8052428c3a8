//! The thread that polls the consumer: obeys commands, fetches batches, and never stops polling for long.
//!
//! Kafka's client has an async consumer, too, but it is known to stall; a thread of our own does not.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, mpsc as commands};
use std::time::{Duration, Instant};

use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::{KafkaError as ClientError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::{Offset, TopicPartitionList};
use tokio::sync::mpsc;

use super::rebalance::{Change, Rebalances};
use crate::{LogRecord, SubscriptionError};

/// How long one poll waits while records may come.
const POLL: Duration = Duration::from_millis(100);
/// While a command to start is awaited, it is to be obeyed soon.
const POLL_BEFORE_START: Duration = Duration::from_millis(10);
/// A batch takes no more records, or bytes, than this.
const BATCH_RECORDS: usize = 1_000;
const BATCH_BYTES: usize = 1 << 20;
/// When nothing was taken for so long, Kafka is told to send no more, so that polling can go on: rebalances must be
/// answered, also while the database is away.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often to look for room; taking a batch wakes the thread before.
const LOOK_FOR_ROOM: Duration = Duration::from_millis(50);
/// How often offsets are committed for lag monitors.
const HINTS: Duration = Duration::from_secs(1);

/// What the subscription tells the thread.
#[derive(Debug)]
pub(super) enum Command {
    /// Read this partition from here on. Its batches carry the generation.
    Start { partition: i32, offset: Option<i64>, generation: u64 },
    /// Read no more of it.
    Pause { partition: i32 },
    /// Leave the group.
    Close,
}

/// What the thread tells the subscription.
#[derive(Debug)]
pub(super) enum Item {
    Changed(Change),
    Batch(Batch),
    Failed(SubscriptionError),
}

impl Item {
    fn as_batch(&mut self) -> Option<&mut Batch> {
        match self {
            Self::Batch(batch) => Some(batch),
            Self::Changed(_) | Self::Failed(_) => None,
        }
    }
}

/// Records of one partition, in order.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) partition: i32,
    /// That of the start they were fetched after.
    pub(super) generation: u64,
    pub(super) records: VecDeque<LogRecord>,
}

/// Per partition, how far it is projected.
pub(super) type Hints = Arc<Mutex<BTreeMap<i32, i64>>>;

/// Why the loop ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The subscription is closed or gone.
    Closed,
    /// The consumer gave up for good: another one must take over.
    Broken,
}

/// A partition that is being read.
#[derive(Clone, Copy, Debug)]
struct Started {
    /// The offset to fetch next; none for the earliest.
    next: Option<i64>,
    generation: u64,
}

/// The state of the loop for one consumer.
pub(super) struct Reader<'a> {
    consumer: &'a BaseConsumer<Rebalances>,
    topic: &'a str,
    commands: &'a commands::Receiver<Command>,
    items: &'a mpsc::Sender<Item>,
    hints: &'a Hints,
    /// What the group gave to this member.
    assigned: Vec<i32>,
    started: BTreeMap<i32, Started>,
    /// What does not fit into the channel yet.
    outbox: VecDeque<Item>,
    full_since: Option<Instant>,
    throttled: bool,
    hinted: Instant,
    broken: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        consumer: &'a BaseConsumer<Rebalances>,
        topic: &'a str,
        commands: &'a commands::Receiver<Command>,
        items: &'a mpsc::Sender<Item>,
        hints: &'a Hints,
    ) -> Self {
        Self {
            consumer,
            topic,
            commands,
            items,
            hints,
            assigned: Vec::new(),
            started: BTreeMap::new(),
            outbox: VecDeque::new(),
            full_since: None,
            throttled: false,
            hinted: Instant::now(),
            broken: false,
        }
    }

    /// Until the subscription is closed or the consumer gives up.
    pub(super) fn run(mut self) -> End {
        while !self.broken {
            if !self.obey() || !self.forward() {
                return End::Closed;
            }
            if self.outbox.is_empty() {
                self.resume();
                self.gather();
            } else {
                self.wait_for_room();
            }
            self.commit_hints();
        }
        // What was read is no longer this member's.
        self.outbox.push_back(Item::Changed(Change::Revoked(std::mem::take(&mut self.assigned))));
        while !self.outbox.is_empty() {
            if !self.obey() || !self.forward() {
                return End::Closed;
            }
            std::thread::park_timeout(LOOK_FOR_ROOM);
        }
        End::Broken
    }

    /// Obeys all commands there are; false when it is to end.
    fn obey(&mut self) -> bool {
        let mut changed = false;
        let goes_on = loop {
            match self.commands.try_recv() {
                // One that was revoked meanwhile belongs to somebody else.
                Ok(Command::Start { partition, offset, generation })
                    if self.assigned.contains(&partition) =>
                {
                    self.started.insert(partition, Started { next: offset, generation });
                    changed = true;
                }
                Ok(Command::Start { .. }) => {}
                Ok(Command::Pause { partition }) => changed |= self.started.remove(&partition).is_some(),
                Ok(Command::Close) | Err(commands::TryRecvError::Disconnected) => break false,
                Err(commands::TryRecvError::Empty) => break true,
            }
        };
        if changed {
            self.assign();
        }
        goes_on
    }

    /// Has Kafka send what is started, each from the record after the last one that came. What the client had
    /// fetched before is dropped by it.
    fn assign(&mut self) {
        self.resume();
        let mut list = TopicPartitionList::with_capacity(self.started.len());
        let mut result = Ok(());
        for (partition, started) in &self.started {
            let offset = started.next.map_or(Offset::Beginning, Offset::Offset);
            result = result.and(list.add_partition_offset(self.topic, *partition, offset));
        }
        if let Err(error) = result.and_then(|()| self.consumer.assign(&list)) {
            self.fail(SubscriptionError::Unavailable(format!("cannot start reading: {error}")));
        }
    }

    /// Passes on what fits into the channel; false when nobody listens any more.
    fn forward(&mut self) -> bool {
        while !self.outbox.is_empty() {
            let permit = match self.items.try_reserve() {
                Ok(permit) => permit,
                Err(mpsc::error::TrySendError::Full(())) => return true,
                Err(mpsc::error::TrySendError::Closed(())) => return false,
            };
            if let Some(item) = self.outbox.pop_front() {
                permit.send(item);
            }
        }
        self.full_since = None;
        !self.items.is_closed()
    }

    /// Polls until nothing more is there at once or a batch is full.
    fn gather(&mut self) {
        let mut wait = if self.started.is_empty() { POLL_BEFORE_START } else { POLL };
        let (mut records, mut bytes) = (0, 0);
        while records < BATCH_RECORDS && bytes < BATCH_BYTES && self.poll(wait, &mut bytes) {
            records += 1;
            wait = Duration::ZERO;
        }
    }

    /// One poll; whether something came.
    fn poll(&mut self, wait: Duration, bytes: &mut usize) -> bool {
        let consumer = self.consumer;
        let polled = consumer.poll(wait);
        while let Some(change) = consumer.context().take() {
            self.note(change);
        }
        match polled {
            Some(Ok(message)) => *bytes += self.keep(&message),
            Some(Err(error)) => self.report(&error),
            None => return false,
        }
        true
    }

    fn note(&mut self, change: Change) {
        self.resume();
        self.started.clear();
        match &change {
            Change::Assigned(partitions) => self.assigned.clone_from(partitions),
            Change::Revoked(_) => self.assigned.clear(),
        }
        // A group may have more members than partitions: an assignment of nothing is no news.
        let (Change::Assigned(partitions) | Change::Revoked(partitions)) = &change;
        if !partitions.is_empty() {
            self.outbox.push_back(Item::Changed(change));
        }
    }

    /// Appends a record to the batch; answers its size. One that was fetched for an earlier start is dropped.
    fn keep(&mut self, message: &BorrowedMessage<'_>) -> usize {
        let (partition, offset) = (message.partition(), message.offset());
        let Some(started) = self.started.get_mut(&partition) else { return 0 };
        if started.next.is_some_and(|next| offset < next) {
            return 0;
        }
        started.next = Some(offset + 1);
        let generation = started.generation;
        let payload = message.payload().unwrap_or_default().to_vec();
        let bytes = payload.len();
        self.put(partition, generation, LogRecord { offset, payload });
        bytes
    }

    /// Puts a record into the batch of its partition: partitions take turns, and each is to get a large one.
    fn put(&mut self, partition: i32, generation: u64, record: LogRecord) {
        let fits = |batch: &Batch| (batch.partition, batch.generation) == (partition, generation);
        let newest = self.outbox.iter_mut().rev().map_while(Item::as_batch).find(|batch| fits(batch));
        if let Some(batch) = newest {
            batch.records.push_back(record);
        } else {
            let records = VecDeque::from([record]);
            self.outbox.push_back(Item::Batch(Batch { partition, generation, records }));
        }
    }

    fn report(&mut self, error: &ClientError) {
        let reason = self.consumer.context().last_reason();
        if matches!(error, ClientError::MessageConsumptionFatal(_)) {
            tracing::error!(error = %error, reason, "the kafka consumer gave up and is replaced");
            self.broken = true;
        } else if error.rdkafka_error_code().is_some_and(is_gap) {
            self.fail(SubscriptionError::Gap(reason));
        } else if error.rdkafka_error_code() != Some(RDKafkaErrorCode::BrokerTransportFailure) {
            // One lost connection is no outage: it comes back, or the next error says more.
            self.tell_outage(reason);
        }
    }

    /// Tells of an outage who waits for news. Who has some still to take would read of it when it is long over, and
    /// the client says it many times a second.
    fn tell_outage(&mut self, reason: String) {
        if self.outbox.is_empty() && self.items.capacity() == self.items.max_capacity() {
            self.fail(SubscriptionError::Unavailable(reason));
        }
    }

    fn fail(&mut self, error: SubscriptionError) {
        self.outbox.push_back(Item::Failed(error));
    }

    /// The reader is busy. Soon it will take a batch, or else Kafka must wait, too.
    fn wait_for_room(&mut self) {
        let full_since = *self.full_since.get_or_insert_with(Instant::now);
        if full_since.elapsed() > PATIENCE {
            self.throttle();
            self.poll(Duration::ZERO, &mut 0);
        }
        std::thread::park_timeout(LOOK_FOR_ROOM);
    }

    fn throttle(&mut self) {
        if !self.throttled {
            self.throttled = true;
            if let Err(error) = self.consumer.pause(&self.started_list()) {
                tracing::warn!(error = %error, "the kafka consumer cannot pause");
            }
        }
    }

    fn resume(&mut self) {
        if self.throttled {
            self.throttled = false;
            if let Err(error) = self.consumer.resume(&self.started_list()) {
                tracing::warn!(error = %error, "the kafka consumer cannot resume");
            }
        }
    }

    fn started_list(&self) -> TopicPartitionList {
        let mut list = TopicPartitionList::with_capacity(self.started.len());
        for partition in self.started.keys() {
            list.add_partition(self.topic, *partition);
        }
        list
    }

    fn commit_hints(&mut self) {
        if self.hinted.elapsed() < HINTS {
            return;
        }
        self.hinted = Instant::now();
        let hints = std::mem::take(&mut *self.hints.lock().unwrap_or_else(PoisonError::into_inner));
        let mut list = TopicPartitionList::with_capacity(hints.len());
        for (partition, offset) in hints.iter().filter(|(partition, _)| self.started.contains_key(partition))
        {
            if let Err(error) = list.add_partition_offset(self.topic, *partition, Offset::Offset(*offset)) {
                tracing::debug!(error = %error, "an offset for lag monitors does not fit");
            }
        }
        if list.count() > 0
            && let Err(error) = self.consumer.commit(&list, CommitMode::Async)
        {
            tracing::debug!(error = %error, "the offsets for lag monitors were not committed");
        }
    }
}

/// Whether the log does not hold the offset that was to be read.
fn is_gap(code: RDKafkaErrorCode) -> bool {
    use RDKafkaErrorCode::{AutoOffsetReset, LogTruncation, OffsetOutOfRange};
    matches!(code, AutoOffsetReset | OffsetOutOfRange | LogTruncation)
}
