//! Sends the records of requests to the topic, and answers each request when all its records are durable.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use async_trait::async_trait;
use rdkafka::ClientConfig;
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::error::KafkaError as ClientError;
use rdkafka::producer::{BaseProducer, BaseRecord, Producer};

use super::KafkaError;
use super::acknowledgement::Acknowledgement;
use super::config::KafkaSettings;
use super::line::Line;
use crate::{AppendError, EventAppender, NewRecord, Position};

/// How long a request waits for its records; it must be answered within 3 s.
const ACKNOWLEDGED_WITHIN: Duration = Duration::from_secs(2);
/// How often the thread looks whether the producer gave up or is not wanted any more.
const POLL: Duration = Duration::from_millis(100);
/// How long closing waits for records that are under way.
const LAST_RECORDS: Duration = Duration::from_secs(5);

/// Opens the log for appending. Needs no broker yet: without one the appender is not ready, and refuses.
///
/// # Errors
/// [`KafkaError::Setting`] when the settings do not go together.
pub async fn appender(settings: &KafkaSettings) -> Result<KafkaAppender, KafkaError> {
    let settings_error = |error: ClientError| KafkaError::Setting(error.to_string());
    let shared = Shared::new(settings).map_err(settings_error)?;
    let shared = Arc::new(shared);
    let watched = Arc::downgrade(&shared);
    std::thread::Builder::new()
        .name("kafka-producer".to_owned())
        .spawn(move || serve(&watched))
        .map_err(|error| KafkaError::Unavailable(format!("cannot start a thread: {error}")))?;
    Ok(KafkaAppender { shared })
}

/// Appends to the topic. Cheap to clone.
#[derive(Clone, Debug)]
pub struct KafkaAppender {
    shared: Arc<Shared>,
}

impl KafkaAppender {
    /// Waits for what is under way, at most 5 s. Call it when no request will come any more.
    pub async fn close(&self) {
        let sender = self.shared.sender();
        let flushed = tokio::task::spawn_blocking(move || sender.producer.flush(LAST_RECORDS)).await;
        if !matches!(flushed, Ok(Ok(()))) {
            tracing::warn!(
                "some records were not acknowledged before the end; their requests were not answered 2xx"
            );
        }
    }
}

#[async_trait]
impl EventAppender for KafkaAppender {
    async fn append(&self, records: Vec<NewRecord>) -> Result<Position, AppendError> {
        if records.is_empty() {
            return Ok(Position::default());
        }
        let (acknowledgement, answered) = Acknowledgement::of(records.len());
        self.shared.sender().send(&self.shared.topic, &records, &acknowledgement);
        match tokio::time::timeout(ACKNOWLEDGED_WITHIN, answered).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_dropped)) => Err(AppendError::Unavailable("the producer was replaced".to_owned())),
            Err(_late) => {
                let reason = "Kafka does not acknowledge";
                self.shared.sender().line.health.failed(reason);
                Err(AppendError::Unavailable(reason.to_owned()))
            }
        }
    }

    async fn ready(&self) -> Result<(), AppendError> {
        self.shared.sender().line.ready().map_err(AppendError::Unavailable)
    }
}

/// One producer and what is known of it.
#[derive(Clone)]
struct Sender {
    producer: Arc<BaseProducer<Line>>,
    line: Line,
}

impl Sender {
    fn new(config: &ClientConfig, line: Line) -> Result<Self, ClientError> {
        let producer = BaseProducer::from_config_and_context(config, line.clone())?;
        Ok(Self { producer: Arc::new(producer), line })
    }

    /// Hands all records over. Once one is refused the rest is not tried: the sender repeats the whole request.
    fn send(&self, topic: &str, records: &[NewRecord], acknowledgement: &Arc<Acknowledgement>) {
        for record in records {
            let message = BaseRecord::with_opaque_to(topic, Arc::clone(acknowledgement))
                .key(&record.key)
                .payload(&record.payload);
            if let Err((error, _message)) = self.producer.send(message) {
                return acknowledgement.failed(error.to_string());
            }
        }
    }
}

/// What requests and the polling thread share.
struct Shared {
    topic: String,
    config: ClientConfig,
    sender: Mutex<Sender>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("topic", &self.topic).finish_non_exhaustive()
    }
}

impl Shared {
    fn new(settings: &KafkaSettings) -> Result<Self, ClientError> {
        let config = settings.producer();
        let sender = Mutex::new(Sender::new(&config, Line::default())?);
        Ok(Self { topic: settings.topic.clone(), config, sender })
    }

    fn sender(&self) -> Sender {
        self.sender.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces a producer that gave up for good. Dropping it fails what it still had, so that those requests are
    /// answered.
    fn renew(&self, broken: &Sender, reason: &str) {
        tracing::error!(reason, "the kafka producer gave up");
        match Sender::new(&self.config, broken.line.renewed()) {
            Ok(new) => {
                *self.sender.lock().unwrap_or_else(PoisonError::into_inner) = new;
                tracing::warn!("replaced the kafka producer");
            }
            Err(error) => tracing::error!(error = %error, "cannot replace the kafka producer yet"),
        }
    }
}

/// Runs the callbacks of the producer until its appender is gone.
fn serve(watched: &Weak<Shared>) {
    while let Some(shared) = watched.upgrade() {
        let sender = shared.sender();
        sender.producer.poll(POLL);
        if let Some((_code, reason)) = sender.producer.client().fatal_error() {
            shared.renew(&sender, &reason);
        }
    }
}
