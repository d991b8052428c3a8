//! `GET /v1/funnel`

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use read_model::{FunnelGroup, FunnelQuestion};
use service_kit::auth::{Authorized, LeadsRead};
use service_kit::problem::Problem;
use utoipa::IntoParams;

use crate::answer;
use crate::described::{ListProblems, PeriodParams, PositionParam};
use crate::parameters::Parameters;
use crate::state::{Active, Reads};
use crate::view::FunnelView;
use crate::view::names::FunnelGroupName;

/// How the funnel is grouped.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the contract is derived from the fields; the values are read by name")]
pub(crate) struct GroupParam {
    /// One funnel for each source, campaign or channel of the first touch, or for each country of the profile
    /// (spellings that differ in case together), sorted by name, the leads without one last.
    #[param(value_type = Option<FunnelGroupName>, inline, example = "channel")]
    group_by: Option<String>,
}

const GROUPS: [(&str, FunnelGroup); 4] = [
    ("source", FunnelGroup::Source),
    ("campaign", FunnelGroup::Campaign),
    ("channel", FunnelGroup::Channel),
    ("country", FunnelGroup::Country),
];

/// How far leads come, and how long it takes
///
/// Of the leads created in `[from, to)` (all by default): how many stand at each stage, how many ever got so far (a later
/// stage counts as having reached the earlier ones), which share of them reached the next stage, and the median time to
/// it. Leads that never had a stage are in none.
#[utoipa::path(
    get,
    path = "/v1/funnel",
    operation_id = "get_funnel",
    tag = "Figures",
    security(("key" = ["leads:read"]), ("basic" = ["leads:read"])),
    params(PeriodParams, GroupParam, PositionParam),
    responses((status = 200, description = "The funnel.", body = FunnelView), ListProblems)
)]
pub(crate) async fn get_funnel(
    _: Authorized<LeadsRead>,
    request: HttpRequest,
    reads: Data<Reads>,
) -> Result<HttpResponse, Problem> {
    let mut given = Parameters::of(&request);
    let (from, to) = given.period();
    let group_by = given.one_of("group_by", &GROUPS);
    let min_position = given.min_position()?;
    given.finish()?;
    reads.wait_for(min_position.as_ref()).await?;
    let question = FunnelQuestion { from, to, group: group_by.map(|(_, group)| group) };
    let read = async |active: &Active| reads.state.reader.funnel(active.generation, question).await;
    let rows = reads.under_active(read).await?.map(|(_, rows)| rows).unwrap_or_default();
    Ok(answer::found(&FunnelView::new(from, to, group_by.map(|(name, _)| name), rows)))
}
