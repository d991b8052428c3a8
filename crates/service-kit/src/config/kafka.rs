//! Where Kafka is.

use clap::{ArgAction, Args};

use super::args::SettingError;

/// Where Kafka is.
#[derive(Clone, Debug, Args)]
pub struct KafkaArgs {
    /// Kafka's brokers: host:port, several joined by commas. Further settings of the client library are read from
    /// variables KAFKA_…: `KAFKA_SECURITY_PROTOCOL` is security.protocol
    #[arg(long = "kafka-brokers", env = "KAFKA_BROKERS", value_name = "HOST:PORT,…")]
    brokers: Option<String>,

    /// The topic may keep personal data for longer than 30 days
    #[arg(long, env = "BATEA_LONG_RETENTION_ACKNOWLEDGED", value_name = "BOOL", action = ArgAction::Set,
        default_value_t = false, num_args = 0..=1, default_missing_value = "true")]
    pub long_retention_acknowledged: bool,
}

/// Which topic carries facts.
#[derive(Clone, Debug, Args)]
pub struct TopicArgs {
    /// The topic that carries facts
    #[arg(long, env = "BATEA_TOPIC", default_value = "lead-events", value_name = "NAME")]
    pub topic: String,
}

impl KafkaArgs {
    /// The brokers.
    ///
    /// # Errors
    /// When none was given.
    pub fn brokers(&self) -> Result<&str, SettingError> {
        let given = self.brokers.as_deref().filter(|brokers| !brokers.is_empty());
        given.ok_or(SettingError::Unset { name: "KAFKA_BROKERS" })
    }

    /// The environment, in which settings of the client library can stand.
    pub fn environment() -> impl Iterator<Item = (String, String)> {
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
    }
}
