//! What a caller is told about the facts of its request.

use event_log::Position;
use lead_domain::{EventId, LeadId};
use serde::Serialize;
use service_kit::problem::Problem;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::record::FactRecord;

/// Where facts are stored: the durable event log.
const LOG: &str = "log";

/// One fact was recorded.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FactRecorded {
    /// Names the fact, everywhere and for ever. The same source and `id` always give the same.
    #[schema(example = "2a4b8422-f5bf-8643-b1aa-32955631e66e")]
    event_id: Uuid,
    /// The id of the fact's strongest identifier, by which the lead can be read; null for a fact about a campaign.
    #[schema(example = "e08cc7dd-4743-8699-a8eb-fa6ad3b5df62")]
    lead_id: Option<Uuid>,
    /// Where it is stored: `log`, the durable event log.
    #[schema(value_type = String, example = "log")]
    stored: &'static str,
    /// How far a reader must come to have the fact; for `min_position` of a query. Opaque.
    #[schema(value_type = String, example = "0-62.3-44")]
    position: String,
}

/// The valid facts of a request were recorded.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FactsRecorded {
    /// The facts that were recorded, in the order of the request.
    accepted: Vec<AcceptedFact>,
    /// The facts that were not, and why; nothing of them was recorded.
    rejected: Vec<RejectedFact>,
    /// Where the accepted ones are stored: `log`, the durable event log.
    #[schema(value_type = String, example = "log")]
    stored: &'static str,
    /// How far a reader must come to have all accepted facts; for `min_position` of a query. Opaque.
    #[schema(value_type = String, example = "0-62.3-44")]
    position: String,
}

/// A fact of a request with several that was recorded.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AcceptedFact {
    /// The fact's place in the request, from 0: its index in the array, or its line − 1.
    #[schema(example = 0)]
    index: usize,
    /// Names the fact, everywhere and for ever.
    #[schema(example = "2a4b8422-f5bf-8643-b1aa-32955631e66e")]
    event_id: Uuid,
    /// The id of the fact's strongest identifier; null for a fact about a campaign.
    #[schema(example = "e08cc7dd-4743-8699-a8eb-fa6ad3b5df62")]
    lead_id: Option<Uuid>,
}

/// A fact of a request with several that was not recorded.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RejectedFact {
    /// The fact's place in the request, from 0: its index in the array, or its line − 1.
    #[schema(example = 62)]
    pub(crate) index: usize,
    /// What is wrong with it.
    pub(crate) problem: Problem,
}

/// A form post was recorded.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FormRecorded {
    /// Names the fact that the post became.
    #[schema(example = "019c2a3e-7d1c-7b53-9d0e-6a2f6f1f8a10")]
    pub(crate) event_id: Uuid,
    /// Where the person should be taken now: an absolute address, or a path on the host that was posted to.
    #[schema(example = "https://www.example.com/merci")]
    pub(crate) next: String,
}

impl FactRecorded {
    /// The answer to one fact.
    pub(crate) fn new(event_id: EventId, lead_id: Option<LeadId>, position: &Position) -> Self {
        Self {
            event_id: event_id.0,
            lead_id: lead_id.map(|id| id.0),
            stored: LOG,
            position: position.to_string(),
        }
    }
}

impl AcceptedFact {
    /// The line of a fact in the answer to several.
    pub(crate) fn new(index: usize, fact: &FactRecord) -> Self {
        Self { index, event_id: fact.event_id.0, lead_id: fact.lead_id.map(|id| id.0) }
    }
}

impl FactsRecorded {
    /// The answer to several facts.
    pub(crate) fn new(accepted: Vec<AcceptedFact>, rejected: Vec<RejectedFact>, position: &Position) -> Self {
        Self { accepted, rejected, stored: LOG, position: position.to_string() }
    }
}
