//! Reads JSON that callers send: UTF-8, not too deep, not too many objects, and a place for every mistake.

use serde_json::Value;
use service_kit::problem::{Code, Problem};

/// The text of a body or of a line of it, without a byte order mark.
pub(crate) fn utf8(bytes: &[u8]) -> Result<&str, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let detail = format!("The body is not valid UTF-8 from byte {} on.", error.valid_up_to());
        Problem::new(Code::InvalidUtf8).detail(detail)
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// A whole body of JSON.
pub(crate) fn read(bytes: &[u8]) -> Result<Value, Problem> {
    parse(utf8(bytes)?).map_err(|error| {
        unreadable(
            format!("The body is not valid JSON at line {}, column {}", error.line(), error.column()),
            &error,
        )
    })
}

/// One line of NDJSON.
pub(crate) fn read_line(line: &[u8]) -> Result<Value, Problem> {
    parse(utf8(line)?).map_err(|error| {
        unreadable(format!("The line is not valid JSON at column {}", error.column()), &error)
    })
}

fn parse(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str(text)
}

/// The reason that the parser gives for a syntax error never repeats the text.
fn unreadable(place: String, error: &serde_json::Error) -> Problem {
    let reason = error.to_string();
    let reason = reason.split(" at line ").next().unwrap_or_default();
    Problem::new(Code::UnreadableJson).detail(format!("{place}: {reason}."))
}
