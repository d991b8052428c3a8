//! Facts: what happened to or was learned about a person, as posted, as stored, and as the fold reads it.

mod body;
mod fields;
mod form_fields;
mod kind;
mod money;
mod names;
mod posted;
mod salvage;
mod storable;
mod stored;

pub use body::{Body, Document, DocumentRef};
pub(crate) use body::{PROFILE_TEXTS, intent_of};
pub(crate) use fields::NAME_MAX;
pub use form_fields::{profile_field, profile_of};
pub use kind::FactType;
pub use money::{Amounts, Money};
pub use names::{CallOutcome, Criterion, DocumentKind, Intent, Verdict};
pub use posted::{Receipt, admit};
pub use salvage::Salvaged;
pub use stored::{LeadEvent, STORED_VERSION, Unreadable};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::identity::{Identifier, IdentifierKind, PairEvent, Subject};
use crate::ids::{EventId, IdentitySecret, LeadId};
use crate::instant::Instant;

/// The place of a fact in the order of facts: instant, rank of its type, id (DOMAIN §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct OrderKey {
    /// When it happened.
    pub at: Instant,
    /// The place of its type in the table of DOMAIN §3.
    pub rank: i16,
    /// The last word between two facts of one type at one instant.
    pub event_id: EventId,
}

/// Something that happened, checked and in canonical form. Never changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// The fact's own name.
    pub event_id: EventId,
    /// What kind of thing happened.
    pub kind: FactType,
    /// When it happened.
    pub occurred_at: Instant,
    /// The system that says so.
    pub source: String,
    /// The campaign it is owed to.
    pub campaign: Option<String>,
    /// The channel it came through, as told for this fact.
    pub channel: Option<String>,
    /// Whom it is about.
    pub subject: Subject,
    /// `data` in canonical form, unknown keys under `extra`.
    pub data: Map<String, Value>,
    /// What the fold reads of `data`.
    pub body: Body,
}

impl Fact {
    /// Its place in the order of facts.
    #[must_use]
    pub fn order_key(&self) -> OrderKey {
        OrderKey { at: self.occurred_at, rank: self.kind.rank(), event_id: self.event_id }
    }

    /// A machine did it (an image proxy opened the mail): never inbound, never asking, never scored.
    #[must_use]
    pub fn is_machine(&self) -> bool {
        self.data.get("machine") == Some(&Value::Bool(true))
    }

    /// The identifier of this kind in `lead`.
    #[must_use]
    pub fn identifier(&self, kind: IdentifierKind) -> Option<&Identifier> {
        self.subject.identifiers().iter().find(|identifier| identifier.kind() == kind)
    }

    /// What this fact says of pairs of identifiers: the strongest beside each other one, and links.
    #[must_use]
    pub fn pair_events(&self, secret: &IdentitySecret) -> Vec<(LeadId, LeadId, PairEvent)> {
        let Subject::Identified(identifiers) = &self.subject else { return Vec::new() };
        let strongest = identifiers.strongest();
        if let Body::Link { other } | Body::Unlink { other } = &self.body {
            let linked = matches!(self.body, Body::Link { .. });
            return vec![link_event(strongest, other, linked, secret)];
        }
        let beside = identifiers.all().iter().skip(1);
        beside.map(|other| (strongest.lead_id(secret), other.lead_id(secret), PairEvent::Sighted)).collect()
    }
}

/// Of two identifiers the weaker goes to the stronger, of equals `other` to `lead`.
fn link_event(
    lead: &Identifier,
    other: &Identifier,
    linked: bool,
    secret: &IdentitySecret,
) -> (LeadId, LeadId, PairEvent) {
    let given = if lead.kind() > other.kind() { lead } else { other };
    let event = if linked { PairEvent::Linked { given: given.lead_id(secret) } } else { PairEvent::Unlinked };
    (lead.lead_id(secret), other.lead_id(secret), event)
}
