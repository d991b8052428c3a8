//! Generations: the rows of every lead under one policy, as folded by one version of the fold.

use async_trait::async_trait;
use lead_domain::{Instant, LeadId};

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
