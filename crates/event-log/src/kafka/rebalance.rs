//! Turns the group's rebalances into values.
//!
//! The callback answers Kafka at once and assigns nothing: reading begins when the reader has claimed its partitions
//! and says from where. A reader whose database is away thus holds up nobody else's rebalance.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext};
use rdkafka::error::{KafkaError as ClientError, KafkaResult};
use rdkafka::types::RDKafkaRespErr;
use rdkafka::{ClientContext, TopicPartitionList};

use super::log_line;

/// What the group decided about this member.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// These are all its partitions from now on.
    Assigned(Vec<i32>),
    /// It has none until the next assignment; it had these.
    Revoked(Vec<i32>),
}

/// The callbacks of one consumer. They run inside its `poll`.
#[derive(Debug, Default)]
pub(super) struct Rebalances {
    changes: Mutex<VecDeque<Change>>,
    last_reason: Mutex<String>,
}

impl Rebalances {
    /// The oldest change that was not taken yet.
    pub(super) fn take(&self) -> Option<Change> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    /// What the client said last about an error, with topic and partition.
    pub(super) fn last_reason(&self) -> String {
        self.last_reason.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, change: Change) {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner).push_back(change);
    }
}

impl ClientContext for Rebalances {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, line: &str) {
        log_line(level, facility, line);
    }

    fn error(&self, error: ClientError, reason: &str) {
        tracing::debug!(error = %error, reason, "the kafka consumer has a problem");
        *self.last_reason.lock().unwrap_or_else(PoisonError::into_inner) = reason.to_owned();
    }

    fn stats_raw(&self, _statistics: &[u8]) {}
}

impl ConsumerContext for Rebalances {
    fn rebalance(&self, consumer: &BaseConsumer<Self>, kind: RDKafkaRespErr, list: &mut TopicPartitionList) {
        let partitions = list.elements().iter().map(|element| element.partition()).collect();
        let answered = if kind == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS {
            self.note(Change::Assigned(partitions));
            consumer.assign(&TopicPartitionList::new())
        } else {
            self.note(Change::Revoked(partitions));
            consumer.unassign()
        };
        if let Err(error) = answered {
            tracing::warn!(error = %error, "the kafka consumer could not answer a rebalance");
        }
    }

    fn commit_callback(&self, result: KafkaResult<()>, _offsets: &TopicPartitionList) {
        if let Err(error) = result {
            tracing::debug!(error = %error, "the offsets for lag monitors were not committed");
        }
    }
}
