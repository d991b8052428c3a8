//! The answer in one of two forms: the document alone, or lines that tell how far it is and then the document.

use std::time::Duration;

use actix_web::http::header::{ACCEPT, Accept, CACHE_CONTROL, Header};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::StreamExt;
use futures_util::stream::Stream;
use serde::Serialize;
use service_kit::problem::Problem;
use service_kit::trace::TraceId;
use tokio::time::{Instant, timeout_at};
use utoipa::ToSchema;

use super::run::{Progress, Run, Step, Steps};
use crate::answer;

const LINES: &str = "application/x-ndjson";

/// How long the whole document is waited for before its answer begins. What goes wrong until then has its own status.
const BEGIN_AFTER: Duration = Duration::from_secs(2);
/// How often a sign of life is sent. A caller that has gone is noticed by the second that cannot be.
const BETWEEN_BLANKS: Duration = Duration::from_secs(1);
const BETWEEN_LINES: Duration = Duration::from_millis(200);

/// In which form the caller wants the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Whole,
    Lines,
}

impl Form {
    /// Lines for those who name them, unless they like JSON better.
    pub(super) fn of(request: &HttpRequest) -> Self {
        if !request.headers().contains_key(ACCEPT) {
            return Self::Whole;
        }
        let accepted = Accept::parse(request).map(|header| header.ranked()).unwrap_or_default();
        let known = accepted.iter().find_map(|media| match media.essence_str() {
            LINES => Some(Self::Lines),
            "application/json" => Some(Self::Whole),
            _ => None,
        });
        known.unwrap_or(Self::Whole)
    }
}

/// A line before the last one.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SimulationProgress)]
pub(crate) struct ProgressLine {
    /// How far the simulation is.
    progress: ProgressView,
}

/// How far a simulation is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Progress)]
pub(crate) struct ProgressView {
    /// Leads that were folded under both policies.
    #[schema(example = 64)]
    leads: u64,
    /// How many there were when it began; null where counting them would take too long.
    #[schema(example = 1200)]
    of: Option<u64>,
}

impl From<Progress> for ProgressLine {
    fn from(Progress { leads, of }: Progress) -> Self {
        Self { progress: ProgressView { leads, of } }
    }
}

/// Instead of the document, when it cannot be made.
#[derive(Serialize)]
struct ProblemLine {
    problem: Problem,
}

/// Lines that tell how far it is, then the document or what went wrong.
pub(super) fn lines(run: Run, trace: TraceId) -> HttpResponse {
    let mut pace = Pace::every(BETWEEN_LINES);
    let line = move |step| {
        let line = match step {
            Ok(Step::Progress(progress)) => pace.is_due().then(|| line(&ProgressLine::from(progress))),
            Ok(Step::Done(document)) => Some(line(&document)),
            Err(problem) => Some(line(&ProblemLine { problem: told(problem, trace) })),
        };
        std::future::ready(line.map(Ok::<Bytes, Problem>))
    };
    streamed(LINES, run.steps().filter_map(line))
}

/// The document alone. Once its answer has begun, blanks come before it.
///
/// # Errors
/// For what goes wrong before the answer has begun.
pub(super) async fn whole(run: Run) -> Result<HttpResponse, Problem> {
    let (mut steps, begin) = (run.steps(), Instant::now() + BEGIN_AFTER);
    while let Ok(step) = timeout_at(begin, steps.next()).await {
        match step.unwrap_or_else(|| Err(Problem::internal(&"a simulation ended without an outcome")))? {
            Step::Progress(_) => {}
            Step::Done(document) => return Ok(answer::found(&document)),
        }
    }
    Ok(streamed("application/json", after_blanks(steps)))
}

fn after_blanks(steps: Steps) -> impl Stream<Item = Result<Bytes, Problem>> {
    let mut pace = Pace::every(BETWEEN_BLANKS);
    steps.filter_map(move |step| {
        std::future::ready(match step {
            Ok(Step::Progress(_)) => pace.is_due().then(|| Ok(Bytes::from_static(b" "))),
            Ok(Step::Done(document)) => Some(Ok(line(&document))),
            Err(problem) => Some(Err(told(problem, TraceId::fresh()))),
        })
    })
}

fn streamed(media: &str, body: impl Stream<Item = Result<Bytes, Problem>> + 'static) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .content_type(media)
        .streaming(Box::pin(body))
}

/// It has no status of its own any more, so it is logged here.
fn told(problem: Problem, trace: TraceId) -> Problem {
    tracing::warn!(code = problem.code().as_str(), trace_id = %trace, "a simulation ended early");
    problem.trace(trace)
}

fn line(value: &impl Serialize) -> Bytes {
    let mut text = serde_json::to_vec(value).unwrap_or_default();
    text.push(b'\n');
    text.into()
}

/// Lets something through so often and no more.
struct Pace {
    every: Duration,
    next: Option<Instant>,
}

impl Pace {
    const fn every(every: Duration) -> Self {
        Self { every, next: None }
    }

    fn is_due(&mut self) -> bool {
        let now = Instant::now();
        let due = self.next.is_none_or(|next| now >= next);
        if due {
            self.next = Some(now + self.every);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn lines_are_for_those_who_name_them_first() {
        let form = |accept: &str| {
            Form::of(&TestRequest::default().insert_header(("Accept", accept)).to_http_request())
        };
        for accept in [
            "application/x-ndjson",
            "application/x-ndjson, application/json;q=0.5",
            "*/*;q=0.1, application/x-ndjson",
        ] {
            assert_eq!(form(accept), Form::Lines, "{accept}");
        }
        for accept in
            ["*/*", "application/json", "application/json, application/x-ndjson;q=0.5", "text/html", ""]
        {
            assert_eq!(form(accept), Form::Whole, "{accept}");
        }
        assert_eq!(Form::of(&TestRequest::default().to_http_request()), Form::Whole);
    }
}
