//! The port of the projector: one transaction per batch, fenced by the position.

use async_trait::async_trait;
use lead_domain::fact::OrderKey;
use lead_domain::identity::{Identifier, IdentifierKind, Pair};
use lead_domain::{Instant, LeadId};

use crate::error::StoreError;
use crate::rows::{ChangeRow, DeadLetter, LeadRow, StoredLead, TimelineRow};

/// A partition that this process owns from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Grows with each claim; the writes of an older one are refused.
    pub epoch: i64,
    /// The offset to read next; none while nothing was ever read.
    pub next_offset: Option<i64>,
}

/// One step forward of a position: from where this owner left it to behind the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PositionMove {
    /// The partition.
    pub partition: i32,
    /// The claim under which it is made.
    pub epoch: i64,
    /// What this owner last wrote, or what the claim found.
    pub from: Option<i64>,
    /// The offset behind the batch.
    pub to: i64,
    /// The latest instant of its facts; none if it has none.
    pub latest_fact: Option<Instant>,
}

/// An identifier as a fact names it: derived id, and the identifier itself unless only its id is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedIdentifier {
    /// The lead id that this identifier alone would be.
    pub id: LeadId,
    /// The identifier; none where a fact names a `lead_id`.
    pub identifier: Option<Identifier>,
}

/// An identifier as the read model knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdentifierRow {
    /// The lead id that this identifier alone would be.
    pub id: LeadId,
    /// Its kind; none while only its id is known.
    pub kind: Option<IdentifierKind>,
    /// The lead to which it belongs now; its own id while it is alone.
    pub lead_id: LeadId,
    /// The earliest fact whose strongest identifier this is; none while it has no facts.
    pub first_fact: Option<OrderKey>,
}

/// What a batch locked: identifiers with all others of their leads, and every pair that touches one of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LockedIdentities {
    /// Sorted by id.
    pub identifiers: Vec<IdentifierRow>,
    /// Sorted by ends.
    pub pairs: Vec<Pair>,
    /// The kinds of those ends of pairs that are not locked themselves.
    pub other_ends: Vec<(LeadId, IdentifierKind)>,
}

/// What became of a fact that was put into the timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    /// It was not there before.
    New,
    /// The same id with the same content stands there already.
    Duplicate,
    /// Another fact stands there under this id; the first stored stays.
    Conflict,
}

/// Everything a batch changes beside timeline and position.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BatchWrite {
    /// Identifiers whose lead or earliest fact changed; all of them locked by this batch.
    pub identifiers: Vec<IdentifierRow>,
    /// Pairs that a fact of the batch speaks of, with all that is known of them now.
    pub pairs: Vec<Pair>,
    /// Leads whose state changed, in the active generation.
    pub leads: Vec<LeadRow>,
    /// The same in each generation that is filled beside it.
    pub beside: Vec<(i64, Vec<LeadRow>)>,
    /// Leads that are no longer: merged away, or their facts went elsewhere.
    pub gone: Vec<LeadId>,
    /// Transitions to announce, in order.
    pub changes: Vec<ChangeRow>,
    /// Records that could not be read or folded. They make the leads of their subjects incomplete by themselves.
    pub dead_letters: Vec<DeadLetter>,
}

/// What the projector needs of the read model.
#[async_trait]
pub trait ProjectionStore: Send + Sync + std::fmt::Debug {
    /// Takes a partition over: waits for the open transaction of its owner, then shuts it out.
    async fn claim(&self, partition: i32, owner: &str) -> Result<Claim, StoreError>;

    /// The claims as they stand, by partition. An owner whose own is older lost commits.
    async fn claims(&self) -> Result<Vec<(i32, Claim)>, StoreError>;

    /// Opens the transaction of one batch, which writes the rows of these `generations`: the active one first, then those
    /// that are filled beside it, as they were wished for. It holds off a switch of generations, and moves the position
    /// before anything else: that is the fence.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] when the position is not where `position` says; [`StoreError::Superseded`] when other
    /// generations are to be written.
    async fn begin(
        &self,
        position: PositionMove,
        generations: &[i64],
    ) -> Result<Box<dyn ProjectionTransaction>, StoreError>;
}

/// The open transaction of one batch. Dropped without [`commit`](Self::commit), it leaves nothing.
#[async_trait]
pub trait ProjectionTransaction: Send {
    /// Inserts identifiers that are new, locks all of them in the order of their ids, then all others of their
    /// leads; repeats until no lead has grown meanwhile.
    async fn lock_identities(&mut self, named: &[NamedIdentifier]) -> Result<LockedIdentities, StoreError>;

    /// Puts facts into the timeline and tells, fact by fact, what became of each. No id stands in `rows` twice.
    async fn append(&mut self, rows: &[TimelineRow]) -> Result<Vec<Appended>, StoreError>;

    /// The states of these leads in a generation, of those that have one, sorted by id.
    async fn leads(&mut self, generation: i64, ids: &[LeadId]) -> Result<Vec<StoredLead>, StoreError>;

    /// All facts stored under these subjects, in the order of facts per subject.
    async fn facts(&mut self, subjects: &[LeadId]) -> Result<Vec<TimelineRow>, StoreError>;

    /// Writes everything, draws the numbers of the changes under their lock as the last step, and commits.
    async fn commit(self: Box<Self>, write: BatchWrite) -> Result<(), StoreError>;
}
