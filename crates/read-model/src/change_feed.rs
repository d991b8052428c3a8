//! The change feed as it is read, and the transitions that time causes as they are announced.

use async_trait::async_trait;
use lead_domain::{Instant, LeadId};

use crate::error::StoreError;
use crate::rows::{ChangeRow, StoredLead};

/// A change and its place in the feed.
#[derive(Clone, Debug, PartialEq)]
pub struct NumberedChange {
    /// Numbers grow in the order of commits.
    pub number: i64,
    /// The change.
    pub change: ChangeRow,
}

/// What query asks of the change feed.
#[async_trait]
pub trait ChangeReader: Send + Sync + std::fmt::Debug {
    /// At most `limit` changes above `after`, in the order of numbers. Whoever has seen a number has seen all below it.
    async fn changes(&self, after: i64, limit: u32) -> Result<Vec<NumberedChange>, StoreError>;
}

/// Finds what time changed.
#[async_trait]
pub trait Clockwork: Send + Sync + std::fmt::Debug {
    /// Opens the transaction that announces what time changed up to `now` in at most `limit` leads of a generation. Leads
    /// that another process is announcing are left to it. None when nothing is due.
    ///
    /// # Errors
    /// [`StoreError::Superseded`] when the generation is not answered from.
    async fn due(
        &self,
        generation: i64,
        now: Instant,
        limit: u32,
    ) -> Result<Option<Box<dyn DueBatch>>, StoreError>;
}

/// The open transaction of some leads that time changed. Dropped without [`commit`](Self::commit), it leaves nothing.
#[async_trait]
pub trait DueBatch: Send {
    /// The leads that time changed.
    fn leads(&self) -> &[StoredLead];

    /// Announces the changes, notes when time changes each of the leads next (none: never), and commits.
    async fn commit(
        self: Box<Self>,
        changes: &[ChangeRow],
        next: &[(LeadId, Option<Instant>)],
    ) -> Result<(), StoreError>;
}
