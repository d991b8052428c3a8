//! CloudEvents 1.0 in JSON: an envelope around a fact.

use lead_domain::fact::FactType;
use serde_json::{Map, Value};
use service_kit::problem::{Code, Problem, ProblemError};

/// The keys of our fact that stand in the event's `data`.
const IN_DATA: [&str; 4] = ["lead", "campaign", "channel", "data"];

/// The fact in a CloudEvent: `source` and `id` are its identity, `time` its instant.
pub(super) fn fact_of(event: Value) -> Result<Value, Problem> {
    let Value::Object(mut event) = event else {
        return Err(Problem::new(Code::InvalidEvent).error(
            "",
            "wrong_type",
            "A CloudEvent is a JSON object.",
        ));
    };
    check_envelope(&event)?;
    let mut fact = match event.remove("data") {
        Some(Value::Object(data)) => data,
        _ => Map::new(),
    };
    fact.retain(|key, _| IN_DATA.contains(&key.as_str()));
    let kind = event.get("type").and_then(Value::as_str).map(type_of);
    fact.insert("type".to_owned(), kind.into());
    let moved = [("id", "id"), ("source", "source"), ("time", "occurred_at")];
    fact.extend(moved.into_iter().filter_map(|(from, to)| Some((to.to_owned(), event.remove(from)?))));
    Ok(fact.into())
}

fn check_envelope(event: &Map<String, Value>) -> Result<(), Problem> {
    let mut errors = Vec::new();
    let mut wrong = |key: &str, code: &'static str, detail: &str| {
        errors.push(ProblemError {
            pointer: format!("/{key}"),
            code: code.into(),
            detail: detail.to_owned(),
        });
    };
    if event.get("specversion").and_then(Value::as_str) != Some("1.0") {
        wrong("specversion", "unknown_value", "This must be 1.0.");
    }
    for key in ["id", "source", "type"] {
        if event.get(key).and_then(Value::as_str).is_none_or(|text| text.trim().is_empty()) {
            wrong(key, "required", "This key is required, as a string.");
        }
    }
    if event.contains_key("data_base64") {
        wrong("data_base64", "not_allowed", "The fact must stand in `data`, as JSON.");
    } else if !event.get("data").is_some_and(Value::is_object) {
        wrong(
            "data",
            "required",
            "This key is required, as an object with `lead`, `campaign`, `channel`, `data`.",
        );
    }
    if errors.is_empty() { Ok(()) } else { Err(Problem::new(Code::InvalidEvent).errors(errors)) }
}

/// The type of fact behind an optional reverse-DNS prefix.
fn type_of(given: &str) -> &str {
    let named =
        |kind: &&FactType| given.strip_suffix(kind.name()).is_some_and(|prefix| prefix.ends_with('.'));
    FactType::ALL.iter().find(named).map_or(given, |kind| kind.name())
}

/// Moves the pointers of a fact's problem to where the fact's keys stand in the event.
pub(super) fn in_the_event(problem: Problem) -> Problem {
    problem.map_pointers(|pointer| match pointer.strip_prefix("/occurred_at") {
        Some(rest) => format!("/time{rest}"),
        None if IN_DATA.iter().any(|key| is_within(pointer, key)) => format!("/data{pointer}"),
        None => pointer.to_owned(),
    })
}

fn is_within(pointer: &str, key: &str) -> bool {
    let rest = pointer.strip_prefix('/').and_then(|path| path.strip_prefix(key));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
