//! The topic: that it is there, has partitions, and forgets in time.

use std::time::{Duration, Instant};

use rdkafka::ClientContext;
use rdkafka::admin::{
    AdminClient, AdminOptions, ConfigResource, NewTopic, ResourceSpecifier, TopicReplication,
};
use rdkafka::config::{FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::error::{KafkaError as ClientError, RDKafkaErrorCode};
use rdkafka::types::RDKafkaRespErr;

use super::config::{KafkaSettings, LARGEST_RECORD};
use super::{KafkaError, log_line};

/// How long a broker may take to answer.
const ANSWER: Duration = Duration::from_secs(5);
/// How long a new topic may take to get its leaders.
const LEADERS: Duration = Duration::from_secs(10);
/// In milliseconds: the log carries, it is no archive; an erased person must be gone from it after 30 days.
const LONGEST_RETENTION: i64 = 30 * 24 * 60 * 60 * 1000;

/// Checks the topic, creates it first if it is missing and `create` says so, and answers how many partitions it has.
///
/// # Errors
/// [`KafkaError::Topic`] when it keeps records for longer than 30 days without the operator's acknowledgement, or would
/// drop older records of a key; [`KafkaError::Missing`] when there is none; [`KafkaError::Unavailable`] when no broker
/// answers.
pub async fn ensure_topic(settings: &KafkaSettings, create: bool) -> Result<i32, KafkaError> {
    let settings = settings.clone();
    let admin = Admin::new(settings)?;
    let partitions = match admin.partitions().await? {
        0 if create => admin.create().await?,
        0 => return Err(KafkaError::Missing(admin.settings.topic)),
        partitions => partitions,
    };
    admin.check_retention().await?;
    Ok(partitions)
}

/// Deletes the topic. For tests, which leave nothing behind.
///
/// # Errors
/// When the broker does not.
#[cfg(feature = "contract")]
pub async fn delete_topic(settings: &KafkaSettings) -> Result<(), KafkaError> {
    let admin = Admin::new(settings.clone())?;
    let deleted = admin.client.delete_topics(&[&settings.topic], &options()).await.map_err(unavailable)?;
    deleted.into_iter().try_for_each(|one| one.map(|_| ()).map_err(|(_, code)| unavailable(code)))
}

/// Log lines of the admin client go where the others go.
struct Quiet;

impl ClientContext for Quiet {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, line: &str) {
        log_line(level, facility, line);
    }

    fn error(&self, error: ClientError, reason: &str) {
        tracing::debug!(error = %error, reason, "the kafka admin client has a problem");
    }

    fn stats_raw(&self, _statistics: &[u8]) {}
}

/// Asks about the one topic.
struct Admin {
    settings: KafkaSettings,
    client: std::sync::Arc<AdminClient<Quiet>>,
}

impl Admin {
    fn new(settings: KafkaSettings) -> Result<Self, KafkaError> {
        let client = AdminClient::from_config_and_context(&settings.admin(), Quiet)
            .map_err(|error| KafkaError::Setting(error.to_string()))?;
        Ok(Self { settings, client: std::sync::Arc::new(client) })
    }

    /// How many partitions the topic has; 0 when there is no such topic.
    async fn partitions(&self) -> Result<i32, KafkaError> {
        let (client, topic) = (std::sync::Arc::clone(&self.client), self.settings.topic.clone());
        let asked = tokio::task::spawn_blocking(move || {
            let metadata = client.inner().fetch_metadata(Some(&topic), ANSWER)?;
            let found = metadata.topics().iter().find(|found| found.name() == topic);
            Ok::<_, ClientError>(found.map(|found| (found.error(), count(found))))
        });
        match asked.await.map_err(|error| KafkaError::Unavailable(error.to_string()))?.map_err(unavailable)? {
            None | Some((Some(RDKafkaRespErr::RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART), _)) => Ok(0),
            Some((None, 0)) => Err(KafkaError::Unavailable("the topic has no leader".to_owned())),
            Some((None, partitions)) => Ok(partitions),
            Some((Some(error), _)) => Err(self.refused_or_unavailable(error.into())),
        }
    }

