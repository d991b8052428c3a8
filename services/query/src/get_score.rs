//! `GET /v1/leads/{id}/score`

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use service_kit::auth::{Authorized, LeadsRead};
use service_kit::problem::Problem;

use crate::answer;
use crate::described::{AsOfParam, LeadParam, LeadProblems, PolicyParam, PositionParam};
use crate::find_lead::no_lead;
use crate::language::Language;
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
    tag = "Leads",
    security(("key" = ["leads:read"]), ("basic" = ["leads:read"])),
    params(
        LeadParam, AsOfParam, PolicyParam, PositionParam,
        ("Accept-Language" = Option<String>, Header, description = "The language of `why`: `en` (default), `fr`, `nl`.",
            example = "fr"),
    ),
    responses((status = 200, description = "The explanation.", body = ScoreView), LeadProblems)
)]
pub(crate) async fn get_score(
    _: Authorized<LeadsRead>,
    request: HttpRequest,
    id: Path<String>,
    reads: Data<Reads>,
) -> Result<HttpResponse, Problem> {
    let asked = match reads.asked_facts(&request, &id, "/score").await? {
        Ok(asked) => asked,
        Err(moved) => return Ok(moved),
    };
    let language = Language::of(&request);
    let score = ScoreView::fold(asked.facts(), asked.at, asked.policy(), language).ok_or_else(no_lead)?;
    let mut answer = answer::found(&score);
    language.note_in(&mut answer);
    Ok(answer)
}
