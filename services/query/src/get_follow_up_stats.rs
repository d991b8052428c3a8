//! `GET /v1/follow-ups/stats`

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use lead_domain::Instant;
use service_kit::auth::{Authorized, LeadsRead};
use service_kit::problem::Problem;

use crate::answer;
use crate::described::{ListProblems, PeriodParams, PositionParam};
use crate::parameters::Parameters;
use crate::state::{Active, Reads};
use crate::view::{AnswerTimesView, WITHIN_MS};

/// How long people wait for an answer
///
/// Over the questions that came up in `[from, to)`: the first asking fact (a form post with the intent contact, demo or
/// quote; a message; an answered mail) since the last answer. An answer is a call that reached the person, a meeting
/// booked or held, a quote issued, or a follow-up done.
#[utoipa::path(
    get,
    path = "/v1/follow-ups/stats",
    operation_id = "get_follow_up_stats",
    tag = "Follow-ups",
    security(("key" = ["leads:read"]), ("basic" = ["leads:read"])),
    params(PeriodParams, PositionParam),
    responses((status = 200, description = "The times.", body = AnswerTimesView), ListProblems)
)]
pub(crate) async fn get_follow_up_stats(
    _: Authorized<LeadsRead>,
    request: HttpRequest,
    reads: Data<Reads>,
) -> Result<HttpResponse, Problem> {
    let mut given = Parameters::of(&request);
    let (from, to) = given.period();
    let min_position = given.min_position()?;
    given.finish()?;
    reads.wait_for(min_position.as_ref()).await?;
    let (first, last) = (from.unwrap_or(Instant::MIN), to.unwrap_or(Instant::MAX));
    let read = async |active: &Active| {
        reads.state.reader.answer_times(active.generation, first, last, WITHIN_MS).await
    };
    let times = reads.under_active(read).await?.map(|(_, times)| times).unwrap_or_default();
    Ok(answer::found(&AnswerTimesView::new(from, to, &times)))
}
