//! `GET /v1/policy`, `GET /v1/policy/{version}`

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use read_model::KnownPolicy;
use service_kit::auth::{Authorized, LeadsRead};
use service_kit::problem::{Code, Problem};

use crate::answer;
use crate::described::{ListProblems, NoPolicyProblem, PositionParam, VersionParam};
use crate::parameters::Parameters;
use crate::state::{Reads, ask};
use crate::view::{PoliciesView, PolicyView};

/// The policy that answers are computed under, and all that ever were
///
/// A changed policy is folded beside the active one and takes over in one step; until then it is known without
/// `active_from`.
#[utoipa::path(
    get,
    path = "/v1/policy",
    operation_id = "get_policies",
    tag = "Policy",
    security(("key" = ["leads:read"]), ("basic" = ["leads:read"])),
    params(PositionParam),
    responses((status = 200, description = "The policies.", body = PoliciesView), ListProblems)
)]
pub(crate) async fn get_policies(
    _: Authorized<LeadsRead>,
    request: HttpRequest,
    reads: Data<Reads>,
) -> Result<HttpResponse, Problem> {
    reads.wait_as_asked(&request).await?;
    let active = match reads.active().await? {
        Some(active) => Some(known(&reads, active.policy.version()).await?),
        None => None,
    };
    let known = ask(reads.state.status.policies()).await?;
    Ok(answer::found(&PoliciesView::new(active, known)))
}

/// One version of the policy
#[utoipa::path(
    get,
    path = "/v1/policy/{version}",
    operation_id = "get_policy",
    tag = "Policy",
    security(("key" = ["leads:read"]), ("basic" = ["leads:read"])),
    params(VersionParam, PositionParam),
    responses((status = 200, description = "The policy.", body = PolicyView), ListProblems, NoPolicyProblem)
)]
pub(crate) async fn get_policy(
    _: Authorized<LeadsRead>,
    request: HttpRequest,
    version: Path<String>,
    reads: Data<Reads>,
) -> Result<HttpResponse, Problem> {
    reads.wait_as_asked(&request).await?;
    Ok(answer::found(&known(&reads, &version).await?))
}

async fn known(reads: &Reads, version: &str) -> Result<PolicyView, Problem> {
    let no_policy = || Problem::new(Code::NotFound).detail("No policy of this version is known.");
    let text = ask(reads.state.status.policy_text(version)).await?.ok_or_else(no_policy)?;
    let known = ask(reads.state.status.policies()).await?;
    let latest = known.into_iter().rev().find(|known| known.version == version);
    let never = || KnownPolicy { version: version.to_owned(), active_from: None, active_to: None };
    PolicyView::new(latest.unwrap_or_else(never), &text)
}

impl Reads {
    /// Reads a query string that may only ask to wait.
    async fn wait_as_asked(&self, request: &HttpRequest) -> Result<(), Problem> {
        let mut given = Parameters::of(request);
        let min_position = given.min_position()?;
        given.finish()?;
        self.wait_for(min_position.as_ref()).await
    }
}
