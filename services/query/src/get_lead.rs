//! `GET /v1/leads/{id}`

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use lead_domain::Instant;
use lead_domain::lead::Lead;
use service_kit::auth::{Authorized, LeadsRead};
use service_kit::problem::Problem;

use crate::answer;
use crate::find_lead::{Located, no_lead};
use crate::list_leads::view;
use crate::openapi::{AsOfParam, LeadParam, LeadProblems, PositionParam};
use crate::parameters::Parameters;
use crate::state::{Active, Reads};
use crate::view::{LeadView, Seen};

/// One lead
///
/// With `as_of` the lead as its facts up to that instant tell; who is one person with whom is what is known now.
#[utoipa::path(
    get,
    path = "/v1/leads/{id}",
    operation_id = "get_lead",
    tag = "leads",
    params(LeadParam, AsOfParam, PositionParam),
    responses((status = 200, description = "The lead.", body = LeadView), LeadProblems)
)]
pub(crate) async fn get_lead(
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
            let lead = match as_of {
                None => view(&row, reads.now(), &active.policy)?,
                Some(at) => lead_at(&reads, &active, &row, at).await?,
            };
            Ok(answer::found(&lead))
        }
        Located::MovedTo(survivor) => {
            let kept = [
                ("as_of", as_of.map(|at| at.to_string())),
                ("min_position", min_position.map(|position| position.to_string())),
            ];
            Ok(answer::moved(survivor, "", &kept))
        }
    }
}

async fn lead_at(
    reads: &Reads,
    active: &Active,
    row: &read_model::LeadView,
    at: Instant,
) -> Result<LeadView, Problem> {
    let events = reads.facts_until(row.id, at).await?;
    let lead = Lead::fold(events.iter().map(|event| &event.fact), &active.policy).ok_or_else(no_lead)?;
    let policy = &active.policy;
    Ok(LeadView::new(&lead, Seen { id: row.id, incomplete: row.incomplete, at, policy }))
}
