//! What follows from the history of generations, for every adapter.

use lead_domain::LeadId;
use lead_domain::lead::What;
use uuid::Uuid;

use crate::generation::{GenerationKey, Moved, Refold};
use crate::reader::KnownPolicy;

/// Groups rows of (lead, identifier), which come in order, by lead.
pub(crate) fn refolds(rows: Vec<(Uuid, Uuid)>) -> Vec<Refold> {
    let mut refolds: Vec<Refold> = Vec::new();
    for (lead, subject) in rows {
        let (id, subject) = (LeadId(lead), LeadId(subject));
        match refolds.last_mut().filter(|last| last.id == id) {
            Some(last) => last.subjects.push(subject),
            None => refolds.push(Refold { id, subjects: vec![subject] }),
        }
    }
    refolds
}

/// A lead, its parts under the policy before, and its parts under the new one: stage, temperature, disposition and state of
/// the customer.
pub(crate) type MovedRow = (
    Uuid,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
);

/// The parts that differ.
pub(crate) fn moved_parts(row: MovedRow) -> Vec<Moved> {
    let (
        id,
        stage,
        temperature,
        disposition,
        customer,
        to_stage,
        to_temperature,
        to_disposition,
        to_customer,
    ) = row;
    let parts = [
        (What::Stage, stage, to_stage),
        (What::Temperature, temperature, to_temperature),
        (What::Disposition, disposition, to_disposition),
        (What::CustomerState, customer, to_customer),
    ];
    let moved = parts.into_iter().filter(|(_, from, to)| from != to);
    moved.map(|(what, from, to)| Moved { id: LeadId(id), what: what.name(), from, to }).collect()
}

/// One stretch of time in which a generation was answered from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Activation {
    pub generation: i64,
    pub key: GenerationKey,
    /// It has not ended.
    pub standing: bool,
}

/// One stretch of time for generations of one policy that followed each other: rebuilds and mended folds.
pub(crate) fn stretches(activations: impl Iterator<Item = KnownPolicy>) -> Vec<KnownPolicy> {
    let mut stretches: Vec<KnownPolicy> = Vec::new();
    for next in activations {
        match stretches.last_mut().filter(|last| last.version == next.version) {
            Some(last) if next.active_from.is_some() => last.active_to = next.active_to,
            Some(_) => {}
            None => stretches.push(next),
        }
    }
    stretches
}

/// Whether the rows of a generation may not take over at the start of a process, by all there ever was.
pub(crate) fn is_superseded(key: &GenerationKey, history: &[Activation]) -> bool {
    let Some(active) = history.iter().find(|activation| activation.standing) else { return false };
    let other_policy = active.key.policy_version != key.policy_version;
    let old_policy = other_policy && history.iter().any(|past| past.key.policy_version == key.policy_version);
    let old_build = key.fold_version < active.key.fold_version;
    old_policy || old_build
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(policy: &str, fold_version: u32) -> GenerationKey {
        GenerationKey { policy_version: policy.to_owned(), fold_version }
    }

    fn activation(generation: i64, policy: &str, fold_version: u32, standing: bool) -> Activation {
        Activation { generation, key: key(policy, fold_version), standing }
    }

    #[test]
    fn an_old_file_or_an_old_build_does_not_come_back() {
        assert!(!is_superseded(&key("a", 1), &[]), "the first");
        let history = [activation(1, "a", 1, false), activation(2, "b", 2, true)];
        for (policy, fold, superseded) in [
            ("a", 1, true),
            ("a", 2, true),
            ("b", 1, true),
            ("b", 2, false),
            ("b", 3, false),
            ("c", 2, false),
        ] {
            assert_eq!(is_superseded(&key(policy, fold), &history), superseded, "{policy} {fold}");
        }
    }
}
