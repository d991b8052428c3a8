//! A fact as the timeline shows it.

use lead_domain::fact::LeadEvent;
use lead_domain::identity::{Identifier, IdentifierKind, Subject};
use lead_domain::{EventId, Instant, LeadId};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// One page of a lead's facts, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TimelinePage {
    /// The facts: by instant, then type, then id, all descending.
    pub(crate) data: Vec<FactView>,
    /// Pass it as `cursor` for the next (older) page; null on the last one.
    #[schema(example = "AXpR0c2V0LXNlYWxlZA")]
    pub(crate) next_cursor: Option<String>,
}

/// Something that happened to or was learned about the lead. Never changed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Fact)]
pub(crate) struct FactView {
    /// The fact's own name, as the 202 told it.
    #[schema(value_type = uuid::Uuid, example = "199512b8-cd1a-84d3-81dd-70bac4c15c80")]
    event_id: EventId,
    /// The id that its sender gave it; null if none.
    #[schema(example = "s-36")]
    id: Option<String>,
    /// What kind of thing happened: `noun.verb`.
    #[schema(example = "order.placed")]
    r#type: &'static str,
    /// When it happened.
    #[schema(value_type = String, format = DateTime, example = "2026-02-20T11:00:00.000Z")]
    occurred_at: Instant,
    /// When Batea received it.
    #[schema(value_type = String, format = DateTime, example = "2026-06-01T07:59:00.000Z")]
    received_at: Instant,
    /// Whom it names.
    lead: IdentifiersView,
    /// Campaign it is owed to.
    #[schema(example = "spring-mail")]
    campaign: Option<String>,
    /// Channel it came through.
    #[schema(example = "email")]
    channel: Option<String>,
    /// The system that reported it.
    #[schema(example = "crm")]
    source: String,
    /// What it says, by its type; keys that Batea does not know stand under `extra`.
    #[schema(value_type = HashMap<String, Value>, example = json!({"order": "O-1", "amount": {"amount_minor": 129_900, "currency": "EUR"}}))]
    data: Map<String, Value>,
}

/// The identifiers that the fact names, in canonical form; only those that it names. A fact can name a `lead_id` instead.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = Identifiers)]
struct IdentifiersView {
    /// E-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "ada@example.com")]
    email: Option<String>,
    /// Id that the source gave the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "C-1004")]
    external_id: Option<String>,
    /// Phone number in E.164.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "+33612345678")]
    phone: Option<String>,
    /// A visitor's id that a site made up.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "an-7f3a")]
    anonymous_id: Option<String>,
    /// Id of a lead.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, value_type = Option<uuid::Uuid>, example = "7d65a29b-5931-8d0d-9b6b-5a0378c84114")]
    lead_id: Option<LeadId>,
}

impl FactView {
    pub(crate) fn new(event: LeadEvent) -> Self {
        let LeadEvent { fact, id, received_at, .. } = event;
        Self {
            event_id: fact.event_id,
            id,
            r#type: fact.kind.name(),
            occurred_at: fact.occurred_at,
            received_at,
            lead: IdentifiersView::new(&fact.subject),
            campaign: fact.campaign,
            channel: fact.channel,
            source: fact.source,
            data: fact.data,
        }
    }
}

impl IdentifiersView {
    fn new(subject: &Subject) -> Self {
        let mut view = Self::default();
        for identifier in subject.identifiers() {
            *view.field(identifier) = Some(identifier.value().to_owned());
        }
        match subject {
            Subject::Lead(id) => view.lead_id = Some(*id),
            Subject::Identified(_) | Subject::Campaign(_) => {}
        }
        view
    }

    const fn field(&mut self, identifier: &Identifier) -> &mut Option<String> {
        match identifier.kind() {
            IdentifierKind::Email => &mut self.email,
            IdentifierKind::ExternalId => &mut self.external_id,
            IdentifierKind::Phone => &mut self.phone,
            IdentifierKind::AnonymousId => &mut self.anonymous_id,
        }
    }
}