    async fn create(&self) -> Result<i32, KafkaError> {
        let retention = LONGEST_RETENTION.to_string();
        let replication = TopicReplication::Fixed(self.settings.replication.unwrap_or(-1));
        let topic = NewTopic::new(&self.settings.topic, self.settings.partitions, replication)
            .set("retention.ms", &retention)
            .set("max.message.bytes", LARGEST_RECORD);
        let created = self.client.create_topics([&topic], &options()).await.map_err(unavailable)?;
        for result in created {
            match result {
                Ok(_) => tracing::info!(topic = self.settings.topic, "created the topic"),
                Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
                Err((_, code)) => return Err(self.refused_or_unavailable(code)),
            }
        }
        self.wait_for_leaders().await
    }

    async fn wait_for_leaders(&self) -> Result<i32, KafkaError> {
        let deadline = Instant::now() + LEADERS;
        loop {
            let partitions = self.partitions().await.unwrap_or_default();
            if partitions > 0 {
                return Ok(partitions);
            }
            if Instant::now() > deadline {
                return Err(KafkaError::Unavailable("the new topic gets no leader".to_owned()));
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// How long it keeps records, and that it keeps all of them until then.
    async fn check_retention(&self) -> Result<(), KafkaError> {
        let resource = ResourceSpecifier::Topic(&self.settings.topic);
        let described = self.client.describe_configs([&resource], &options()).await.map_err(unavailable)?;
        match described.into_iter().next() {
            Some(Ok(config)) => self.check(&config),
            Some(Err(code)) if !is_denied(code) => Err(self.refused_or_unavailable(code)),
            Some(Err(_)) | None => {
                tracing::warn!(
                    topic = self.settings.topic,
                    "may not read the settings of the topic; see to it that it keeps records for at most 30 days"
                );
                Ok(())
            }
        }
    }

    fn check(&self, config: &ConfigResource) -> Result<(), KafkaError> {
        let value = |name| config.get(name).and_then(|entry| entry.value.as_deref());
        if value("cleanup.policy").is_some_and(|policy| policy.contains("compact")) {
            return Err(self.topic_error("is compacted and would lose facts; set cleanup.policy=delete"));
        }
        let retention = value("retention.ms").and_then(|milliseconds| milliseconds.parse::<i64>().ok());
        // -1 is for ever.
        let long = retention.is_some_and(|kept| !(0..=LONGEST_RETENTION).contains(&kept));
        if long && !self.settings.long_retention_acknowledged {
            return Err(self.topic_error(
                "keeps personal data for longer than 30 days, also of erased people; set its retention.ms to at most \
                 2592000000, or acknowledge it in the configuration",
            ));
        }
        Ok(())
    }

    fn refused_or_unavailable(&self, code: RDKafkaErrorCode) -> KafkaError {
        if is_denied(code) || is_invalid(code) {
            self.topic_error(&code.to_string())
        } else {
            unavailable(code)
        }
    }

    fn topic_error(&self, what: &str) -> KafkaError {
        KafkaError::Topic(format!("the topic {} {what}", self.settings.topic))
    }
}

/// 0 while no partition can be written.
fn count(topic: &rdkafka::metadata::MetadataTopic) -> i32 {
    let is_led = topic.partitions().iter().any(|partition| partition.leader() >= 0);
    if is_led { i32::try_from(topic.partitions().len()).unwrap_or(i32::MAX) } else { 0 }
}

fn options() -> AdminOptions {
    AdminOptions::new().request_timeout(Some(ANSWER)).operation_timeout(Some(ANSWER))
}

fn unavailable(error: impl std::fmt::Display) -> KafkaError {
    KafkaError::Unavailable(error.to_string())
}

fn is_denied(code: RDKafkaErrorCode) -> bool {
    matches!(code, RDKafkaErrorCode::TopicAuthorizationFailed | RDKafkaErrorCode::ClusterAuthorizationFailed)
}

/// What will not get better by itself.
fn is_invalid(code: RDKafkaErrorCode) -> bool {
    matches!(
        code,
        RDKafkaErrorCode::InvalidTopic
            | RDKafkaErrorCode::InvalidPartitions
            | RDKafkaErrorCode::InvalidReplicationFactor
            | RDKafkaErrorCode::InvalidConfig
            | RDKafkaErrorCode::PolicyViolation
    )
}
