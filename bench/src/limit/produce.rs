//! The limit of Kafka: librdkafka alone, with the product's settings, keys and records.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rdkafka::ClientConfig;
use rdkafka::client::ClientContext;
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::error::KafkaError;
use rdkafka::message::DeliveryResult;
use rdkafka::producer::{BaseRecord, Producer, ProducerContext, ThreadedProducer};
use rdkafka::types::RDKafkaErrorCode;

use crate::Outcome;
use crate::args::{BlockArgs, KafkaArgs};
use crate::kafka::{PARTITIONS, Topic};
use crate::machine::Clocks;
use crate::pause::pause;
use crate::reading::Reading;
use crate::records::Record;

/// As `event-log` sets them: crates/event-log/src/kafka/config.rs.
const SETTINGS: [(&str, &str); 12] = [
    ("client.id", "bench"),
    ("acks", "all"),
    ("enable.idempotence", "true"),
    ("socket.nagle.disable", "true"),
    ("linger.ms", "1"),
    ("message.timeout.ms", "30000"),
    ("queue.buffering.max.messages", "10000"),
    ("queue.buffering.max.kbytes", "32768"),
    ("message.max.bytes", "2097152"),
    ("partitioner", "murmur2_random"),
    ("statistics.interval.ms", "500"),
    ("allow.auto.create.topics", "false"),
];
/// While the queue is full.
const NAP: Duration = Duration::from_micros(100);
const FLUSH: Duration = Duration::from_secs(30);

#[derive(Clone, Debug, Default)]
struct Delivered {
    acknowledged: Arc<AtomicU64>,
    failed: Arc<AtomicU64>,
}

impl ClientContext for Delivered {}

impl ProducerContext for Delivered {
    type DeliveryOpaque = ();

    fn delivery(&self, result: &DeliveryResult<'_>, _opaque: ()) {
        let counter = if result.is_ok() { &self.acknowledged } else { &self.failed };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

/// A producer that counts what is acknowledged.
pub(crate) struct Limit {
    producer: ThreadedProducer<Delivered>,
    delivered: Delivered,
}

impl std::fmt::Debug for Limit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Limit").field("delivered", &self.delivered).finish_non_exhaustive()
    }
}

impl Limit {
    /// Connects.
    ///
    /// # Errors
    /// When the settings do not go together.
    pub(crate) fn new(kafka: &KafkaArgs) -> Outcome<Self> {
        let mut config = ClientConfig::new();
        for (name, value) in SETTINGS.into_iter().chain(kafka.settings()) {
            config.set(name, value);
        }
        config.set("bootstrap.servers", &kafka.brokers);
        let delivered = Delivered::default();
        let producer = ThreadedProducer::from_config_and_context(&config, delivered.clone())?;
        Ok(Self { producer, delivered })
    }

    /// Produces round and round, and measures acknowledged records.
    ///
    /// # Errors
    /// When Kafka is away.
    pub(crate) fn run(
        &self,
        what: &str,
        args: &BlockArgs,
        topic: &Topic,
        records: &[Record],
    ) -> Outcome<Reading> {
        let mut clocks = Clocks::of(&[]);
        let mut samples = Vec::with_capacity(2);
        let mut counts = Vec::with_capacity(2);
        let begin = Instant::now();
        let edges = [begin + args.warm_up(), begin + args.warm_up() + args.measure()];
        for record in records.iter().cycle() {
            if edges.get(samples.len()).is_some_and(|edge| Instant::now() >= *edge) {
                samples.push(clocks.now());
                counts.push(self.delivered.acknowledged.load(Ordering::Relaxed));
            }
            if samples.len() == edges.len() {
                break;
            }
            self.send(&topic.name, None, record)?;
        }
        let measured =
            counts.last().copied().unwrap_or_default() - counts.first().copied().unwrap_or_default();
        let mut reading = Reading::of_own_work(what, measured, &samples);
        self.finish(&mut reading)?;
        Ok(reading)
    }

    /// Puts records into the topic: `history` chooses their partitions.
    ///
    /// # Errors
    /// When not all of them are acknowledged.
    pub(crate) fn fill(&self, topic: &Topic, partitions: &[Vec<Record>]) -> Outcome<()> {
        for (partition, records) in (0..PARTITIONS).zip(partitions) {
            records.iter().try_for_each(|record| self.send(&topic.name, Some(partition), record))?;
        }
        self.producer.flush(FLUSH)?;
        let failed = self.delivered.failed.load(Ordering::Relaxed);
        if failed > 0 { Err(format!("{failed} records were not acknowledged").into()) } else { Ok(()) }
    }

    fn finish(&self, reading: &mut Reading) -> Outcome<()> {
        self.producer.flush(FLUSH)?;
        let failed = self.delivered.failed.load(Ordering::Relaxed);
        if failed > 0 {
            reading.void.push(format!("{failed} records were not acknowledged"));
        }
        Ok(())
    }

    fn send(&self, topic: &str, partition: Option<i32>, record: &Record) -> Outcome<()> {
        let mut message = BaseRecord::to(topic).key(&record.key).payload(&record.payload);
        message.partition = partition;
        loop {
            match self.producer.send(message) {
                Ok(()) => return Ok(()),
                Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), back)) => {
                    message = back;
                    pause(NAP);
                }
                Err((error, _)) => return Err(error.into()),
            }
        }
    }
}
