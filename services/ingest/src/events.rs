//! `POST /v1/events`: facts from back ends.

mod cloud_event;
mod posted;

use actix_web::{HttpRequest, HttpResponse, web};
use service_kit::auth::{Authorized, EventsWrite};
use service_kit::body::Body;
use service_kit::problem::{Code, Problem, ProblemError};
use service_kit::trace::TraceId;

use crate::answer::{AcceptedFact, FactRecorded, FactsRecorded, RejectedFact};
use crate::fresh_ids::FreshIds;
use crate::idempotency::IdempotencyKey;
use crate::record::FactRecord;
use crate::sender::Sender;
use crate::state::Desk;
use posted::{Media, Posted, PostedFact};

/// The most bytes of a request.
const BODY_MAX: usize = 1 << 20;

/// Record facts
///
/// Takes one fact, an array of facts, newline-delimited JSON, or CloudEvents, and answers once they are durable. One fact
/// (a JSON object, or one CloudEvent) is answered with its ids; an array, even of one, and NDJSON with a list of what was
/// accepted and what was rejected: valid facts are recorded although others are not. If none is valid, the answer is 422
/// and nothing is recorded. Sending a fact again is harmless if it has an `id`, or if the request has an
/// `Idempotency-Key`. A request without facts is 422; a key that stands twice in one
/// object is 400.
#[utoipa::path(
    post,
    path = "/v1/events",
    tag = "Ingest",
    operation_id = "recordFacts",
    security(("key" = ["events:write"]), ("basic" = ["events:write"])),
    params(
        ("Idempotency-Key" = Option<String>, Header,
            description = "Makes a repeat of the whole request harmless: the ids of facts without an `id` derive from the source of the key, this text and their index. 1 to 255 visible ASCII characters, in double quotes or bare.",
            example = "batch-2026-02-03-17"),
    ),
    request_body(
        description = "At most 1,000 facts and 1 MiB (1,048,576 bytes), UTF-8, not compressed. NDJSON: one fact per line, blank lines are skipped. CloudEvents 1.0: `type` may have a reverse-DNS prefix, `time` is `occurred_at`, `data` has `lead`, `campaign`, `channel` and `data` of the fact.",
        content(
            (crate::described::PostedFacts = "application/json"),
            (String = "application/x-ndjson"),
            (crate::described::CloudEvent = "application/cloudevents+json"),
            (Vec<crate::described::CloudEvent> = "application/cloudevents-batch+json"),
        )
    ),
    responses(
        (status = 202, description = "Recorded, and durable. Of several facts those listed under `accepted`.",
            body = crate::described::EventsAnswer),
        (status = 400, description = "`unreadable_json`, `invalid_utf8`, `invalid_idempotency_key`, `bad_request`: the request cannot be read. Nothing was recorded.", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "`unauthorized`: no key, or an unknown one.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`forbidden_scope`: the key lacks the scope `events:write`.", body = Problem, content_type = "application/problem+json"),
        (status = 408, description = "`request_timeout`: the body did not arrive within 10 seconds.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "`body_too_large`, `too_many_facts`: send less at once. Nothing was recorded.", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type`, `unsupported_encoding`: this type of body is not read here.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid_fact`, `invalid_event`: no fact of the request is valid. `errors` lists everything that is wrong; with several facts each pointer begins with the index of the fact.", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "`log_unavailable`: the log cannot store now; send the same request again after `Retry-After` seconds.", body = Problem, content_type = "application/problem+json",
            headers(("Retry-After" = u32, description = "Seconds to wait."))),
    )
)]
pub(crate) async fn post(
    authorized: Authorized<EventsWrite>,
    desk: web::Data<Desk>,
    request: HttpRequest,
    media: Media,
    body: Body<BODY_MAX>,
    trace: TraceId,
) -> Result<HttpResponse, Problem> {
    let received_at = desk.now();
    let sender = Sender {
        source: &authorized.key().source,
        region: desk.config.region(),
        key: IdempotencyKey::of(request.headers())?,
        received_at,
        fresh_ids: FreshIds::draw(received_at)?,
    };
    match posted::read(media, &body.0)? {
        Posted::One(fact) => one(&desk, &sender, *fact).await,
        Posted::Several(facts) => several(&desk, &sender, facts, trace).await,
    }
}

async fn one(desk: &Desk, sender: &Sender<'_>, fact: PostedFact) -> Result<HttpResponse, Problem> {
    let fact = fact.admit(desk, sender, 0)?;
    let (event_id, lead_id) = (fact.event_id, fact.lead_id);
    let position = desk.append(vec![fact]).await?;
    Ok(HttpResponse::Accepted().json(FactRecorded::new(event_id, lead_id, &position)))
}

async fn several(
    desk: &Desk,
    sender: &Sender<'_>,
    posted: Vec<(usize, PostedFact)>,
    trace: TraceId,
) -> Result<HttpResponse, Problem> {
    let mut accepted: Vec<AcceptedFact> = Vec::with_capacity(posted.len());
    let mut facts: Vec<FactRecord> = Vec::with_capacity(posted.len());
    let mut rejected = Vec::new();
    for (index, fact) in posted {
        match fact.admit(desk, sender, index) {
            Ok(fact) => {
                accepted.push(AcceptedFact::new(index, &fact));
                facts.push(fact);
            }
            Err(problem) if problem.status().is_server_error() => return Err(problem),
            Err(problem) => rejected.push(RejectedFact { index, problem: problem.trace(trace) }),
        }
    }
    if facts.is_empty() {
        return Err(none_valid(rejected));
    }
    let position = desk.append(facts).await?;
    Ok(HttpResponse::Accepted().json(FactsRecorded::new(accepted, rejected, &position)))
}

/// Every pointer gets the index of its fact in front.
fn none_valid(rejected: Vec<RejectedFact>) -> Problem {
    if rejected.is_empty() {
        return Problem::new(Code::InvalidFact).detail("The request has no facts.");
    }
    let errors = rejected.into_iter().flat_map(|RejectedFact { index, problem }| indexed(index, problem));
    Problem::new(Code::InvalidFact).detail("None of the facts is valid.").errors(errors)
}

/// The errors of one fact; a problem without any is one itself.
fn indexed(index: usize, problem: Problem) -> Vec<ProblemError> {
    if problem.has_errors() {
        let at_index =
            |error: ProblemError| ProblemError { pointer: format!("/{index}{}", error.pointer), ..error };
        return problem.into_errors().into_iter().map(at_index).collect();
    }
    let (code, detail) = (problem.code().as_str().into(), problem.to_string());
    vec![ProblemError { pointer: format!("/{index}"), code, detail }]
}
