//! Settings of Kafka's client: ours, the operator's, and those that nobody may change.

use std::fmt;

use rdkafka::ClientConfig;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError as ClientError;
use rdkafka::types::RDKafkaConfRes;

use super::KafkaError;

/// What the log promises hangs on these; an operator's value is ignored.
const FIXED: &[(&str, &str)] = &[
    ("acks", "all"),
    ("enable.idempotence", "true"),
    ("allow.auto.create.topics", "false"),
    // The read position is in the database; committed offsets are for lag monitors.
    ("enable.auto.commit", "false"),
    ("enable.auto.offset.store", "false"),
    ("auto.offset.reset", "error"),
    ("group.protocol", "classic"),
    ("enable.partition.eof", "false"),
    // Its statistics tell whether a broker is connected and the producer has its id.
    ("statistics.interval.ms", "500"),
];

/// Only settings of these kinds go with either role.
const DEFAULTS: &[(&str, &str)] = &[
    ("client.id", "batea"),
    // Back within a second when the broker is.
    ("reconnect.backoff.max.ms", "1000"),
    ("socket.keepalive.enable", "true"),
    ("socket.nagle.disable", "true"),
    ("socket.connection.setup.timeout.ms", "5000"),
];

const PRODUCER: &[(&str, &str)] = &[
    // A floor under the answer to each form.
    ("linger.ms", "1"),
    // Longer than a request waits: a retry after a short outage still keeps the order.
    ("message.timeout.ms", "30000"),
    // Full within seconds when the broker is away: refused, not kept in memory.
    ("queue.buffering.max.messages", "10000"),
    ("queue.buffering.max.kbytes", "32768"),
    // A body may hold 1 MiB, and its fact is stored with a little more.
    ("message.max.bytes", LARGEST_RECORD),
    // As Kafka's other clients do, so that they find the same partition for a key.
    ("partitioner", "murmur2_random"),
];

const CONSUMER: &[(&str, &str)] = &[
    // How long a killed reader's partitions wait for another one.
    ("session.timeout.ms", "6000"),
    ("heartbeat.interval.ms", "2000"),
    ("partition.assignment.strategy", "range"),
    // The default of a second stalls reading each time that the queue was full.
    ("fetch.queue.backoff.ms", "5"),
    // This is memory that the process takes when it is behind.
    ("queued.max.messages.kbytes", "16384"),
];

/// Other names of settings that are given above.
const ALIASES: &[(&str, &str)] = &[
    ("queue.buffering.max.ms", "linger.ms"),
    ("delivery.timeout.ms", "message.timeout.ms"),
    ("request.required.acks", "acks"),
    ("metadata.broker.list", "bootstrap.servers"),
];

/// In bytes.
pub(super) const LARGEST_RECORD: &str = "2097152";

/// Where Kafka is and how to talk to it.
#[derive(Clone)]
pub struct KafkaSettings {
    /// `host:port`, several joined by commas.
    pub brokers: String,
    /// The name of the topic.
    pub topic: String,
    /// How many partitions the topic gets when it is created.
    pub partitions: i32,
    /// How many brokers keep each record of a topic that is created; none for the broker's own default.
    pub replication: Option<i32>,
    /// The operator knows that the topic keeps personal data for longer than 30 days.
    pub long_retention_acknowledged: bool,
    others: Vec<(String, String)>,
}

/// Without the other settings: they may hold passwords.
impl fmt::Debug for KafkaSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let others: Vec<_> = self.others.iter().map(|(name, _)| name).collect();
        f.debug_struct("KafkaSettings")
            .field("brokers", &self.brokers)
            .field("topic", &self.topic)
            .field("partitions", &self.partitions)
            .field("replication", &self.replication)
            .field("others", &others)
            .finish()
    }
}

impl KafkaSettings {
    /// The topic `lead-events` on these brokers.
    #[must_use]
    pub fn new(brokers: impl Into<String>) -> Self {
        Self {
            brokers: brokers.into(),
            topic: "lead-events".to_owned(),
            partitions: 4,
            replication: None,
            long_retention_acknowledged: false,
            others: Vec::new(),
        }
    }

