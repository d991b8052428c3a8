//! What follows from the history of generations, for every adapter.

use lead_domain::LeadId;
use uuid::Uuid;

use crate::generation::{GenerationKey, GenerationState, Refold};

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

/// One stretch of time in which a generation was answered from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Activation {
    pub generation: i64,
    pub key: GenerationKey,
    /// It has not ended.
    pub standing: bool,
}

/// What became of a generation, by all there ever was.
pub(crate) fn state_of(generation: i64, key: &GenerationKey, history: &[Activation]) -> GenerationState {
    let Some(active) = history.iter().find(|activation| activation.standing) else {
        return GenerationState::New;
    };
    if active.generation == generation {
        return GenerationState::Active;
    }
    let was_active = history.iter().any(|past| past.generation == generation);
    let other_policy = active.key.policy_version != key.policy_version;
    let old_policy = other_policy && history.iter().any(|past| past.key.policy_version == key.policy_version);
    let old_build = key.fold_version < active.key.fold_version;
    if was_active || old_policy || old_build { GenerationState::Superseded } else { GenerationState::New }
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
    fn the_first_generation_is_new_until_it_is_active() {
        assert_eq!(state_of(1, &key("a", 1), &[]), GenerationState::New);
        assert_eq!(state_of(1, &key("a", 1), &[activation(1, "a", 1, true)]), GenerationState::Active);
    }

    #[test]
    fn an_old_file_or_an_old_build_does_not_come_back() {
        let history = [activation(1, "a", 1, false), activation(2, "b", 2, true)];
        assert_eq!(state_of(1, &key("a", 1), &history), GenerationState::Superseded);
        assert_eq!(
            state_of(3, &key("a", 2), &history),
            GenerationState::Superseded,
            "a new fold of an old policy"
        );
        assert_eq!(
            state_of(4, &key("b", 1), &history),
            GenerationState::Superseded,
            "an old fold of this policy"
        );
        assert_eq!(state_of(5, &key("b", 3), &history), GenerationState::New, "a mended fold of this policy");
        assert_eq!(state_of(6, &key("c", 2), &history), GenerationState::New, "another policy");
    }
}
