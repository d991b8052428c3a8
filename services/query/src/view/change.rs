//! Changes as the feed shows them.

use lead_domain::{EventId, Instant, LeadId};
use read_model::ChangeRow;
use serde::Serialize;
use utoipa::ToSchema;

use super::names::{ChangeType, WhatName};

/// Some changes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChangePage {
    /// Changes in the order in which they became known.
    pub(crate) data: Vec<ChangeView>,
    /// Pass it as `after` to go on; always there.
    #[schema(example = "AXpR0c2V0LXNlYWxlZA")]
    pub(crate) next_cursor: String,
}

/// One part of a lead's state went from one value to another.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Change)]
pub(crate) struct ChangeView {
    /// Names the change: the same one is never told under two ids.
    #[schema(value_type = uuid::Uuid, example = "714d3c3f-fdbc-8d2d-a2c6-c36b067be191")]
    id: EventId,
    /// Its place in the feed: pass it as `after`.
    #[schema(example = "AXpR0c2V0LXNlYWxlZA")]
    pub(crate) cursor: String,
    /// What changed.
    #[serde(rename = "type")]
    #[schema(value_type = ChangeType)]
    kind: String,
    /// The lead, as it was called when this became known.
    #[schema(value_type = uuid::Uuid, example = "7d65a29b-5931-8d0d-9b6b-5a0378c84114")]
    lead_id: LeadId,
    /// When it happened.
    #[schema(value_type = String, format = DateTime, example = "2026-05-27T09:00:00.000Z")]
    at: Instant,
    /// Which part.
    #[schema(value_type = WhatName)]
    what: &'static str,
    /// The code before; null for no stage, and for no customer.
    #[schema(example = "lead")]
    from: Option<String>,
    /// The code after.
    #[schema(example = "prospect")]
    to: Option<String>,
    /// Why.
    because: CauseView,
    /// Version of the policy under which it is so: the hash of its canonical text.
    #[schema(example = "5d398d8394eb61e16789a5a6823bd7c691355f951ba69bd83d254645c10ddffb")]
    policy: String,
}

/// What caused a change: a fact and the rule that decided, time, or a policy that took over.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Cause)]
struct CauseView {
    /// The fact; absent where time or a policy caused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<uuid::Uuid>, example = "654ffab7-11cf-8d61-a5e4-46ab016de246")]
    event_id: Option<EventId>,
    /// What decided: the stage reached, the points rule, else the type of the fact; `cooling` or `inactivity` where time
    /// did; absent where a policy did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "prospect")]
    rule: Option<String>,
    /// The version of the policy that took over; absent where a fact or time caused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "5d398d8394eb61e16789a5a6823bd7c691355f951ba69bd83d254645c10ddffb")]
    policy: Option<String>,
}

impl ChangeView {
    pub(crate) fn new(cursor: String, change: ChangeRow) -> Self {
        let because = CauseView {
            event_id: change.because_event,
            rule: change.because_rule,
            policy: change.because_policy,
        };
        Self {
            id: change.id,
            cursor,
            kind: format!("lead.{}_changed", change.what),
            lead_id: change.lead_id,
            at: change.at,
            what: change.what,
            from: change.from,
            to: change.to,
            because,
            policy: change.policy,
        }
    }

    /// As a server-sent event.
    pub(crate) fn event(&self) -> String {
        let data = serde_json::to_string(self).unwrap_or_else(|_| unreachable!("a change has string keys"));
        format!("id: {}\nevent: {}\ndata: {data}\n\n", self.cursor, self.kind)
    }
}