    /// Sets one setting of Kafka's client by its own name, such as `security.protocol`.
    ///
    /// # Errors
    /// [`KafkaError::Setting`] when there is no such setting or the value does not fit; the value is not repeated.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), KafkaError> {
        if let Err(error) = ClientConfig::new().set(name, value).create_native_config() {
            return Err(KafkaError::Setting(said_about(name, &error)));
        }
        self.others.push((main_name(name).to_owned(), value.to_owned()));
        Ok(())
    }

    /// Takes the settings among environment variables: `KAFKA_SECURITY_PROTOCOL` is `security.protocol`. Leaves
    /// `KAFKA_BROKERS` and, with a warning, names that Kafka's client does not know (an orchestrator may put
    /// `KAFKA_PORT` and the like there).
    ///
    /// # Errors
    /// [`KafkaError::Setting`] when a value does not fit; the value is not repeated.
    pub fn set_from_environment(
        &mut self,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<(), KafkaError> {
        for (variable, value) in variables {
            let Some(rest) = variable.strip_prefix("KAFKA_") else { continue };
            let name = rest.to_ascii_lowercase().replace('_', ".");
            if rest == "BROKERS" {
                continue;
            }
            if !is_known(&name) {
                tracing::warn!(variable, "the Kafka client has no such setting; the variable is ignored");
            } else if is_fixed(&name) {
                tracing::warn!(
                    variable,
                    "this setting of the Kafka client is fixed; the variable is ignored"
                );
            } else {
                self.set(&name, &value)?;
            }
        }
        Ok(())
    }

    pub(super) fn producer(&self) -> ClientConfig {
        self.client(PRODUCER)
    }

    pub(super) fn consumer(&self, group: &str) -> ClientConfig {
        let mut config = self.client(CONSUMER);
        config.set("group.id", group);
        config
    }

    pub(super) fn admin(&self) -> ClientConfig {
        self.client(&[])
    }

    fn client(&self, role: &[(&str, &str)]) -> ClientConfig {
        let mut config = ClientConfig::new();
        config.set_log_level(RDKafkaLogLevel::Info);
        let others = self.others.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, value) in DEFAULTS.iter().chain(role).copied().chain(others).chain(FIXED.iter().copied()) {
            config.set(name, value);
        }
        config.set("bootstrap.servers", &self.brokers);
        config
    }
}

fn main_name(name: &str) -> &str {
    ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, main)| main)
}

fn is_fixed(name: &str) -> bool {
    let name = main_name(name);
    name == "bootstrap.servers" || FIXED.iter().any(|(fixed, _)| *fixed == name)
}

fn is_known(name: &str) -> bool {
    !matches!(
        ClientConfig::new().set(name, "").create_native_config(),
        Err(ClientError::ClientConfig(RDKafkaConfRes::RD_KAFKA_CONF_UNKNOWN, ..))
    )
}

/// What the client says often repeats the value, which may be a password.
fn said_about(name: &str, error: &ClientError) -> String {
    if let ClientError::ClientConfig(RDKafkaConfRes::RD_KAFKA_CONF_UNKNOWN, ..) = error {
        format!("there is no setting {name}")
    } else if let ClientError::ClientConfig(_, said, ..) = error
        && !is_secret(name)
    {
        format!("{name}: {said}")
    } else {
        format!("the value of {name} does not fit")
    }
}

fn is_secret(name: &str) -> bool {
    ["password", "secret", "pem", "oauthbearer", "username", "key"].iter().any(|part| name.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(variables: &[(&str, &str)]) -> Result<KafkaSettings, KafkaError> {
        let mut settings = KafkaSettings::new("somewhere:9092");
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        settings.set_from_environment(variables.iter().map(owned)).map(|()| settings)
    }

    #[test]
    fn variables_are_settings_of_the_client_and_others_are_left() {
        let settings = from(&[
            ("KAFKA_SECURITY_PROTOCOL", "plaintext"),
            ("KAFKA_LINGER_MS", "7"),
            ("KAFKA_BROKERS", "elsewhere:1"),
            ("KAFKA_PORT_9092_TCP", "tcp://10.0.0.1:9092"),
            ("KAFKA_ACKS", "1"),
            ("KAFKA_REQUEST_REQUIRED_ACKS", "1"),
            ("KAFKA_DELIVERY_TIMEOUT_MS", "9000"),
            ("PATH", "/bin"),
        ])
        .unwrap();
        let producer = settings.producer();
        assert_eq!(producer.get("security.protocol"), Some("plaintext"));
        assert_eq!(producer.get("linger.ms"), Some("7"));
        assert_eq!(producer.get("bootstrap.servers"), Some("somewhere:9092"));
        assert_eq!(producer.get("acks"), Some("all"));
        assert_eq!(producer.get("request.required.acks"), None);
        assert_eq!(producer.get("message.timeout.ms"), Some("9000"));
        assert_eq!(producer.get("port.9092.tcp"), None);
    }

    #[test]
    fn a_value_that_does_not_fit_is_refused_and_no_secret_is_repeated() {
        let error = from(&[("KAFKA_LINGER_MS", "soon")]).unwrap_err().to_string();
        assert!(error.contains("linger.ms"), "{error}");
        let mut settings = from(&[("KAFKA_SASL_PASSWORD", "hunter2")]).unwrap();
        assert!(!format!("{settings:?}").contains("hunter2"));
        assert!(settings.set("no.such.thing", "hunter2").is_err());
    }

    #[test]
    fn the_client_takes_all_our_settings() {
        let settings = KafkaSettings::new("somewhere:9092");
        for config in [settings.producer(), settings.consumer("group"), settings.admin()] {
            config.create_native_config().unwrap();
        }
    }
}
