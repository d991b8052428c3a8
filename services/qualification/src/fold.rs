//! The states of the persons that a batch touched: newer facts are folded on, everything else is folded anew.

use std::collections::{BTreeMap, BTreeSet};

use lead_domain::fact::{Fact, OrderKey};
use lead_domain::lead::{Lead, Transition};
use lead_domain::policy::Policy;
use lead_domain::{EventId, IdentitySecret, LeadId};
use read_model::{ChangeRow, LeadRow, StoreError, StoredLead};

use crate::people::Person;

/// What became of one person.
#[derive(Debug, Default)]
pub(crate) struct Folded {
    /// Its row; none if it has no fact that is folded.
    pub(crate) row: Option<LeadRow>,
    /// What is to be announced.
    pub(crate) changes: Vec<ChangeRow>,
}

/// Folds facts that come after all that the stored state has seen.
pub(crate) fn fold_on(
    person: &Person,
    stored: Option<&StoredLead>,
    new: &[&Fact],
    policy: &Policy,
    secret: &IdentitySecret,
) -> Result<Folded, StoreError> {
    let state = stored.map(|stored| Lead::from_json(&stored.state)).transpose();
    let mut lead = state.map_err(|error| StoreError::Broken(format!("the state of a lead: {error}")))?;
    let mut changes = Vec::new();
    for fact in new {
        let effects = Lead::fold_on(&mut lead, fact, policy);
        changes.extend(effects.transitions.iter().map(|transition| announced(person.id, transition, secret)));
    }
    let last = new.last().map(|fact| fact.order_key()).or(stored.map(|stored| stored.last_fact));
    Ok(Folded { row: row_of(person.id, lead.as_ref(), last, policy), changes })
}

/// Folds all facts of a person anew, and announces what the histories before did not have.
pub(crate) fn refold(
    person: &Person,
    facts: &[&Fact],
    known: &BTreeSet<EventId>,
    policy: &Policy,
    secret: &IdentitySecret,
) -> Folded {
    let mut lead = None;
    let mut changes = Vec::new();
    for fact in facts {
        let effects = Lead::fold_on(&mut lead, fact, policy);
        let announced = effects.transitions.iter().map(|transition| announced(person.id, transition, secret));
        changes.extend(announced.filter(|change| !known.contains(&change.id)));
    }
    let last = facts.last().map(|fact| fact.order_key());
    Folded { row: row_of(person.id, lead.as_ref(), last, policy), changes }
}

/// The ids of all transitions in the histories of leads, given the facts of each in order.
pub(crate) fn known_transitions(
    histories: &BTreeMap<LeadId, Vec<&Fact>>,
    policy: &Policy,
    secret: &IdentitySecret,
) -> BTreeSet<EventId> {
    let mut known = BTreeSet::new();
    for facts in histories.values() {
        let mut lead = None;
        for fact in facts {
            let effects = Lead::fold_on(&mut lead, fact, policy);
            known.extend(effects.transitions.iter().map(|transition| transition.id(secret)));
        }
    }
    known
}

fn row_of(id: LeadId, lead: Option<&Lead>, last: Option<OrderKey>, policy: &Policy) -> Option<LeadRow> {
    Some(LeadRow::of(id, last?, lead?, policy))
}

fn announced(lead_id: LeadId, transition: &Transition, secret: &IdentitySecret) -> ChangeRow {
    ChangeRow {
        id: transition.id(secret),
        lead_id,
        at: transition.at,
        what: transition.what.name(),
        from: transition.from.map(str::to_owned),
        to: transition.to.map(str::to_owned),
        because_event: Some(transition.event_id),
        because_rule: transition.rule.clone(),
    }
}
