//! How a lead came to its state: every transition at its exact instant, those included that time alone causes.

use super::effects::{Transition, What};
use super::{CustomerState, Lead, Question};
use crate::fact::Fact;
use crate::ids::{EventId, IdentitySecret};
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
    /// The fact from which it follows, also where time did the rest: the last one that counted.
    cause: Option<EventId>,
}

/// When, what, from, to, and the fact that caused it.
pub type StepKey = (Instant, What, Option<&'static str>, Option<&'static str>, Option<EventId>);

impl From<Transition> for Step {
    fn from(transition: Transition) -> Self {
        let Transition { at, what, from, to, event_id, rule } = transition;
        Self { at, what, from, to, event_id: Some(event_id), rule, cause: Some(event_id) }
    }
}

impl Step {
    fn cooling(lead: &Lead, at: Instant) -> Option<Self> {
        let name = |t| Some(lead.score.temperature_at(t).name());
        Self::of_time(at, What::Temperature, name, COOLING, lead.score.counted_last())
    }

    fn inactivity(lead: &Lead, at: Instant, policy: &Policy) -> Option<Self> {
        let name = |t| lead.sales.state_at(t, policy).map(CustomerState::name);
        Self::of_time(at, What::CustomerState, name, INACTIVITY, lead.sales.last_purchase_by())
    }

    /// None if nothing is another at `at` than just before.
    fn of_time(
        at: Instant,
        what: What,
        value: impl Fn(Instant) -> Option<&'static str>,
        rule: &str,
        cause: Option<EventId>,
    ) -> Option<Self> {
        let (from, to) = (value(at.plus_millis(-1)), value(at));
        let step = Self { at, what, from, to, event_id: None, rule: rule.to_owned(), cause };
        (from != to).then_some(step)
    }

    /// What tells it from every other step of one lead, whatever the fact from which time made it.
    #[must_use]
    pub const fn key(&self) -> StepKey {
        (self.at, self.what, self.from, self.to, self.event_id)
    }

    /// The id of its announcement: derived from cause, part and values, and where time did it also from the instant; not
    /// from the lead, whose id may change by a merge.
    #[must_use]
    pub fn id(&self, secret: &IdentitySecret) -> EventId {
        let cause = self.cause.map_or([0; 16], |cause| cause.0.into_bytes());
        let [from, to] = [self.from, self.to].map(|value| value.unwrap_or_default().as_bytes());
        let instant = self.at.millis().to_be_bytes();
        let by_time: &[&[u8]] = if self.event_id.is_none() { &[self.rule.as_bytes(), &instant] } else { &[] };
        let what: [&[u8]; 5] = [b"change", &cause, self.what.name().as_bytes(), from, to];
        let parts = [&what, by_time].concat();
        EventId(secret.uuid(&parts))
    }
}

/// Folds facts one after the other and tells every step on the way, those included that time takes between two facts.
#[derive(Clone, Debug)]
pub struct Replay<'p> {
    policy: &'p Policy,
    lead: Option<Lead>,
    since: Instant,
}

/// What one more fact brought.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Replayed {
    /// The steps since the fact before, oldest first.
    pub steps: Vec<Step>,
    /// The question that the fact asked or answered.
    pub question: Option<Question>,
}

impl<'p> Replay<'p> {
    /// From the first fact on.
    #[must_use]
    pub const fn new(policy: &'p Policy) -> Self {
        Self { policy, lead: None, since: Instant::MIN }
    }

    /// On from a state whose last fact was at `since`.
    #[must_use]
    pub const fn resumed(lead: Lead, since: Instant, policy: &'p Policy) -> Self {
        Self { policy, lead: Some(lead), since }
    }

    /// Folds the next fact on, which must come after all before.
    pub fn apply(&mut self, fact: &Fact) -> Replayed {
        let by_time =
            self.lead.iter().flat_map(|lead| lead.steps_by_time(self.since, fact.occurred_at, self.policy));
        let mut steps: Vec<Step> = by_time.collect();
        let effects = Lead::fold_on(&mut self.lead, fact, self.policy);
        steps.extend(effects.transitions.into_iter().map(Step::from));
        self.since = fact.occurred_at;
        Replayed { steps, question: effects.question }
    }

    /// The state so far; none before the first fact.
    #[must_use]
    pub const fn lead(&self) -> Option<&Lead> {
        self.lead.as_ref()
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
    let mut replay = Replay::new(policy);
    let mut steps: Vec<Step> = facts.into_iter().flat_map(|fact| replay.apply(fact).steps).collect();
    steps.extend(replay.lead()?.steps_by_time(replay.since, until, policy));
    Some(steps)
}

impl Lead {
    /// What time alone does to this state after `since`, up to and including `to`.
    #[must_use]
    pub fn steps_by_time(&self, since: Instant, to: Instant, policy: &Policy) -> Vec<Step> {
        let passes = |at: &Instant| since < *at && *at <= to;
        let mut steps: Vec<Step> =
            self.coolings().into_iter().filter(passes).filter_map(|at| Step::cooling(self, at)).collect();
        let ends = self.sales.active_until(policy).filter(passes);
        steps.extend(ends.and_then(|at| Step::inactivity(self, at, policy)));
        // At one instant the temperature comes first.
        steps.sort_by_key(|step| step.at);
        steps
    }

    /// When time alone changes something next after `since`; none: never.
    #[must_use]
    pub fn next_step_by_time(&self, since: Instant, policy: &Policy) -> Option<Instant> {
        self.steps_by_time(since, Instant::MAX, policy).first().map(|step| step.at)
    }

    /// When the lead is no longer hot, and no longer warm.
    fn coolings(&self) -> Vec<Instant> {
        let mut ends: Vec<Instant> = self.score.hot_until.into_iter().chain(self.score.warm_until).collect();
        ends.sort_unstable();
        ends.dedup();
        ends
    }
}
