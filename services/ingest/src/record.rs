//! From an admitted fact to a record of the log, and from a request's records to their durable position.

use std::collections::BTreeMap;

use event_log::{AppendError, EventAppender, NewRecord, Position};
use lead_domain::fact::{FactType, LeadEvent};
use lead_domain::identity::Subject;
use lead_domain::{EventId, IdentitySecret, LeadId};
use service_kit::problem::{Code, Problem};

/// The most bytes of one record: a body of 1 MiB, and what ingest adds to it.
pub(crate) const RECORD_MAX: usize = (1 << 20) + (1 << 16);

/// A fact that is ready for the log, and what its answer tells of it.
#[derive(Debug)]
pub(crate) struct FactRecord {
    /// The fact's id.
    pub(crate) event_id: EventId,
    /// The id of its strongest identifier; none where the fact is about a campaign.
    pub(crate) lead_id: Option<LeadId>,
    kind: FactType,
    record: NewRecord,
}

impl FactRecord {
    /// The stored form of a fact, and the key that keeps the facts of one identifier in order.
    ///
    /// # Errors
    /// When the log would not take it.
    pub(crate) fn of(fact: &LeadEvent, secret: &IdentitySecret) -> Result<Self, Problem> {
        let payload = fact.to_json().into_bytes();
        if payload.len() > RECORD_MAX {
            let detail = format!("A single fact may have up to {RECORD_MAX} bytes in its stored form.");
            return Err(Problem::new(Code::BodyTooLarge).detail(detail));
        }
        let (lead_id, key) = match &fact.fact.subject {
            Subject::Campaign(name) => (None, format!("campaign:{name}")),
            subject @ (Subject::Identified(_) | Subject::Lead(_)) => {
                let id = subject.id(secret);
                (Some(id), id.to_string())
            }
        };
        let record = NewRecord { key, payload };
        Ok(Self { event_id: fact.fact.event_id, lead_id, kind: fact.fact.kind, record })
    }
}

/// One append for all facts of a request: they become durable together, or the caller is told to send them again.
/// Tells how far a reader must come to have them all.
pub(crate) async fn append(
    appender: &dyn EventAppender,
    facts: Vec<FactRecord>,
) -> Result<Position, Problem> {
    let mut counts: BTreeMap<FactType, u64> = BTreeMap::new();
    facts.iter().for_each(|fact| *counts.entry(fact.kind).or_default() += 1);
    let records = facts.into_iter().map(|fact| fact.record).collect();
    let position = appender.append(records).await.map_err(|error| unavailable(&error))?;
    for (kind, count) in counts {
        metrics::counter!("batea_facts_recorded_total", "type" => kind.name()).increment(count);
    }
    Ok(position)
}

fn unavailable(error: &AppendError) -> Problem {
    tracing::warn!(%error, "the log did not take the facts of a request");
    metrics::counter!("batea_log_unavailable_total").increment(1);
    Problem::new(Code::LogUnavailable)
}
