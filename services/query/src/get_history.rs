//! `GET /v1/leads/{id}/history`

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use lead_domain::lead::history;
use service_kit::auth::{Authorized, LeadsRead};
use service_kit::problem::Problem;

use crate::answer;
use crate::described::{AsOfParam, LeadParam, LeadProblems, PolicyParam, PositionParam};
use crate::find_lead::no_lead;
use crate::state::Reads;
use crate::view::HistoryView;

/// How a lead came to its state
///
/// Every transition of stage, temperature, disposition and customer state up to the instant of the answer, oldest first,
/// with the fact that caused it and what decided. Those that time alone causes have their exact instants, too. Late
/// facts rewrite a history.
#[utoipa::path(
    get,
    path = "/v1/leads/{id}/history",
    operation_id = "get_history",
    tag = "Leads",
    security(("key" = ["leads:read"]), ("basic" = ["leads:read"])),
    params(LeadParam, AsOfParam, PolicyParam, PositionParam),
    responses((status = 200, description = "The history.", body = HistoryView), LeadProblems)
)]
pub(crate) async fn get_history(
    _: Authorized<LeadsRead>,
    request: HttpRequest,
    id: Path<String>,
    reads: Data<Reads>,
) -> Result<HttpResponse, Problem> {
    let asked = match reads.asked_facts(&request, &id, "/history").await? {
        Ok(asked) => asked,
        Err(moved) => return Ok(moved),
    };
    let steps = history(asked.facts(), asked.at, asked.policy()).ok_or_else(no_lead)?;
    Ok(answer::found(&HistoryView::new(steps, asked.at, asked.policy())))
}
