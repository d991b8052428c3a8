//! Generations: the rows of every lead under one policy, as folded by one version of the fold.

use async_trait::async_trait;
use lead_domain::{Instant, LeadId};

use crate::rows::LeadRow;
use crate::store::StoreError;

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

/// Registers generations, fills a new one, and switches to it.
#[async_trait]
pub trait GenerationStore: Send + Sync + std::fmt::Debug {
    /// The generation of this key, made if it is not there; its policy's text is kept for ever.
    async fn register(&self, key: &GenerationKey, policy_text: &str) -> Result<i64, StoreError>;

    /// At most `limit` leads with an id above `after`.
    async fn leads_after(&self, after: Option<LeadId>, limit: u32) -> Result<Vec<Refold>, StoreError>;

    /// Replaces the rows of these leads in a generation that is not active yet.
    async fn fill(&self, generation: i64, rows: &[LeadRow]) -> Result<(), StoreError>;

    /// Makes it the active one, from this instant on, and removes the rows of all others. Repeating it changes nothing.
    async fn activate(&self, generation: i64, at: Instant) -> Result<(), StoreError>;
}
