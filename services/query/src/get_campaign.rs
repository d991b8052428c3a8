//! `GET /v1/campaigns/{id}`

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use service_kit::auth::{Authorized, LeadsRead};
use service_kit::problem::{Code, Problem};

use crate::answer;
use crate::campaign_question::{AskedCampaigns, CampaignParams};
use crate::described::{CampaignParam, CampaignProblems, PageParams, PeriodParams, PositionParam};
use crate::state::Reads;
use crate::view::CampaignPage;

/// What one campaign brings and what it costs
///
/// The rows of this campaign as the list has them: one, or with `group_by=channel` one for each of its channels. Other
/// campaigns that touched the same people still take what they are owed. A campaign that was never defined or paid for,
/// and that no fact of a lead carries, is unknown.
#[utoipa::path(
    get,
    path = "/v1/campaigns/{id}",
    operation_id = "get_campaign",
    tag = "Figures",
    security(("key" = ["leads:read"]), ("basic" = ["leads:read"])),
    params(CampaignParam, PeriodParams, CampaignParams, PageParams, PositionParam),
    responses((status = 200, description = "The rows of the campaign.", body = CampaignPage), CampaignProblems)
)]
pub(crate) async fn get_campaign(
    _: Authorized<LeadsRead>,
    request: HttpRequest,
    id: Path<String>,
    reads: Data<Reads>,
) -> Result<HttpResponse, Problem> {
    let asked = AskedCampaigns::read(&request, Some(id.into_inner()), &reads)?;
    reads.wait_for(asked.min_position.as_ref()).await?;
    let rows = reads.campaign_rows(&asked).await?.unwrap_or_default();
    if rows.is_empty() && !asked.goes_on {
        return Err(Problem::new(Code::NotFound).detail("There is no campaign with this name."));
    }
    let (rows, next_cursor) = asked.page(&reads, rows)?;
    Ok(answer::found(&CampaignPage::new(&asked, rows, next_cursor)))
}
