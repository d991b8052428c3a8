//! The funnel: how many leads are at each stage, how many came so far, and how long it took them.

use async_trait::async_trait;
use lead_domain::Instant;

use crate::error::StoreError;

/// What a funnel is grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FunnelGroup {
    /// Source of the first touch.
    Source,
    /// Campaign of the first touch.
    Campaign,
    /// Channel of the first touch.
    Channel,
    /// Country of the profile, spellings that differ in case together.
    Country,
}

/// Which leads, and how they are grouped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FunnelQuestion {
    /// Created at or after.
    pub from: Option<Instant>,
    /// Created before.
    pub to: Option<Instant>,
    /// Grouped by this; none: all together.
    pub group: Option<FunnelGroup>,
}

/// One group of leads. Each list goes from suspect to customer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FunnelRow {
    /// What the leads have in common; none: nothing is known of it, or they are all together.
    pub group: Option<String>,
    /// How many have this stage.
    pub current: [u64; 4],
    /// How many ever had this stage or a later one.
    pub reached: [u64; 4],
    /// The median of the milliseconds from this stage to the next; none where nobody got so far.
    pub median_ms: [Option<f64>; 3],
}

/// What query asks of the funnel.
#[async_trait]
pub trait FunnelReader: Send + Sync + std::fmt::Debug {
    /// The groups that have a lead with a stage, sorted by name, the one without a name last; without grouping always one
    /// row.
    async fn funnel(&self, generation: i64, question: FunnelQuestion) -> Result<Vec<FunnelRow>, StoreError>;
}
