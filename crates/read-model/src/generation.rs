//! Generations: the rows of every lead under one policy, as folded by one version of the fold.

use std::collections::BTreeMap;

use async_trait::async_trait;
use lead_domain::{Instant, LeadId};

use crate::error::StoreError;
use crate::rows::{ChangeRow, LeadRow, StoredLead, TimelineRow};

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
    /// It is filled beside the active one, or as the first one, and then takes over.
    Filling,
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

/// Who wishes for a generation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// One of several processes that was started with this policy: it does not bring back what was superseded.
    Start,
    /// The only process there is: like [`Start`](Self::Start), and fillings of other policies end, for nobody has them any more.
    Alone,
    /// An operator: a superseded policy comes back, and the rows of the active one are made anew.
    Command,
}

/// A generation that is filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filling {
    /// The generation's number.
    pub generation: i64,
    /// What it is folded with.
    pub key: GenerationKey,
    /// Canonical text of the policy.
    pub policy_text: String,
}

/// The generations that batches write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// The one that is answered from; none in an empty store.
    pub active: Option<ActivePolicy>,
    /// Those that are filled beside it, in the order in which they were wished for.
    pub filling: Vec<Filling>,
}

/// A part of a lead that a new policy sees otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The lead.
    pub id: LeadId,
    /// `stage`, `temperature`, `disposition`, `customer_state`.
    pub what: &'static str,
    /// Under the policy before.
    pub from: Option<String>,
    /// Under the new one.
    pub to: Option<String>,
}

/// Registers generations, fills them beside the active one, and switches from one to the next.
#[async_trait]
pub trait GenerationStore: Send + Sync + std::fmt::Debug {
    /// The generation of this key, to be filled unless it is active or superseded; its policy's text is kept for ever.
    /// Fillings of an older fold end. Waits for open batches.
    async fn register(
        &self,
        key: &GenerationKey,
        policy_text: &str,
        wish: Wish,
    ) -> Result<Registered, StoreError>;

    /// The generations that batches write.
    async fn standing(&self) -> Result<Standing, StoreError>;

    /// Opens the transaction that fills the next leads of a generation, at most `limit`: it locks them as a batch does.
    /// None when all are filled.
    ///
    /// # Errors
    /// [`StoreError::Superseded`] when the generation is not filled any more.
    async fn begin_page(
        &self,
        generation: i64,
        limit: u32,
    ) -> Result<Option<Box<dyn GenerationPage>>, StoreError>;

    /// Opens the transaction in which a filled generation takes over. It waits for open batches, and keeps new ones out
    /// until it ends.
    ///
    /// # Errors
    /// [`StoreError::Superseded`] when the generation is not filled any more.
    async fn begin_switch(&self, generation: i64) -> Result<Box<dyn GenerationSwitch>, StoreError>;

    /// Removes the rows of at most `limit` leads from generations that are neither active nor filled; tells how many.
    async fn discard(&self, limit: u32) -> Result<u64, StoreError>;
}

/// The open transaction that fills some leads. Dropped without [`commit`](Self::commit), it leaves nothing.
#[async_trait]
pub trait GenerationPage: Send {
    /// The leads, in order of id; also those that have no fact.
    fn leads(&self) -> &[Refold];

    /// All facts stored under these subjects, in the order of facts per subject.
    async fn facts(&mut self, subjects: &[LeadId]) -> Result<Vec<TimelineRow>, StoreError>;

    /// When time changes something of each of the leads next that is not announced yet, in the generation that is answered
    /// from; without those of which it never does.
    async fn next_changes(&mut self) -> Result<BTreeMap<LeadId, Instant>, StoreError>;

    /// Writes the rows, notes how far the generation is filled, and commits.
    async fn commit(self: Box<Self>, rows: Vec<LeadRow>) -> Result<(), StoreError>;
}

/// The open transaction of a switch. Dropped without [`activate`](Self::activate), it leaves nothing.
#[async_trait]
pub trait GenerationSwitch: Send {
    /// What the leads above `after` are otherwise in this generation than in the active one, at an instant: all of at
    /// most `limit` leads, in order of id. Empty when there are no more, or nothing is active.
    async fn moved(
        &mut self,
        at: Instant,
        after: Option<LeadId>,
        limit: u32,
    ) -> Result<Vec<Moved>, StoreError>;

    /// At most `limit` leads of a generation of which time changed something up to `now` that is not announced.
    async fn due(&mut self, generation: i64, now: Instant, limit: u32)
    -> Result<Vec<StoredLead>, StoreError>;

    /// Announces changes, and notes when time changes each of these leads of a generation next (none: never).
    async fn announce(
        &mut self,
        changes: &[ChangeRow],
        generation: i64,
        next: &[(LeadId, Option<Instant>)],
    ) -> Result<(), StoreError>;

    /// Makes it the active one from this instant on, ends the fillings wished for before it, and commits.
    async fn activate(self: Box<Self>, at: Instant) -> Result<(), StoreError>;
}
