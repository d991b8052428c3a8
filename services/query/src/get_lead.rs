//! `GET /v1/leads/{id}`

use std::sync::Arc;

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use lead_domain::lead::Lead;
use lead_domain::policy::Policy;
use lead_domain::{Instant, LeadId};
use service_kit::auth::{Authorized, LeadsRead};
use service_kit::problem::Problem;

use crate::answer::{self, kept};
use crate::described::{AsOfParam, LeadParam, LeadProblems, PolicyParam, PositionParam};
use crate::find_lead::{Located, no_lead, until};
use crate::parameters::Parameters;
use crate::state::Reads;
use crate::view::{LeadView, Seen, lead_of};

/// One lead
///
/// With `as_of` the lead as its facts up to that instant tell, with `policy` as another policy sees it; who is one person with whom is what is known now.
#[utoipa::path(
    get,
    path = "/v1/leads/{id}",
    operation_id = "get_lead",
    tag = "Leads",
    security(("key" = ["leads:read"]), ("basic" = ["leads:read"])),
    params(LeadParam, AsOfParam, PolicyParam, PositionParam),
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
    let version = given.text("policy");
    let min_position = given.min_position()?;
    given.finish()?;
    let policy = reads.asked_policy(version).await?;
    reads.wait_for(min_position.as_ref()).await?;
    let found = match (as_of, &policy) {
        (None, None) => now(&reads, &id).await?,
        (at, _) => folded(&reads, &id, at.unwrap_or_else(|| reads.now()), policy.clone()).await?,
    };
    Ok(match found {
        Ok(lead) => answer::found(&lead),
        Err(survivor) => answer::moved(survivor, "", &kept(as_of, policy.as_deref(), min_position.as_ref())),
    })
}

/// The lead, or the one that it was merged into.
type LeadOrSurvivor = Result<LeadView, LeadId>;

/// From the row as it is.
async fn now(reads: &Reads, id: &str) -> Result<LeadOrSurvivor, Problem> {
    match reads.locate(id).await? {
        Located::Here(active, row) => lead_of(&row, reads.now(), &active.policy).map(Ok),
        Located::MovedTo(survivor) => Ok(Err(survivor)),
    }
}

/// From the facts that had happened by `at`, under the policy asked for or the active one.
async fn folded(
    reads: &Reads,
    id: &str,
    at: Instant,
    asked: Option<Arc<Policy>>,
) -> Result<LeadOrSurvivor, Problem> {
    let (active, row, events) = match reads.locate_with_facts(id).await? {
        (Located::Here(active, row), events) => (active, row, events),
        (Located::MovedTo(survivor), _) => return Ok(Err(survivor)),
    };
    let policy = asked.unwrap_or(active.policy);
    let lead = Lead::fold(until(&events, at), &policy).ok_or_else(no_lead)?;
    Ok(Ok(LeadView::new(&lead, Seen { id: row.id, incomplete: row.incomplete, at, policy: &policy })))
}
