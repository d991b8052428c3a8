//! The states of the persons that a batch touched: newer facts are folded on, everything else is folded anew.

use std::collections::{BTreeMap, BTreeSet};

use lead_domain::fact::{Fact, OrderKey};
use lead_domain::lead::{Lead, Question, Replay, Step};
use lead_domain::policy::Policy;
use lead_domain::{EventId, IdentitySecret, LeadId};
use read_model::{ChangeRow, LeadRow, Questions, StoreError, StoredLead};

use crate::people::Person;

/// What became of one person.
#[derive(Debug, Default)]
pub(crate) struct Folded {
    /// Its row; none if it has no fact that is folded.
    pub(crate) row: Option<LeadRow>,
    /// What is to be announced.
    pub(crate) changes: Vec<ChangeRow>,
}

/// Folds facts that come after all that the stored state has seen. What time changed before each of them is announced
/// with it, whether the clock announced it already or not: it is known by its id.
pub(crate) fn fold_on(
    person: &Person,
    stored: Option<&StoredLead>,
    new: &[&Fact],
    policy: &Policy,
    secret: &IdentitySecret,
) -> Result<Folded, StoreError> {
    let mut replay = match stored {
        Some(stored) => Replay::resumed(read(stored)?, stored.last_fact.at, policy),
        None => Replay::new(policy),
    };
    let (steps, questions) = apply(&mut replay, new);
    let last = new.last().map(|fact| fact.order_key()).or(stored.map(|stored| stored.last_fact));
    let questions = if stored.is_some() { Questions::newer(&questions) } else { Questions::all(&questions) };
    let changes = steps.iter().map(|step| announced(person.id, step, policy, secret)).collect();
    Ok(Folded { row: row_of(person.id, replay.lead(), last, policy, questions), changes })
}

/// The state of a lead as it is stored.
pub(crate) fn read(stored: &StoredLead) -> Result<Lead, StoreError> {
    Lead::from_json(&stored.state)
        .map_err(|error| StoreError::Broken(format!("the state of a lead: {error}")))
}

/// Folds all facts of a person anew, and announces what the histories before did not have.
pub(crate) fn refold(
    person: &Person,
    facts: &[&Fact],
    known: &BTreeSet<EventId>,
    policy: &Policy,
    secret: &IdentitySecret,
) -> Folded {
    let mut replay = Replay::new(policy);
    let (steps, questions) = apply(&mut replay, facts);
    let changes = steps.iter().map(|step| announced(person.id, step, policy, secret));
    let changes = changes.filter(|change| !known.contains(&change.id)).collect();
    let last = facts.last().map(|fact| fact.order_key());
    let row = row_of(person.id, replay.lead(), last, policy, Questions::all(&questions));
    Folded { row, changes }
}

/// The row of a lead, from all its facts in order; none if none of them is folded.
pub(crate) fn whole(id: LeadId, facts: &[&Fact], policy: &Policy) -> Option<LeadRow> {
    let mut replay = Replay::new(policy);
    let (_, questions) = apply(&mut replay, facts);
    let last = facts.last().map(|fact| fact.order_key());
    row_of(id, replay.lead(), last, policy, Questions::all(&questions))
}

/// The ids of all steps in the histories of leads, given the facts of each in order.
pub(crate) fn known_steps(
    histories: &BTreeMap<LeadId, Vec<&Fact>>,
    policy: &Policy,
    secret: &IdentitySecret,
) -> BTreeSet<EventId> {
    let steps = |facts: &Vec<&Fact>| apply(&mut Replay::new(policy), facts).0;
    histories.values().flat_map(steps).map(|step| step.id(secret)).collect()
}

fn apply(replay: &mut Replay<'_>, facts: &[&Fact]) -> (Vec<Step>, Vec<Question>) {
    let (mut steps, mut questions) = (Vec::new(), Vec::new());
    for fact in facts {
        let replayed = replay.apply(fact);
        steps.extend(replayed.steps);
        questions.extend(replayed.question);
    }
    (steps, questions)
}

fn row_of(
    id: LeadId,
    lead: Option<&Lead>,
    last: Option<OrderKey>,
    policy: &Policy,
    questions: Questions,
) -> Option<LeadRow> {
    Some(LeadRow::of(id, last?, lead?, policy, questions))
}

/// A step as the change feed tells it.
pub(crate) fn announced(lead_id: LeadId, step: &Step, policy: &Policy, secret: &IdentitySecret) -> ChangeRow {
    ChangeRow {
        id: step.id(secret),
        lead_id,
        at: step.at,
        what: step.what.name(),
        from: step.from.map(str::to_owned),
        to: step.to.map(str::to_owned),
        because_event: step.event_id,
        because_rule: Some(step.rule.clone()),
        because_policy: None,
        policy: policy.version().to_owned(),
    }
}
