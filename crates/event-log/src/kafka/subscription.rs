//! The reader's end of the topic: what the polling thread found, one delivery after the other.

use std::collections::{BTreeMap, VecDeque};
use std::sync::PoisonError;
use std::sync::mpsc as commands;
use std::thread::Thread;
use std::time::Duration;

use async_trait::async_trait;
use rdkafka::ClientConfig;
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError as ClientError;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::KafkaError;
use super::config::KafkaSettings;
use super::reader::{Batch, Command, End, Hints, Item, Reader};
use super::rebalance::{Change, Rebalances};
use crate::{Delivery, EventSubscription, LogRecord, Start, SubscriptionError};

/// How long nothing may come before that is said.
const IDLE: Duration = Duration::from_secs(1);
/// How many batches wait at most.
const BATCHES_AHEAD: usize = 8;
/// How long leaving the group may take; then the group finds out by its session timeout.
const LEAVE: Duration = Duration::from_secs(5);

/// Joins the group of readers. Needs no broker yet.
///
/// # Errors
/// [`KafkaError::Setting`] when the settings do not go together.
pub async fn subscription(settings: &KafkaSettings, group: &str) -> Result<KafkaSubscription, KafkaError> {
    let config = settings.consumer(group);
    let consumer =
        consumer(&config, &settings.topic).map_err(|error| KafkaError::Setting(error.to_string()))?;
    let (command, obeyed) = commands::channel();
    let (found, items) = mpsc::channel(BATCHES_AHEAD);
    let (tell, ended) = oneshot::channel();
    let hints = Hints::default();
    let poller = Poller {
        config,
        topic: settings.topic.clone(),
        commands: obeyed,
        items: found,
        hints: hints.clone(),
    };
    let thread = std::thread::Builder::new()
        .name("kafka-consumer".to_owned())
        .spawn(move || poller.run(consumer, tell))
        .map_err(|error| KafkaError::Unavailable(format!("cannot start a thread: {error}")))?;
    let thread = thread.thread().clone();
    let current = BTreeMap::new();
    Ok(KafkaSubscription { command, items, ended, thread, hints, current, generation: 0, pending: None })
}

fn consumer(config: &ClientConfig, topic: &str) -> Result<BaseConsumer<Rebalances>, ClientError> {
    let consumer = BaseConsumer::from_config_and_context(config, Rebalances::default())?;
    consumer.subscribe(&[topic])?;
    Ok(consumer)
}

/// What the polling thread needs to go on with a new consumer.
struct Poller {
    config: ClientConfig,
    topic: String,
    commands: commands::Receiver<Command>,
    items: mpsc::Sender<Item>,
    hints: Hints,
}

impl Poller {
    fn run(self, first: BaseConsumer<Rebalances>, tell: oneshot::Sender<()>) {
        let mut next = Some(first);
        while let Some(consumer) = next.take() {
            let reader = Reader::new(&consumer, &self.topic, &self.commands, &self.items, &self.hints);
            let end = reader.run();
            // Leaves the group.
            drop(consumer);
            if end == End::Broken {
                next = self.replace();
            }
        }
        if tell.send(()).is_err() {
            tracing::debug!("nobody waited for the kafka consumer to leave");
        }
    }

    fn replace(&self) -> Option<BaseConsumer<Rebalances>> {
        let replaced = consumer(&self.config, &self.topic);
        if let Err(error) = &replaced {
            tracing::error!(error = %error, "cannot replace the kafka consumer");
        }
        replaced.ok()
    }
}

/// One member of the group of readers.
#[derive(Debug)]
pub struct KafkaSubscription {
    command: commands::Sender<Command>,
    items: mpsc::Receiver<Item>,
    ended: oneshot::Receiver<()>,
    thread: Thread,
    hints: Hints,
    /// Per partition that is read, the generation of its last start. Other batches are leftovers.
    current: BTreeMap<i32, u64>,
    generation: u64,
    /// Taken from the channel, but not delivered yet.
    pending: Option<Item>,
}

