//! Where Kafka is.

use clap::Args;

use super::args::SettingError;

/// Where Kafka is.
#[derive(Clone, Debug, Args)]
pub struct KafkaArgs {
    /// Kafka's brokers: host:port, several joined by commas. Further settings of the client library are read from
    /// variables KAFKA_…: `KAFKA_SECURITY_PROTOCOL` is security.protocol
    #[arg(long = "kafka-brokers", env = "KAFKA_BROKERS", value_name = "HOST:PORT,…")]
    brokers: Option<String>,
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
}
