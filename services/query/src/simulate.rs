//! `POST /v1/policy/simulations`: body → candidate → everybody, page by page → the comparison, whole or after lines that
//! tell how far it is. Nothing of it is kept.

mod answer;
mod candidate;
mod run;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use service_kit::auth::{Authorized, LeadsRead};
use service_kit::body::Body;
use service_kit::problem::{Code, Problem};
use service_kit::trace::TraceId;

use crate::described::SimulationProblems;
use crate::language::Language;
use crate::parameters::Parameters;
use crate::state::Reads;
use crate::view::SimulationView;
use answer::Form;
use candidate::JsonMedia;
use run::Run;

pub(crate) use answer::{ProgressLine, ProgressView};
pub(crate) use candidate::SimulationRequest;

/// The most bytes of a candidate: as many as a configuration file may have.
const BODY_MAX: usize = 1 << 20;

/// Seconds after which it makes sense to ask again while another simulation runs.
const TRY_AGAIN_SECONDS: u32 = 10;

/// Try a policy on all history
///
/// Compares a candidate with the active policy, over every lead: who would move between stages, temperatures and grades;
/// up to twenty of those leads with both explanations of their score, every kind of move among them; and how well the
/// score of each policy would have told, at fixed ages, who buys later. Nothing is changed, and nothing is kept.
///
/// It takes as long as reading every lead's facts and folding them twice, and grows with them. With
/// `Accept: application/x-ndjson` lines `{"progress": {"leads": 64, "of": 1200}}` come first, and the last line is the
/// answer, or `{"problem": …}`. Without it, an answer that takes longer than two seconds begins with blanks, which are no
/// part of the JSON and keep the connection alive; what fails later ends the connection. Whoever hangs up ends the simulation. One
/// runs at a time in each process: while it does, others are answered with 429.
#[utoipa::path(
    post,
    path = "/v1/policy/simulations",
    operation_id = "simulate_policy",
    tag = "Policy",
    security(("key" = ["leads:read"]), ("basic" = ["leads:read"])),
    params(
        ("Accept-Language" = Option<String>, Header, description = "The language of `why`: `en` (default), `fr`, `nl`.",
            example = "fr"),
    ),
    request_body(
        content = SimulationRequest, content_type = "application/json",
        description = "The candidate: at most 1 MiB (1,048,576 bytes), UTF-8, not compressed, with at most 200 conditions `matches`.",
    ),
    responses(
        (status = 200, description = "The comparison; as NDJSON after lines that tell how far it is.", content(
            (SimulationView = "application/json"),
            (ProgressLine = "application/x-ndjson"),
        )),
        SimulationProblems
    )
)]
pub(crate) async fn simulate(
    _: Authorized<LeadsRead>,
    request: HttpRequest,
    _: JsonMedia,
    body: Body<BODY_MAX>,
    trace: TraceId,
    reads: Data<Reads>,
) -> Result<HttpResponse, Problem> {
    Parameters::of(&request).finish()?;
    let given = candidate::read(&body.0)?;
    let turn = reads.simulations.clone().try_acquire_owned().map_err(|_| busy())?;
    let candidate = candidate::parse(given).await?;
    let active = reads.active().await?.ok_or_else(no_policy)?;
    let language = Language::of(&request);
    let run = Run::start(reads, (active.policy, candidate), language, turn).await?;
    let mut answer = match Form::of(&request) {
        Form::Lines => answer::lines(run, trace),
        Form::Whole => answer::whole(run).await?,
    };
    language.note_in(&mut answer);
    Ok(answer)
}

fn busy() -> Problem {
    Problem::new(Code::TooManyRequests)
        .detail("Another simulation is running; one runs at a time.")
        .retry_after(TRY_AGAIN_SECONDS)
}

fn no_policy() -> Problem {
    Problem::new(Code::ReadModelUnavailable)
        .detail("No policy is active yet: qualification has not run for the first time.")
}
