//! The funnel as the API shows it.

use lead_domain::Instant;
use lead_domain::policy::Stage;
use read_model::FunnelRow;
use serde::Serialize;
use utoipa::ToSchema;

use super::names::{FunnelGroupName, StageName};

/// How far leads come.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Funnel)]
pub(crate) struct FunnelView {
    /// Leads created at or after; null: all.
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-01-01T00:00:00.000Z")]
    from: Option<Instant>,
    /// Leads created before; null: all.
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-06-01T08:00:00.000Z")]
    to: Option<Instant>,
    /// What the leads are grouped by; null: all together.
    #[schema(value_type = Option<FunnelGroupName>)]
    group_by: Option<&'static str>,
    /// One funnel for each group; without grouping one.
    data: Vec<GroupView>,
}

/// The funnel of some leads.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FunnelOfGroup)]
struct GroupView {
    /// What the leads have in common; null: nothing is known of it, or they are all together.
    #[schema(example = "ads")]
    group: Option<String>,
    /// The stages, from suspect to customer.
    stages: Vec<StageView>,
}

/// One stage of a funnel.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FunnelStage)]
struct StageView {
    /// The stage.
    #[schema(value_type = StageName)]
    stage: &'static str,
    /// How many leads stand here now.
    #[schema(example = 7)]
    current: u64,
    /// How many ever had this stage or a later one.
    #[schema(example = 10)]
    reached: u64,
    /// Which share of these reached the next stage, 0 to 1; null for the last stage, and where nobody got here.
    #[schema(example = 0.3)]
    conversion: Option<f64>,
    /// The median time from here to the next stage, in seconds, over those that reached it; a skipped stage is reached
    /// when the later one is. Null for the last stage, and where nobody got further.
    #[schema(example = 608_400)]
    median_seconds: Option<f64>,
}

impl FunnelView {
    pub(crate) fn new(
        from: Option<Instant>,
        to: Option<Instant>,
        group_by: Option<&'static str>,
        rows: Vec<FunnelRow>,
    ) -> Self {
        // Before the first qualification ran there are no rows.
        let rows = if rows.is_empty() && group_by.is_none() { vec![FunnelRow::default()] } else { rows };
        Self { from, to, group_by, data: rows.into_iter().map(GroupView::new).collect() }
    }
}

impl GroupView {
    fn new(row: FunnelRow) -> Self {
        let next = row.reached.iter().skip(1).map(Some).chain([None]);
        let medians = row.median_ms.into_iter().chain([None]);
        let stages = Stage::UPWARDS.into_iter().zip(row.current).zip(row.reached).zip(next).zip(medians);
        let stages = stages.map(|((((stage, current), reached), next), median)| StageView {
            stage: stage.name(),
            current,
            reached,
            conversion: next.and_then(|next| share(*next, reached)),
            median_seconds: median.map(|median| median / 1_000.0),
        });
        Self { group: row.group, stages: stages.collect() }
    }
}

#[expect(clippy::cast_precision_loss, reason = "nobody has 2^53 leads")]
fn share(part: u64, all: u64) -> Option<f64> {
    (all > 0).then(|| part as f64 / all as f64)
}
