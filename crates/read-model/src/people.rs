//! The port of those who fold everybody anew: simulations, and whoever checks rows against facts.

use async_trait::async_trait;
use lead_domain::LeadId;
use lead_domain::fact::Fact;

use crate::error::StoreError;
use crate::generation::Refold;
use crate::rows::TimelineRow;

/// Everybody, page by page, on connections that only read. Each page is as new as its own reading: who is merged or
/// comes in meanwhile may be met twice or not at all.
#[async_trait]
pub trait PeopleReader: Send + Sync + std::fmt::Debug {
    /// How many leads have a fact.
    async fn people_count(&self) -> Result<u64, StoreError>;

    /// At most `limit` people with an id above `after`, in order of id; also those that have no fact.
    async fn people_after(&self, after: Option<LeadId>, limit: u32) -> Result<Vec<Refold>, StoreError>;

    /// All facts stored under these subjects, in the order of facts per subject, the subjects in order of id.
    async fn facts_of(&self, subjects: &[LeadId]) -> Result<Vec<TimelineRow>, StoreError>;
}

impl Refold {
    /// Its own facts among those of several people, in the order of facts. The rows must stand as
    /// [`PeopleReader::facts_of`] gives them.
    #[must_use]
    pub fn facts<'r>(&self, rows: &'r [TimelineRow]) -> Vec<&'r Fact> {
        // Facts come subject by subject, sorted: each subject's are one run of them.
        let run = |subject: &LeadId| {
            let from = rows.partition_point(|row| row.subject < *subject);
            let to = rows.partition_point(|row| row.subject <= *subject);
            rows.get(from..to).unwrap_or_default()
        };
        let mut own: Vec<&Fact> = self.subjects.iter().flat_map(run).map(|row| &row.event.fact).collect();
        own.sort_by_key(|fact| fact.order_key());
        own
    }
}
