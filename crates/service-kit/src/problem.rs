//! What a caller is told when an answer is not the one hoped for: `application/problem+json` (RFC 9457).

mod code;

use std::borrow::Cow;
use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

pub use code::Code;

use crate::trace::TraceId;

/// The media type of problem documents.
pub const CONTENT_TYPE_PROBLEM: &str = "application/problem+json";

/// Why a request was not answered as hoped (RFC 9457).
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Always `about:blank`: the meaning is that of the status, `code` says more.
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "about:blank")]
    kind: AboutBlank,
    /// The phrase of the status.
    #[schema(value_type = String, example = "Unprocessable Content")]
    title: &'static str,
    /// The status of the answer.
    #[schema(example = 422)]
    status: u16,
    /// A sentence for people.
    #[schema(value_type = String, example = "The fact is not valid.")]
    detail: Cow<'static, str>,
    /// A stable code for programs.
    #[schema(value_type = String, example = "invalid_fact")]
    code: Code,
    /// Each thing that is wrong, and where.
    errors: Vec<ProblemError>,
    /// Names this request in the logs: 32 hexadecimal digits.
    #[schema(value_type = String, example = "4bf92f3577b34da6a3ce929d0e0e4736")]
    trace_id: Option<TraceId>,
    #[serde(skip)]
    retry_after: Option<u32>,
    /// What is rare, apart, so that a problem is small enough to be returned by value.
    #[serde(skip)]
    rest: Option<Box<Rest>>,
}

/// What stands in no document.
#[derive(Clone, Debug, Default)]
struct Rest {
    headers: Vec<(HeaderName, HeaderValue)>,
    /// Why something failed on our side; for the log.
    cause: Option<String>,
}

/// The type of all our problems.
#[derive(Clone, Copy, Debug)]
struct AboutBlank;

impl Serialize for AboutBlank {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("about:blank")
    }
}

/// One thing that is wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProblemError {
    /// Where: a JSON pointer (RFC 6901) into the body, or a slash and the name of a parameter of the query.
    #[schema(example = "/data/order")]
    pub pointer: String,
    /// A stable code for programs.
    #[schema(value_type = String, example = "required")]
    pub code: Cow<'static, str>,
    /// A sentence for people. Never repeats the value.
    #[schema(example = "This key is required.")]
    pub detail: String,
}

impl Problem {
    /// The problem that `code` names, with its usual sentence and, where callers should try again, its usual wait.
    #[must_use]
    pub fn new(code: Code) -> Self {
        Self {
            kind: AboutBlank,
            title: code.title(),
            status: code.status().as_u16(),
            detail: Cow::Borrowed(code.detail()),
            code,
            errors: Vec::new(),
            trace_id: None,
            retry_after: code.retry_after(),
            rest: None,
        }
    }

    /// A failure of ours: the cause is logged with the request's trace id, and the caller is told nothing of it.
    #[must_use]
    pub fn internal(cause: &dyn fmt::Display) -> Self {
        let mut problem = Self::new(Code::Internal);
        problem.rest.get_or_insert_default().cause = Some(cause.to_string());
        problem
    }

    /// Says it in other words. They must not repeat what the caller sent.
    #[must_use]
    pub fn detail(mut self, text: impl Into<Cow<'static, str>>) -> Self {
        self.detail = text.into();
        self
    }

    /// Adds one thing that is wrong.
    #[must_use]
    pub fn error(
        self,
        pointer: impl Into<String>,
        code: impl Into<Cow<'static, str>>,
        detail: impl Into<String>,
    ) -> Self {
        self.errors([ProblemError { pointer: pointer.into(), code: code.into(), detail: detail.into() }])
    }

    /// Adds several things that are wrong.
    #[must_use]
    pub fn errors(mut self, errors: impl IntoIterator<Item = ProblemError>) -> Self {
        self.errors.extend(errors);
        self
    }

    /// Says of each error anew where it is.
    #[must_use]
    pub fn map_pointers(mut self, moved: impl Fn(&str) -> String) -> Self {
        for error in &mut self.errors {
            error.pointer = moved(&error.pointer);
        }
        self
    }

    /// The single errors.
    #[must_use]
    pub fn into_errors(self) -> Vec<ProblemError> {
        self.errors
    }

    /// Asks the caller to wait so many seconds.
    #[must_use]
    pub const fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after = Some(seconds);
        self
    }

    /// Adds a header to the answer.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.rest.get_or_insert_default().headers.push((name, value));
        self
    }

    /// Names the request. Answers get it by themselves; a problem *inside* a body needs this.
    #[must_use]
    pub const fn trace(mut self, id: TraceId) -> Self {
        self.trace_id = Some(id);
        self
    }

    /// Why something failed on our side.
    pub(crate) fn cause(&self) -> Option<&str> {
        self.rest.as_ref()?.cause.as_deref()
    }

    /// Its code.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.code
    }

    /// The status it is answered with.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.code.status()
    }

    /// Whether single errors are listed.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        !self.errors.is_empty()
    }
}

impl From<Code> for Problem {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    fn error_response(&self) -> HttpResponse {
        let mut answer = HttpResponse::build(self.status());
        answer.insert_header((CONTENT_TYPE, CONTENT_TYPE_PROBLEM));
        if self.code == Code::Unauthorized {
            answer.insert_header((WWW_AUTHENTICATE, "Bearer realm=\"batea\""));
        }
        if let Some(seconds) = self.retry_after {
            answer.insert_header((RETRY_AFTER, seconds));
        }
        for (name, value) in self.rest.iter().flat_map(|rest| &rest.headers) {
            answer.append_header((name.clone(), value.clone()));
        }
        answer.body(serde_json::to_vec(self).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use actix_web::body::MessageBody;

    use super::*;

    #[test]
    fn a_problem_document_has_its_keys_in_the_published_order() {
        let trace = TraceId::fresh();
        let problem = Problem::new(Code::InvalidFact)
            .error("/data/order", "required", "This key is required.")
            .trace(trace);
        let answer = problem.error_response();
        assert_eq!(answer.status(), 422);
        assert_eq!(answer.headers().get(CONTENT_TYPE).unwrap(), "application/problem+json");
        let body = answer.into_body().try_into_bytes().unwrap();
        let expected = format!(
            r#"{{"type":"about:blank","title":"Unprocessable Content","status":422,"detail":"The fact is not valid.","code":"invalid_fact","errors":[{{"pointer":"/data/order","code":"required","detail":"This key is required."}}],"trace_id":"{trace}"}}"#
        );
        assert_eq!(body, expected.as_bytes());
    }

    #[test]
    fn who_should_try_again_is_told_when_and_who_is_unknown_is_told_how() {
        let told = |problem: Problem, header: HeaderName| {
            let answer = problem.error_response();
            (answer.status().as_u16(), answer.headers().get(header).unwrap().to_str().unwrap().to_owned())
        };
        let log = Problem::new(Code::LogUnavailable).retry_after(7);
        assert_eq!(told(log, RETRY_AFTER), (503, "7".to_owned()));
        assert_eq!(told(Problem::new(Code::PositionNotReached), RETRY_AFTER), (409, "1".to_owned()));
        let unknown = told(Problem::new(Code::Unauthorized), WWW_AUTHENTICATE);
        assert_eq!(unknown, (401, "Bearer realm=\"batea\"".to_owned()));
    }
}
