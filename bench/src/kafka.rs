//! Topics of a run: made, filled, counted, removed.

use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};

use crate::Outcome;
use crate::args::KafkaArgs;

/// Partitions of a topic, as the product makes it.
pub(crate) const PARTITIONS: i32 = 4;
const PATIENCE: Duration = Duration::from_secs(10);

/// A topic of its own, removed at the end.
pub(crate) struct Topic {
    /// Its name.
    pub(crate) name: String,
    brokers: String,
    admin: AdminClient<DefaultClientContext>,
    runtime: tokio::runtime::Runtime,
}

impl std::fmt::Debug for Topic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Topic").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Topic {
    /// Makes a topic with a random name.
    ///
    /// # Errors
    /// When the broker refuses.
    pub(crate) fn create(kafka: &KafkaArgs) -> Outcome<Self> {
        let admin = ClientConfig::new().set("bootstrap.servers", &kafka.brokers).create()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let name = format!("bench-{}", uuid::Uuid::now_v7());
        let topic = Self { name, brokers: kafka.brokers.clone(), admin, runtime };
        topic.make(kafka.flushed)?;
        Ok(topic)
    }

    fn make(&self, flushed: bool) -> Outcome<()> {
        let topic = NewTopic::new(&self.name, PARTITIONS, TopicReplication::Fixed(1));
        let topic = topic.set("max.message.bytes", "2097152").set("retention.ms", "2592000000");
        let topic = if flushed { topic.set("flush.messages", "1") } else { topic };
        let options = AdminOptions::new().operation_timeout(Some(PATIENCE));
        let made = self.runtime.block_on(self.admin.create_topics([&topic], &options))?;
        for outcome in made {
            outcome.map_err(|(name, code)| format!("cannot create {name}: {code}"))?;
        }
        Ok(())
    }

    /// How many records it has: the end offsets added up.
    ///
    /// # Errors
    /// When the broker does not answer.
    pub(crate) fn records(&self) -> Outcome<u64> {
        let consumer: BaseConsumer = ClientConfig::new().set("bootstrap.servers", &self.brokers).create()?;
        let mut records = 0;
        for partition in 0..PARTITIONS {
            let (_, end) = consumer.fetch_watermarks(&self.name, partition, PATIENCE)?;
            records += u64::try_from(end)?;
        }
        Ok(records)
    }
}

impl Drop for Topic {
    fn drop(&mut self) {
        // A topic that stays is a nuisance, not a wrong result.
        self.runtime.block_on(self.admin.delete_topics(&[&self.name], &AdminOptions::new())).ok();
    }
}
