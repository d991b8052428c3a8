//! `GET /v1/campaigns`

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use service_kit::auth::{Authorized, LeadsRead};
use service_kit::problem::Problem;

use crate::answer;
use crate::campaign_question::{AskedCampaigns, CampaignParams};
use crate::described::{ListProblems, PageParams, PeriodParams, PositionParam};
use crate::state::Reads;
use crate::view::CampaignPage;

/// What campaigns bring and what they cost
///
/// A row for each campaign that was defined or paid for, or that a fact of a lead carries, in the order of names (by code
/// point); with `group_by=channel` a row for each of its channels. `from` and `to` limit the events that count, not the
/// rows. Computed when asked for, from all people that campaigns touched. Before qualification ran for the first time the
/// list is empty.
#[utoipa::path(
    get,
    path = "/v1/campaigns",
    operation_id = "get_campaigns",
    tag = "Figures",
    security(("key" = ["leads:read"]), ("basic" = ["leads:read"])),
    params(PeriodParams, CampaignParams, PageParams, PositionParam),
    responses((status = 200, description = "One page of rows.", body = CampaignPage), ListProblems)
)]
pub(crate) async fn get_campaigns(
    _: Authorized<LeadsRead>,
    request: HttpRequest,
    reads: Data<Reads>,
) -> Result<HttpResponse, Problem> {
    let asked = AskedCampaigns::read(&request, None, &reads)?;
    reads.wait_for(asked.min_position.as_ref()).await?;
    let rows = reads.campaign_rows(&asked).await?.unwrap_or_default();
    let (rows, next_cursor) = asked.page(&reads, rows)?;
    Ok(answer::found(&CampaignPage::new(&asked, rows, next_cursor)))
}
