//! `GET /v1/leads/{id}/history`

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use lead_domain::fact::Fact;
use lead_domain::lead::history;
use service_kit::auth::{Authorized, LeadsRead};
use service_kit::problem::Problem;

use crate::answer::{self, kept};
use crate::described::{AsOfParam, LeadParam, LeadProblems, PositionParam};
use crate::find_lead::{Located, no_lead, until};
use crate::parameters::Parameters;
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
    params(LeadParam, AsOfParam, PositionParam),
    responses((status = 200, description = "The history.", body = HistoryView), LeadProblems)
)]
pub(crate) async fn get_history(
    _: Authorized<LeadsRead>,
    request: HttpRequest,
    id: Path<String>,
    reads: Data<Reads>,
) -> Result<HttpResponse, Problem> {
    let mut given = Parameters::of(&request);
    let as_of = given.instant("as_of");
    let min_position = given.min_position()?;
    given.finish()?;
    reads.wait_for(min_position.as_ref()).await?;
    let (active, events) = match reads.locate_with_facts(&id).await? {
        (Located::Here(active, _), events) => (active, events),
        (Located::MovedTo(survivor), _) => {
            return Ok(answer::moved(survivor, "/history", &kept(as_of, min_position.as_ref())));
        }
    };
    let at = as_of.unwrap_or_else(|| reads.now());
    let facts: Vec<&Fact> = until(&events, at).collect();
    let steps = history(facts, at, &active.policy).ok_or_else(no_lead)?;
    Ok(answer::found(&HistoryView::new(steps, at, &active.policy)))
}
