//! `GET /v1/leads/{id}/score`

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use service_kit::auth::{Authorized, LeadsRead};
use service_kit::problem::Problem;

use crate::answer;
use crate::find_lead::{Located, no_lead};
use crate::openapi::{AsOfParam, LeadParam, LeadProblems, PositionParam};
use crate::parameters::Parameters;
use crate::state::Reads;
use crate::view::ScoreView;

/// Why the score of a lead is what it is
///
/// Every fact that added or took points, the rule that says so, what the cap of the rule's group cut off, and what the
/// points are worth at the instant of the answer. They add up to `sum`; nothing else changes a score.
#[utoipa::path(
    get,
    path = "/v1/leads/{id}/score",
    operation_id = "get_score",
    tag = "leads",
    params(LeadParam, AsOfParam, PositionParam),
    responses((status = 200, description = "The explanation.", body = ScoreView), LeadProblems)
)]
pub(crate) async fn get_score(
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
    match reads.locate(&id).await? {
        Located::Here(active, row) => {
            let at = as_of.unwrap_or_else(|| reads.now());
            let events = reads.facts_until(row.id, at).await?;
            let facts = events.iter().map(|event| &event.fact);
            let score = ScoreView::fold(facts, at, &active.policy).ok_or_else(no_lead)?;
            Ok(answer::found(&score))
        }
        Located::MovedTo(survivor) => {
            let kept = [
                ("as_of", as_of.map(|at| at.to_string())),
                ("min_position", min_position.map(|position| position.to_string())),
            ];
            Ok(answer::moved(survivor, "/score", &kept))
        }
    }
}
