//! The history of a lead as the API shows it.

use lead_domain::lead::Step;
use lead_domain::policy::Policy;
use lead_domain::{EventId, Instant};
use serde::Serialize;
use utoipa::ToSchema;

use super::names::WhatName;

/// How a lead came to its state.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = History)]
pub(crate) struct HistoryView {
    /// The instant of the answer. RFC 3339, UTC.
    #[schema(value_type = String, format = DateTime, example = "2026-06-01T08:00:00.000Z")]
    as_of: Instant,
    /// The transitions, oldest first; at one instant stage, temperature, disposition, customer state.
    data: Vec<TransitionView>,
    /// Version of the policy under which this was computed: the hash of its canonical text.
    #[schema(example = "5d398d8394eb61e16789a5a6823bd7c691355f951ba69bd83d254645c10ddffb")]
    policy: String,
}

/// One part of the state went from one value to another. Before its first fact a lead has stage null, is cold, open and
/// no customer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Transition)]
struct TransitionView {
    /// When.
    #[schema(value_type = String, format = DateTime, example = "2026-02-03T09:10:00.000Z")]
    at: Instant,
    /// Which part.
    #[schema(value_type = WhatName)]
    what: &'static str,
    /// The code before; null for no stage, and for no customer.
    #[schema(example = "lead")]
    from: Option<&'static str>,
    /// The code after.
    #[schema(example = "prospect")]
    to: Option<&'static str>,
    /// Why.
    because: BecauseView,
}

/// What caused a transition.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Because)]
struct BecauseView {
    /// The fact; absent where time caused it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<uuid::Uuid>, example = "2a4b8422-f5bf-8643-b1aa-32955631e66e")]
    event_id: Option<EventId>,
    /// What decided: the stage reached, the points rule, else the type of the fact; `cooling` or `inactivity` where time
    /// did.
    #[schema(example = "prospect")]
    rule: String,
}

impl HistoryView {
    pub(crate) fn new(steps: Vec<Step>, at: Instant, policy: &Policy) -> Self {
        let data = steps.into_iter().map(TransitionView::new).collect();
        Self { as_of: at, data, policy: policy.version().to_owned() }
    }
}

impl TransitionView {
    fn new(step: Step) -> Self {
        let because = BecauseView { event_id: step.event_id, rule: step.rule };
        Self { at: step.at, what: step.what.name(), from: step.from, to: step.to, because }
    }
}
