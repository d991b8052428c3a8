//! On whose behalf the facts of a request come, and from one posted fact to an admitted one.

use lead_domain::fact::{FactType, LeadEvent, Receipt, admit};
use lead_domain::problem::Problem as Wrong;
use lead_domain::{EventId, Instant};
use serde_json::Value;
use service_kit::problem::{Code, Problem, ProblemError};

use crate::fresh_ids::FreshIds;
use crate::idempotency::IdempotencyKey;
use crate::record::FactRecord;
use crate::state::Desk;

/// The most problems that are told of one fact: an answer must not outgrow its request.
const PROBLEMS_MAX: usize = 50;

/// What the facts of one request have in common.
#[derive(Debug)]
pub(crate) struct Sender<'a> {
    /// Their source, where they state none.
    pub(crate) source: &'a str,
    /// The region of phone numbers without a country code.
    pub(crate) region: Option<&'a str>,
    /// The request's `Idempotency-Key`.
    pub(crate) key: Option<IdempotencyKey>,
    /// The instant of receipt.
    pub(crate) received_at: Instant,
    /// The ids of those that have none.
    pub(crate) fresh_ids: FreshIds,
}

impl Sender<'_> {
    /// Checks the fact at `index` of the request.
    pub(crate) fn admit(&self, desk: &Desk, posted: Value, index: usize) -> Result<FactRecord, Problem> {
        let receipt = Receipt {
            received_at: self.received_at,
            source: self.source,
            region: self.region,
            intents: desk.config.intents(),
            secret: &desk.secret,
            fallback_id: self.fallback_id(desk, index),
            by_ingest: false,
        };
        let fact = admit(posted, &receipt).map_err(invalid)?;
        refuse_erasure(&fact)?;
        FactRecord::of(&fact, &desk.secret)
    }

    fn fallback_id(&self, desk: &Desk, index: usize) -> EventId {
        match &self.key {
            Some(key) => desk.secret.event_id_in_request(self.source, &key.0, index),
            None => self.fresh_ids.of(index),
        }
    }
}

fn invalid(wrong: Vec<Wrong>) -> Problem {
    Problem::new(Code::InvalidFact).errors(wrong.into_iter().take(PROBLEMS_MAX).map(error_of))
}

fn error_of(wrong: Wrong) -> ProblemError {
    ProblemError { pointer: wrong.pointer, code: wrong.code.into(), detail: wrong.detail }
}

/// A promise to erase that nobody keeps would be worse than a refusal.
fn refuse_erasure(fact: &LeadEvent) -> Result<(), Problem> {
    if fact.fact.kind != FactType::LeadErased {
        return Ok(());
    }
    let detail = "This release cannot erase a lead yet, and takes no fact that asks for it.";
    Err(Problem::new(Code::InvalidFact).detail(detail).error("/type", "not_available", detail))
}
