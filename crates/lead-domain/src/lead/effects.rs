//! What one fact did to a lead: transitions for the change feed, and the points behind the explanation.

use serde::{Deserialize, Serialize};

use super::score::{Contribution, Temperature};
use super::{CustomerState, Disposition, Lead, Question};
use crate::fact::Fact;
use crate::ids::EventId;
use crate::instant::Instant;
use crate::policy::{Policy, Stage};

/// What folding one fact brought.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Effects {
    /// Stage, temperature, disposition and the state of the customer as far as they changed, in this order.
    pub transitions: Vec<Transition>,
    /// The points that the fact added.
    pub contribution: Option<Contribution>,
    /// The question that it asked or answered.
    pub question: Option<Question>,
}

/// Which part of the state changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// The stage.
    Stage,
    /// The temperature.
    Temperature,
    /// The disposition.
    Disposition,
    /// Whether a customer still buys.
    CustomerState,
}

impl What {
    /// The part of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Stage, Self::Temperature, Self::Disposition, Self::CustomerState]
            .into_iter()
            .find(|what| what.name() == name)
    }

    /// The name in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Stage => "stage",
            Self::Temperature => "temperature",
            Self::Disposition => "disposition",
            Self::CustomerState => "customer_state",
        }
    }
}

/// One part of the state went from one value to another because of a fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transition {
    /// When: the instant of the fact.
    pub at: Instant,
    /// Which part.
    pub what: What,
    /// The value before; none for "no stage".
    pub from: Option<&'static str>,
    /// The value after.
    pub to: Option<&'static str>,
    /// The fact that caused it.
    pub event_id: EventId,
    /// What decided: the stage reached, the points rule, else the type of the fact.
    pub rule: String,
}

/// The parts of a state that are announced, as they stand at the instant of a fact.
pub(super) struct Snapshot {
    stage: Option<Stage>,
    temperature: Temperature,
    disposition: Disposition,
    customer: Option<CustomerState>,
}

impl Snapshot {
    pub(super) fn of(lead: &Lead, at: Instant, policy: &Policy) -> Self {
        let temperature = lead.score.temperature_at(at);
        let customer = lead.sales.state_at(at, policy);
        Self { stage: lead.stage, temperature, disposition: lead.disposition, customer }
    }

    /// What differs from here to the state after the fact.
    pub(super) fn transitions(
        self,
        lead: &Lead,
        fact: &Fact,
        contribution: Option<&Contribution>,
        policy: &Policy,
    ) -> Vec<Transition> {
        let after = Self::of(lead, fact.occurred_at, policy);
        let points_rule = contribution.map(|contribution| contribution.rule.as_str());
        let stages = (self.stage.map(Stage::name), after.stage.map(Stage::name));
        let temperatures = (Some(self.temperature.name()), Some(after.temperature.name()));
        let dispositions = (Some(self.disposition.name()), Some(after.disposition.name()));
        let customers = (self.customer.map(CustomerState::name), after.customer.map(CustomerState::name));
        let parts = [
            (What::Stage, stages, after.stage.map(Stage::name)),
            (What::Temperature, temperatures, points_rule),
            (What::Disposition, dispositions, None),
            (What::CustomerState, customers, None),
        ];
        let changed = parts.into_iter().filter(|(_, (from, to), _)| from != to);
        let transition = changed.map(|(what, (from, to), rule)| Transition {
            at: fact.occurred_at,
            what,
            from,
            to,
            event_id: fact.event_id,
            rule: rule.unwrap_or_else(|| fact.kind.name()).to_owned(),
        });
        transition.collect()
    }
}
