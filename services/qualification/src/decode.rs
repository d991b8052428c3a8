//! From records of the log to facts; what is none becomes a dead letter with its place and reason, and holds nobody up.

use event_log::LogRecord;
use lead_domain::fact::{LeadEvent, Salvaged, Unreadable};
use lead_domain::{IdentitySecret, Instant};
use read_model::DeadLetter;

/// The facts of one batch.
#[derive(Debug, Default)]
pub struct Decoded {
    /// Facts in the order of the log.
    pub facts: Vec<Received>,
    /// Records that are none.
    pub dead_letters: Vec<DeadLetter>,
    /// The offset behind the last record that was taken; none if there is nothing to take.
    pub next_offset: Option<i64>,
    /// Why the records from there on must wait.
    pub stop: Option<Stop>,
}

/// A fact and the record it stands in.
#[derive(Debug)]
pub struct Received {
    /// The fact.
    pub event: LeadEvent,
    /// Its record.
    pub record: LogRecord,
}

/// Why a partition must wait for an operator: going on would throw facts away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Stop {
    /// A newer Batea wrote the record; upgrade this one.
    #[error("the record at offset {offset} has version {version}, newer than this build knows: upgrade it")]
    Newer {
        /// The record's place.
        offset: i64,
        /// Its version.
        version: u32,
    },
    /// The ids in the record were derived under another secret.
    #[error("the record at offset {offset} was written under another identity secret")]
    ForeignSecret {
        /// The record's place.
        offset: i64,
    },
}

impl Decoded {
    /// Reads records of a partition up to the first that must wait.
    #[must_use]
    pub fn of(partition: i32, records: Vec<LogRecord>, secret: &IdentitySecret) -> Self {
        let fingerprint = secret.fingerprint();
        let mut decoded = Self::default();
        for record in records {
            let offset = record.offset;
            decoded.stop = decoded.take(partition, record, secret, fingerprint).err();
            if decoded.stop.is_some() {
                break;
            }
            decoded.next_offset = Some(offset.saturating_add(1));
        }
        decoded
    }

    /// The latest instant of the facts.
    #[must_use]
    pub fn latest_fact(&self) -> Option<Instant> {
        self.facts.iter().map(|received| received.event.fact.occurred_at).max()
    }

    fn take(
        &mut self,
        partition: i32,
        record: LogRecord,
        secret: &IdentitySecret,
        fingerprint: &str,
    ) -> Result<(), Stop> {
        let offset = record.offset;
        match LeadEvent::from_json(&record.payload) {
            Ok(event) if event.secret != fingerprint => return Err(Stop::ForeignSecret { offset }),
            Ok(event) => self.facts.push(Received { event, record }),
            Err(Unreadable::Newer(version)) => return Err(Stop::Newer { offset, version }),
            Err(Unreadable::Broken(reason)) => {
                self.dead_letters.push(unreadable(partition, record, reason, secret));
            }
        }
        Ok(())
    }
}

fn unreadable(partition: i32, record: LogRecord, reason: String, secret: &IdentitySecret) -> DeadLetter {
    let Salvaged { event_id, subject, received_at } = Salvaged::of(&record.payload, secret);
    DeadLetter {
        id: secret.record_id(partition, record.offset),
        partition,
        offset: record.offset,
        code: DeadLetter::UNREADABLE,
        detail: reason,
        event_id,
        subject,
        received_at,
        record: record.payload,
    }
}

/// The letter of a fact under whose id another one is stored.
pub(crate) fn id_conflict(partition: i32, received: &Received, secret: &IdentitySecret) -> DeadLetter {
    let event = &received.event;
    DeadLetter {
        id: secret.record_id(partition, received.record.offset),
        partition,
        offset: received.record.offset,
        code: DeadLetter::ID_CONFLICT,
        detail: "Another fact is stored under this event id.".to_owned(),
        event_id: Some(event.fact.event_id),
        subject: Some(event.fact.subject.id(secret)),
        received_at: Some(event.received_at),
        record: received.record.payload.clone(),
    }
}
