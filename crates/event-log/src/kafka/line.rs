//! The producer's line to the brokers: what its callbacks tell about it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::KafkaError as ClientError;
use rdkafka::message::{DeliveryResult, Message};
use rdkafka::producer::ProducerContext;
use serde::Deserialize;

use super::acknowledgement::Acknowledgement;
use super::log_line;
use crate::health::Health;

/// What is known of one producer, from its callbacks.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    connected: Arc<AtomicBool>,
    numbered: Arc<AtomicBool>,
    pub(super) health: Health,
}

impl Line {
    /// The line of the producer that replaces this one's.
    pub(super) fn renewed(&self) -> Self {
        Self { health: self.health.clone(), ..Self::default() }
    }

    /// Whether a record could go out now.
    pub(super) fn ready(&self) -> Result<(), String> {
        if !self.connected.load(Ordering::Acquire) {
            return Err("no Kafka broker is connected".to_owned());
        }
        // Without it the first records would wait for it, for half a second.
        if !self.numbered.load(Ordering::Acquire) {
            return Err("the producer has no id from Kafka yet".to_owned());
        }
        self.health.lately()
    }
}

impl ClientContext for Line {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, line: &str) {
        log_line(level, facility, line);
    }

    fn error(&self, error: ClientError, reason: &str) {
        // Its log lines say the same to the operator.
        tracing::debug!(error = %error, reason, "the kafka producer has a problem");
    }

    fn stats_raw(&self, statistics: &[u8]) {
        let Ok(statistics) = serde_json::from_slice::<Statistics>(statistics) else { return };
        let connected = statistics.brokers.values().any(|broker| broker.state == "UP");
        self.connected.store(connected, Ordering::Release);
        self.numbered.store(statistics.eos.idemp_state == "Assigned", Ordering::Release);
    }
}

impl ProducerContext for Line {
    type DeliveryOpaque = Arc<Acknowledgement>;

    fn delivery(&self, report: &DeliveryResult<'_>, acknowledgement: Arc<Acknowledgement>) {
        match report {
            Ok(record) => {
                self.health.succeeded();
                acknowledgement.delivered(record.partition(), record.offset());
            }
            Err((error, _record)) => {
                let reason =
                    error.rdkafka_error_code().map_or_else(|| error.to_string(), |code| code.to_string());
                self.health.failed(&reason);
                acknowledgement.failed(reason);
            }
        }
    }
}

/// The part of the client's statistics that is looked at.
#[derive(Deserialize)]
struct Statistics {
    #[serde(default)]
    brokers: std::collections::HashMap<String, Broker>,
    #[serde(default)]
    eos: Eos,
}

#[derive(Deserialize)]
struct Broker {
    state: String,
}

#[derive(Default, Deserialize)]
struct Eos {
    #[serde(default)]
    idemp_state: String,
}
