//! How a lead came to its state: every transition at its exact instant, those included that time alone causes.

use super::effects::{Transition, What};
use super::{Lead, Temperature};
use crate::fact::Fact;
use crate::ids::EventId;
use crate::instant::Instant;
use crate::policy::Policy;

/// What decides where points are worth less.
const COOLING: &str = "cooling";
/// What decides where a purchase is long ago.
const INACTIVITY: &str = "inactivity";

/// One part of the state went from one value to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// When.
    pub at: Instant,
    /// Which part.
    pub what: What,
    /// The value before; none for "no stage" and "no customer".
    pub from: Option<&'static str>,
    /// The value after.
    pub to: Option<&'static str>,
    /// The fact that caused it; none where time did.
    pub event_id: Option<EventId>,
    /// What decided: the stage reached, the points rule, else the type of the fact; `cooling` or `inactivity`.
    pub rule: String,
}

impl From<Transition> for Step {
    fn from(transition: Transition) -> Self {
        let Transition { at, what, from, to, event_id, rule } = transition;
        Self { at, what, from, to, event_id: Some(event_id), rule }
    }
}

impl Step {
    fn of_time(at: Instant, what: What, from: Option<&'static str>, to: Option<&'static str>) -> Self {
        let rule = if what == What::Temperature { COOLING } else { INACTIVITY };
        Self { at, what, from, to, event_id: None, rule: rule.to_owned() }
    }
}

/// All transitions up to and including `until`, oldest first; none if there is nothing to fold. The facts must stand in
/// their order, and none may come after `until`.
#[must_use]
pub fn history<'f>(
    facts: impl IntoIterator<Item = &'f Fact>,
    until: Instant,
    policy: &Policy,
) -> Option<Vec<Step>> {
    let (mut lead, mut since, mut steps) = (None, Instant::MIN, Vec::new());
    for fact in facts {
        steps.extend(lead.iter().flat_map(|lead| by_time(lead, since, fact.occurred_at, policy)));
        steps.extend(Lead::fold_on(&mut lead, fact, policy).transitions.into_iter().map(Step::from));
        since = fact.occurred_at;
    }
    let lead = lead?;
    steps.extend(by_time(&lead, since, until, policy));
    Some(steps)
}

/// What time alone does to a state after `since`, up to and including `to`.
fn by_time(lead: &Lead, since: Instant, to: Instant, policy: &Policy) -> Vec<Step> {
    let passes = |at: &Instant| since < *at && *at <= to;
    let (hot, warm) = (lead.score.hot_until, lead.score.warm_until);
    let mut cools: Vec<Instant> = hot.into_iter().chain(warm).filter(passes).collect();
    cools.sort_unstable();
    cools.dedup();
    let mut steps: Vec<Step> = cools.into_iter().filter_map(|at| cooling(lead, at)).collect();
    let ends = lead.sales.active_until(policy).filter(passes);
    steps.extend(ends.and_then(|at| inactivity(lead, at, policy)));
    // At one instant the temperature comes first.
    steps.sort_by_key(|step| step.at);
    steps
}

fn cooling(lead: &Lead, at: Instant) -> Option<Step> {
    let [from, to] = [at.plus_millis(-1), at].map(|t| lead.score.temperature_at(t));
    let name = |temperature: Temperature| Some(temperature.name());
    (from != to).then(|| Step::of_time(at, What::Temperature, name(from), name(to)))
}

fn inactivity(lead: &Lead, at: Instant, policy: &Policy) -> Option<Step> {
    let [from, to] = [at.plus_millis(-1), at].map(|t| lead.sales.state_at(t, policy));
    let name = |state: Option<super::CustomerState>| state.map(super::CustomerState::name);
    (from != to).then(|| Step::of_time(at, What::CustomerState, name(from), name(to)))
}
