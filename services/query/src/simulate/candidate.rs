//! The policy to try, as posted: a `policy:` mapping of batea.yaml as JSON.

use std::future::{Ready, ready};
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use lead_domain::policy::Policy;
use serde::Deserialize;
use serde_json::Value;
use service_kit::json;
use service_kit::problem::{Code, Problem, ProblemError};
use utoipa::ToSchema;

/// The most conditions `matches` of a candidate: each may cost a mebibyte, and the candidate is anybody's who may read.
const PATTERNS_MAX: usize = 200;

/// A policy to try.
#[derive(Debug, Deserialize, ToSchema)]
#[expect(dead_code, reason = "the contract is derived from the fields; the value is read by name")]
pub(crate) struct SimulationRequest {
    /// The candidate: the mapping that stands under `policy:` in batea.yaml, laid over the default policy. `temperature`,
    /// `customer`, `follow_up` and `stages` are merged key by key, any other key replaces the default.
    #[schema(value_type = std::collections::BTreeMap<String, Value>, example = json!({"half_life_days": 14, "temperature": {"hot": 40}}))]
    policy: Value,
}

/// The body is JSON. An extractor, so that a body of another type is refused unread.
#[derive(Debug)]
pub(crate) struct JsonMedia;

impl FromRequest for JsonMedia {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let mime = request.mime_type().ok().flatten();
        let is_json = mime.as_ref().is_some_and(|mime| mime.essence_str() == "application/json");
        let charset = mime.as_ref().and_then(|mime| mime.get_param("charset"));
        let is_utf8 = charset.is_none_or(|charset| charset.as_str().eq_ignore_ascii_case("utf-8"));
        let refused = || Problem::new(Code::UnsupportedMediaType).detail("Send application/json, as UTF-8.");
        ready(if is_json && is_utf8 { Ok(Self) } else { Err(refused()) })
    }
}

/// Reads the body as far as to the mapping.
///
/// # Errors
/// For what is no JSON, and for anything but one key `policy`.
pub(super) fn read(body: &[u8]) -> Result<Value, Problem> {
    let Value::Object(mut keys) = json::read(body)? else {
        return Err(invalid([wrong("", "wrong_type", "Send an object with the key `policy`.")]));
    };
    let policy = keys.remove("policy");
    let unknown =
        |key: &String| wrong(&pointer(key), "unknown_key", "No such key. The only one is `policy`.");
    let mut errors: Vec<ProblemError> = keys.keys().map(unknown).collect();
    if policy.is_none() {
        errors.push(wrong("/policy", "required", "This key is required."));
    }
    let policy = policy.unwrap_or_default();
    if patterns(&policy) > PATTERNS_MAX {
        let most = format!("At most {PATTERNS_MAX} conditions `matches`.");
        errors.push(wrong("/policy", "too_many", &most));
    }
    if errors.is_empty() { Ok(policy) } else { Err(invalid(errors)) }
}

/// Makes a policy of the mapping, beside the workers: patterns take long to build.
///
/// # Errors
/// Everything that is wrong with it, with pointers into the body.
pub(super) async fn parse(given: Value) -> Result<Arc<Policy>, Problem> {
    let parsed = tokio::task::spawn_blocking(move || Policy::parse(&given)).await;
    let parsed = parsed.map_err(|error| Problem::internal(&error))?;
    parsed.map(Arc::new).map_err(|problems| {
        invalid(
            problems.into_iter().map(|one| wrong(&format!("/policy{}", one.pointer), one.code, &one.detail)),
        )
    })
}

fn patterns(value: &Value) -> usize {
    match value {
        Value::Object(object) => {
            let here = usize::from(object.contains_key("matches"));
            here + object.values().map(patterns).sum::<usize>()
        }
        Value::Array(items) => items.iter().map(patterns).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

fn invalid(errors: impl IntoIterator<Item = ProblemError>) -> Problem {
    Problem::new(Code::InvalidPolicy).errors(errors)
}

fn wrong(pointer: &str, code: &'static str, detail: &str) -> ProblemError {
    ProblemError { pointer: pointer.to_owned(), code: code.into(), detail: detail.to_owned() }
}

fn pointer(key: &str) -> String {
    format!("/{}", key.replace('~', "~0").replace('/', "~1"))
}
