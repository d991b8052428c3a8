//! The log as a Kafka topic.
//!
//! Kafka's client calls back from its own threads; each callback becomes a value: a delivery report counts down the
//! acknowledgement of its request, a rebalance becomes a [`crate::Delivery`].

mod acknowledgement;
mod appender;
mod config;
mod line;
mod reader;
mod rebalance;
mod subscription;
mod topics;

pub use appender::{KafkaAppender, appender};
pub use config::KafkaSettings;
pub use subscription::{KafkaSubscription, subscription};
#[cfg(feature = "contract")]
pub use topics::delete_topic;
pub use topics::ensure_topic;

/// Why the log in Kafka cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KafkaError {
    /// A setting is wrong: refuse to start.
    #[error("Kafka settings: {0}")]
    Setting(String),
    /// The topic is not as it must be: refuse to start.
    #[error("{0}")]
    Topic(String),
    /// There is no such topic yet: wait until somebody makes it.
    #[error("the topic {0} does not exist; create it, or let ingest create it")]
    Missing(String),
    /// No broker answers now: try again.
    #[error("Kafka is not available: {0}")]
    Unavailable(String),
}

/// A line of Kafka's client in our log. It names hosts and topics, never what a record holds.
fn log_line(level: rdkafka::config::RDKafkaLogLevel, facility: &str, line: &str) {
    use rdkafka::config::RDKafkaLogLevel as Level;
    // It complains about producer settings in a consumer and the like: one set of settings serves both.
    if facility == "CONFWARN" {
        return tracing::debug!(kafka.facility = facility, "kafka client: {line}");
    }
    match level {
        Level::Emerg | Level::Alert | Level::Critical | Level::Error => {
            tracing::error!(kafka.facility = facility, "kafka client: {line}");
        }
        Level::Warning => tracing::warn!(kafka.facility = facility, "kafka client: {line}"),
        Level::Notice | Level::Info => tracing::info!(kafka.facility = facility, "kafka client: {line}"),
        Level::Debug => tracing::debug!(kafka.facility = facility, "kafka client: {line}"),
    }
}
