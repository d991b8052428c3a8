//! Comparing answers with worked examples: everything exact, numbers and some instants within a tolerance.

use serde_json::Value;

/// Keys whose instants may be off by a millisecond.
const NEAR_INSTANTS: [&str; 2] = ["hot_until", "warm_until"];
/// Sentences whose wording is the product's.
const WORDINGS: [&str; 1] = ["why"];

/// How `actual` differs from `expected`: a line per difference.
pub(crate) fn differences(expected: &Value, actual: &Value, tolerance: f64) -> Vec<String> {
    let mut found = Vec::new();
    compare("", expected, actual, tolerance, &mut found);
    found
}

/// Fails with all differences.
#[track_caller]
pub(crate) fn assert_same(what: &str, expected: &Value, actual: &Value, tolerance: f64) {
    let found = differences(expected, actual, tolerance);
    assert!(found.is_empty(), "{what}:\n{}", found.join("\n"));
}

fn compare(at: &str, expected: &Value, actual: &Value, tolerance: f64, found: &mut Vec<String>) {
    match (expected, actual) {
        (Value::Object(expected), Value::Object(actual)) => {
            for (key, value) in expected {
                match actual.get(key) {
                    Some(other) => compare(&format!("{at}/{key}"), value, other, tolerance, found),
                    None => found.push(format!("{at}/{key}: missing")),
                }
            }
            let more = actual.keys().filter(|key| !expected.contains_key(*key));
            found.extend(more.map(|key| format!("{at}/{key}: not expected")));
        }
        (Value::Array(expected), Value::Array(actual)) if expected.len() == actual.len() => {
            for (index, (one, other)) in expected.iter().zip(actual).enumerate() {
                compare(&format!("{at}/{index}"), one, other, tolerance, found);
            }
        }
        _ if alike(at, expected, actual, tolerance) => {}
        _ => found.push(format!("{at}: expected {expected}, found {actual}")),
    }
}

fn alike(at: &str, expected: &Value, actual: &Value, tolerance: f64) -> bool {
    let key = at.rsplit('/').next().unwrap_or_default();
    match (expected, actual) {
        (Value::Number(one), Value::Number(other)) => {
            (one.as_f64().unwrap() - other.as_f64().unwrap()).abs() <= tolerance
        }
        (Value::String(_), Value::String(text)) if WORDINGS.contains(&key) => !text.is_empty(),
        (Value::String(one), Value::String(other)) if NEAR_INSTANTS.contains(&key) => {
            one == other
                || millis(one).zip(millis(other)).is_some_and(|(one, other)| one.abs_diff(other) <= 1)
        }
        (one, other) => one == other,
    }
}

/// Milliseconds of an instant within its day; enough to see that two of one minute are near.
fn millis(instant: &str) -> Option<i64> {
    let (date, time) = instant.strip_suffix('Z')?.split_once('T')?;
    let day: i64 = date.replace('-', "").parse().ok()?;
    let digits = |range: std::ops::Range<usize>| time.get(range)?.parse::<i64>().ok();
    let seconds = (digits(0..2)? * 60 + digits(3..5)?) * 60 + digits(6..8)?;
    Some((day * 86_400 + seconds) * 1_000 + digits(9..12)?)
}
