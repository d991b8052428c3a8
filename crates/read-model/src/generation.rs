//! Generations: the rows of every lead under one policy, as folded by one version of the fold.

use async_trait::async_trait;
use lead_domain::{Instant, LeadId};
use uuid::Uuid;

use crate::rows::LeadRow;
use crate::store::{StoreError, TimelineRow};

/// What a generation is folded with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenerationKey {
    /// Hash of the canonical text of the policy.
    pub policy_version: String,
    /// Version of the fold's code.
    pub fold_version: u32,
}

/// The generation that is answered from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivePolicy {
    /// The generation's number.
    pub generation: i64,
    /// What it is folded with.
    pub key: GenerationKey,
    /// Canonical text of the policy.
    pub policy_text: String,
    /// Since when it is answered from.
    pub active_from: Instant,
}

/// A lead to refold: its id and the identifiers under which its facts stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refold {
    /// The lead.
    pub id: LeadId,
    /// Its identifiers, sorted.
    pub subjects: Vec<LeadId>,
}

/// What became of a generation that was registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GenerationState {
    /// It has not been answered from yet: switch to it.
    New,
    /// It is the one that is answered from.
    Active,
    /// Its policy was answered from once and another one took over, or a newer fold is active: whoever has it was
    /// started with an old file or an old build, and must follow the active one.
    Superseded,
}

/// A generation that the read model knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registered {
    /// Its number.
    pub generation: i64,
    /// What became of it.
    pub state: GenerationState,
}

/// Registers generations and switches from one to the next.
#[async_trait]
pub trait GenerationStore: Send + Sync + std::fmt::Debug {
    /// The generation of this key, made if it is not there; its policy's text is kept for ever.
    async fn register(&self, key: &GenerationKey, policy_text: &str) -> Result<Registered, StoreError>;

    /// The generation that is answered from; none in an empty store.
    async fn active(&self) -> Result<Option<ActivePolicy>, StoreError>;

    /// Opens the one transaction in which a new generation is filled and takes over. It waits for open batches, and
    /// keeps new ones out until it ends.
    ///
    /// # Errors
    /// [`StoreError::Superseded`] when the generation is not new any more: register again and look at its state.
    async fn begin_switch(&self, generation: i64) -> Result<Box<dyn GenerationSwitch>, StoreError>;
}

/// The open transaction of a switch. Dropped without [`activate`](Self::activate), it leaves nothing.
#[async_trait]
pub trait GenerationSwitch: Send {
    /// At most `limit` leads with an id above `after`, in order of id; also those that have no fact.
    async fn leads_after(&mut self, after: Option<LeadId>, limit: u32) -> Result<Vec<Refold>, StoreError>;

    /// All facts stored under these subjects, in the order of facts per subject.
    async fn facts(&mut self, subjects: &[LeadId]) -> Result<Vec<TimelineRow>, StoreError>;

    /// Writes rows of the new generation.
    async fn fill(&mut self, rows: &[LeadRow]) -> Result<(), StoreError>;

    /// Makes it the active one from this instant on, removes the rows of all others, and commits. Announces nothing.
    async fn activate(self: Box<Self>, at: Instant) -> Result<(), StoreError>;
}

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
