//! The states of the persons that a batch touched: newer facts are folded on, everything else is folded anew.

use std::collections::BTreeSet;

use lead_domain::fact::Fact;
use lead_domain::lead::{Lead, Question, Replay, Step, StepKey};
use lead_domain::policy::Policy;
use lead_domain::{IdentitySecret, Instant, LeadId};
use read_model::{ChangeRow, LeadRow, Questions, StoreError, StoredLead};

use crate::people::Person;

/// What became of one person.
#[derive(Debug)]
pub(crate) struct Folded {
    /// Who it is.
    pub(crate) id: LeadId,
    /// Its row; none if it has no fact that is folded.
    pub(crate) row: Option<LeadRow>,
    /// What is to be announced.
    pub(crate) changes: Vec<ChangeRow>,
}

/// Folds facts that come after all that the stored state has seen. What time changed before each of them is announced
/// with it, unless it was already.
pub(crate) fn fold_on(
    person: &Person,
    stored: Option<&StoredLead>,
    new: &[&Fact],
    policy: &Policy,
    secret: &IdentitySecret,
) -> Result<Folded, StoreError> {
    let Some(stored) = stored else { return Ok(refold(person, new, &BTreeSet::new(), policy, secret)) };
    let lead = read(stored)?;
    let told = told_by_time(stored, &lead, policy);
    let mut replay = Replay::resumed(lead, stored.last_fact.at, policy);
    let (steps, questions) = apply(&mut replay, new);
    let last = new.last().map_or(stored.last_fact, |fact| fact.order_key());
    let row = replay.lead().map(|lead| {
        let next = next_untold(lead, last.at, &told, policy);
        LeadRow::of(person.id, last, lead, policy, Questions::newer(&questions), next)
    });
    Ok(Folded { id: person.id, row, changes: untold(person.id, &steps, &told, policy, secret) })
}

/// Folds all facts of a person anew, and announces what is not known.
pub(crate) fn refold(
    person: &Person,
    facts: &[&Fact],
    known: &BTreeSet<StepKey>,
    policy: &Policy,
    secret: &IdentitySecret,
) -> Folded {
    let mut replay = Replay::new(policy);
    let (steps, questions) = apply(&mut replay, facts);
    let row = facts.last().zip(replay.lead()).map(|(last, lead)| {
        let last = last.order_key();
        let next = next_untold(lead, last.at, known, policy);
        LeadRow::of(person.id, last, lead, policy, Questions::all(&questions), next)
    });
    Folded { id: person.id, row, changes: untold(person.id, &steps, known, policy, secret) }
}

/// The row of a lead, from all its facts in order; none if none of them is folded. What time changed up to `told` is not
/// announced any more.
pub(crate) fn whole(id: LeadId, facts: &[&Fact], policy: &Policy, told: Instant) -> Option<LeadRow> {
    let mut replay = Replay::new(policy);
    let (_, questions) = apply(&mut replay, facts);
    let (last, lead) = (facts.last()?.order_key(), replay.lead()?);
    let next = lead.next_step_by_time(last.at.max(told), policy);
    Some(LeadRow::of(id, last, lead, policy, Questions::all(&questions), next))
}

/// The state of a lead as it is stored. What cannot be read is not repeated: it may be about a person.
pub(crate) fn read(stored: &StoredLead) -> Result<Lead, StoreError> {
    Lead::from_json(&stored.state).map_err(|error| {
        let place = format!("line {}, column {}", error.line(), error.column());
        StoreError::Broken(format!("the state of a lead cannot be read ({place})"))
    })
}

/// The steps that time made after the last fact of a stored state and that were announced, or never will be because they
/// were over when the policy took over.
pub(crate) fn told_by_time(stored: &StoredLead, lead: &Lead, policy: &Policy) -> BTreeSet<StepKey> {
    let until = stored.next_change.map_or(Instant::MAX, |at| at.plus_millis(-1));
    lead.steps_by_time(stored.last_fact.at, until, policy).iter().map(Step::key).collect()
}

fn next_untold(lead: &Lead, since: Instant, told: &BTreeSet<StepKey>, policy: &Policy) -> Option<Instant> {
    let steps = lead.steps_by_time(since, Instant::MAX, policy);
    steps.iter().find(|step| !told.contains(&step.key())).map(|step| step.at)
}

fn untold(
    id: LeadId,
    steps: &[Step],
    told: &BTreeSet<StepKey>,
    policy: &Policy,
    secret: &IdentitySecret,
) -> Vec<ChangeRow> {
    let untold = steps.iter().filter(|step| !told.contains(&step.key()));
    untold.map(|step| announced(id, step, policy, secret)).collect()
}

/// All steps in the history of a lead, given its facts in order.
pub(crate) fn known_steps(facts: &[&Fact], policy: &Policy) -> BTreeSet<StepKey> {
    apply(&mut Replay::new(policy), facts).0.iter().map(Step::key).collect()
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
