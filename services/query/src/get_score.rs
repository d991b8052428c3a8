//! `GET /v1/leads/{id}/score`

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use service_kit::auth::{Authorized, LeadsRead};
use service_kit::problem::Problem;

use crate::answer::{self, kept};
use crate::described::{AsOfParam, LeadParam, LeadProblems, PositionParam};
use crate::find_lead::{Located, no_lead, until};
use crate::language::Language;
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
    tag = "Leads",
    security(("key" = ["leads:read"]), ("basic" = ["leads:read"])),
    params(
        LeadParam, AsOfParam, PositionParam,
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
    let mut given = Parameters::of(&request);
    let as_of = given.instant("as_of");
    let min_position = given.min_position()?;
    given.finish()?;
    reads.wait_for(min_position.as_ref()).await?;
    let (active, events) = match reads.locate_with_facts(&id).await? {
        (Located::Here(active, _), events) => (active, events),
        (Located::MovedTo(survivor), _) => {
            return Ok(answer::moved(survivor, "/score", &kept(as_of, min_position.as_ref())));
        }
    };
    let at = as_of.unwrap_or_else(|| reads.now());
    let language = Language::of(&request);
    let score = ScoreView::fold(until(&events, at), at, &active.policy, language).ok_or_else(no_lead)?;
    let mut answer = answer::found(&score);
    language.note_in(&mut answer);
    Ok(answer)
}