impl KafkaSubscription {
    fn tell(&self, command: Command) -> Result<(), SubscriptionError> {
        let told = self.command.send(command).map_err(|_closed| gone());
        self.thread.unpark();
        told
    }

    /// The next item, or none when nothing comes until the deadline.
    async fn item(&mut self, deadline: Instant) -> Result<Option<Item>, SubscriptionError> {
        if let Some(item) = self.pending.take() {
            return Ok(Some(item));
        }
        match tokio::time::timeout_at(deadline, self.items.recv()).await {
            Ok(Some(item)) => {
                // There is room now.
                self.thread.unpark();
                Ok(Some(item))
            }
            Ok(None) => Err(gone()),
            Err(_idle) => Ok(None),
        }
    }

    /// Up to `max` records of the batch, and of those behind it that are of the same partition.
    fn deliver(&mut self, mut batch: Batch, max: usize) -> Delivery {
        let mut records = take(&mut batch.records, max);
        while batch.records.is_empty() && records.len() < max {
            match self.items.try_recv() {
                Ok(Item::Batch(next)) if next.partition == batch.partition && self.is_current(&next) => {
                    batch = next;
                    records.extend(take(&mut batch.records, max - records.len()));
                }
                Ok(other) => {
                    self.pending = Some(other);
                    break;
                }
                Err(_empty) => break,
            }
        }
        let partition = batch.partition;
        if !batch.records.is_empty() {
            self.pending = Some(Item::Batch(batch));
        }
        self.thread.unpark();
        Delivery::Records { partition, records }
    }

    fn is_current(&self, batch: &Batch) -> bool {
        self.current.get(&batch.partition) == Some(&batch.generation)
    }

    fn changed(&mut self, change: Change) -> Delivery {
        match change {
            Change::Assigned(partitions) => Delivery::Assigned(partitions),
            Change::Revoked(partitions) => {
                self.current.retain(|partition, _| !partitions.contains(partition));
                Delivery::Revoked(partitions)
            }
        }
    }
}

fn take(records: &mut VecDeque<LogRecord>, max: usize) -> Vec<LogRecord> {
    records.drain(..max.min(records.len())).collect()
}

fn gone() -> SubscriptionError {
    SubscriptionError::Unavailable("the thread that reads Kafka has ended".to_owned())
}

#[async_trait]
impl EventSubscription for KafkaSubscription {
    async fn next(&mut self, max: usize) -> Result<Delivery, SubscriptionError> {
        let deadline = Instant::now() + IDLE;
        let max = max.max(1);
        loop {
            match self.item(deadline).await? {
                Some(Item::Changed(change)) => return Ok(self.changed(change)),
                Some(Item::Failed(error)) => return Err(error),
                Some(Item::Batch(batch)) if self.is_current(&batch) => return Ok(self.deliver(batch, max)),
                Some(Item::Batch(_leftover)) => {}
                None => return Ok(Delivery::Idle),
            }
        }
    }

    async fn start(&mut self, starts: &[Start]) -> Result<(), SubscriptionError> {
        for &Start { partition, offset } in starts {
            self.generation += 1;
            let generation = self.generation;
            self.current.insert(partition, generation);
            self.tell(Command::Start { partition, offset, generation })?;
        }
        Ok(())
    }

    async fn pause(&mut self, partition: i32) -> Result<(), SubscriptionError> {
        self.current.remove(&partition);
        self.tell(Command::Pause { partition })
    }

    fn projected(&mut self, partition: i32, next_offset: i64) {
        self.hints.lock().unwrap_or_else(PoisonError::into_inner).insert(partition, next_offset);
    }

    async fn close(mut self: Box<Self>) {
        let left = match self.tell(Command::Close) {
            Ok(()) => tokio::time::timeout(LEAVE, &mut self.ended).await.is_ok(),
            Err(_ended) => true,
        };
        if !left {
            tracing::warn!("could not leave the group of readers in time; its session timeout will tell");
        }
    }
}
