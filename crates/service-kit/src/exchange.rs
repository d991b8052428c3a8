//! What happens around every handler: trace id, problem documents instead of bare errors, log line, figures.

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{ALLOW, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, ResponseError, error};
use futures_util::FutureExt;

use crate::leftover::Leftover;
use crate::problem::{Code, Problem};
use crate::trace::TraceId;

/// Paths that belong to nobody count together, so that strangers cannot make figures without end.
const UNMATCHED: &str = "unmatched";

/// What is told about an exchange: nothing that a caller wrote freely.
struct Exchange {
    method: &'static str,
    route: String,
    trace: TraceId,
    started: Instant,
}

/// The one middleware of all our applications.
pub(crate) async fn around(
    mut request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let exchange = Exchange {
        method: method_name(request.method()),
        route: request.match_pattern().unwrap_or_else(|| UNMATCHED.to_owned()),
        trace: TraceId::of(request.headers()),
        started: Instant::now(),
    };
    request.extensions_mut().insert(exchange.trace);
    if request.method() == Method::HEAD {
        // Answered as GET; the protocol's encoder leaves the body out.
        request.head_mut().method = Method::GET;
    }
    let leftover = Leftover::of(&mut request);
    let answer = AssertUnwindSafe(async { next.call(request).await }).catch_unwind().await;
    let answer = match answer {
        Ok(answer) => answer.map(|answer| {
            let answer = with_document(answer, exchange.trace);
            match leftover {
                Some(leftover) => leftover.outlive(answer),
                None => answer,
            }
        }),
        // The panic hook has told where.
        Err(_) => Err(Problem::new(Code::Internal).trace(exchange.trace).into()),
    };
    exchange.end(match &answer {
        Ok(answer) => answer.status(),
        Err(error) => error.as_response_error().status_code(),
    });
    answer
}

/// Gives an answer that is an error, and has no body of its own, a problem document.
fn with_document(answer: ServiceResponse<BoxBody>, trace: TraceId) -> ServiceResponse<BoxBody> {
    let status = answer.status();
    if !status.is_client_error() && !status.is_server_error() {
        return answer;
    }
    let problem = match answer.response().error() {
        Some(error) => problem_of(error),
        None if matches!(answer.response().body().size(), BodySize::None | BodySize::Sized(0)) => {
            Problem::new(Code::of_status(status))
        }
        None => return answer,
    };
    if let Some(cause) = problem.cause() {
        tracing::error!(error = cause, trace_id = %trace, "a request failed on our side");
    }
    let allowed = answer.headers().get(ALLOW).map(with_head);
    let mut document = problem.trace(trace).error_response();
    if let Some(allowed) = allowed {
        document.headers_mut().insert(ALLOW, allowed);
    }
    answer.into_response(document)
}

/// Whoever answers GET answers HEAD.
fn with_head(allowed: &HeaderValue) -> HeaderValue {
    let methods = allowed.to_str().unwrap_or_default();
    let get_alone = methods.split(", ").any(|method| method == "GET") && !methods.contains("HEAD");
    let methods = if get_alone { format!("{methods}, HEAD") } else { methods.to_owned() };
    HeaderValue::from_str(&methods).unwrap_or_else(|_| allowed.clone())
}

/// Translates the errors of the framework's extractors, and passes ours through.
fn problem_of(error: &Error) -> Problem {
    if let Some(problem) = error.as_error::<Problem>() {
        return problem.clone();
    }
    if error.as_error::<error::PathError>().is_some() {
        return Problem::new(Code::NotFound);
    }
    if error.as_error::<error::QueryPayloadError>().is_some() {
        return Problem::new(Code::InvalidParameter);
    }
    let status = error.as_response_error().status_code();
    if status.is_server_error() { Problem::internal(error) } else { Problem::new(Code::of_status(status)) }
}

impl Exchange {
    /// Logs and counts it.
    fn end(self, status: StatusCode) {
        let took = self.started.elapsed();
        self.log(status, took);
        let labels = [
            ("method", self.method.into()),
            ("route", metrics::SharedString::from(self.route)),
            ("status", metrics::SharedString::from(status.as_str().to_owned())),
        ];
        let [method, route, _] = labels.clone();
        metrics::counter!("http_requests_total", &labels).increment(1);
        metrics::histogram!("http_request_duration_seconds", &[method, route]).record(took.as_secs_f64());
    }

    /// One line, louder the worse it went: good answers at `debug`, so that logging costs no throughput.
    fn log(&self, status: StatusCode, took: Duration) {
        let Self { method, route, trace, .. } = self;
        let (status, took) = (status.as_u16(), took.as_secs_f64() * 1_000.0);
        match status {
            500.. => {
                tracing::warn!(http.method = method, http.route = route, http.status = status, duration_ms = took, trace_id = %trace, "request failed")
            }
            400.. => {
                tracing::info!(http.method = method, http.route = route, http.status = status, duration_ms = took, trace_id = %trace, "request refused")
            }
            _ => {
                tracing::debug!(http.method = method, http.route = route, http.status = status, duration_ms = took, trace_id = %trace, "request answered")
            }
        }
    }
}

fn method_name(method: &Method) -> &'static str {
    const KNOWN: [&str; 9] = ["GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("OTHER")
}

#[cfg(test)]
#[path = "exchange_tests.rs"]
mod tests;
