//! Reads JSON that callers send: UTF-8, every key once, not more objects and lists than a request needs, and a place
//! for every mistake.

mod value;

use serde_json::Value;
use value::{CONTAINERS_MAX, Count};

use crate::problem::{Code, Problem};

/// The text of a body or of a line of it, without a byte order mark.
///
/// # Errors
/// `invalid_utf8`
pub fn utf8(bytes: &[u8]) -> Result<&str, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let detail = format!("The body is not valid UTF-8 from byte {} on.", error.valid_up_to());
        Problem::new(Code::InvalidUtf8).detail(detail)
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// A whole body of JSON.
///
/// # Errors
/// `invalid_utf8`, `unreadable_json`, `body_too_large` for too many objects and lists.
pub fn read(bytes: &[u8]) -> Result<Value, Problem> {
    let place = |error: &serde_json::Error| format!("at line {}, column {}", error.line(), error.column());
    parse(utf8(bytes)?, &Count::default(), "body", place)
}

/// Lines of NDJSON: each is JSON by itself, and together they hold no more than a body of JSON may.
#[derive(Debug, Default)]
pub struct Lines(Count);

impl Lines {
    /// The next line.
    ///
    /// # Errors
    /// As [`read`]; those of all lines count together.
    pub fn read(&self, line: &[u8]) -> Result<Value, Problem> {
        parse(utf8(line)?, &self.0, "line", |error| format!("at column {}", error.column()))
    }
}

/// The reasons that the parser gives, and ours, never repeat the text.
fn parse(
    text: &str,
    count: &Count,
    what: &str,
    place: impl Fn(&serde_json::Error) -> String,
) -> Result<Value, Problem> {
    value::parse(text, count).map_err(|error| {
        if count.is_exceeded() {
            let detail = format!("A request may have up to {CONTAINERS_MAX} objects and lists.");
            return Problem::new(Code::BodyTooLarge).detail(detail);
        }
        let reason = error.to_string();
        let reason = reason.split(" at line ").next().unwrap_or_default();
        let detail = format!("The {what} is not valid JSON {}: {reason}.", place(&error));
        Problem::new(Code::UnreadableJson).detail(detail)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn detail(text: &str) -> String {
        read(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn values_are_read_as_the_library_reads_them() {
        let text = r#"{"a": [null, true, -1, 18446744073709551615, 1.5, 1e20, 123456789012345678901, "é\n"], "b": {"": {}}}"#;
        assert_eq!(read(text.as_bytes()).unwrap(), serde_json::from_str::<Value>(text).unwrap());
        assert_eq!(read("\u{feff}[]".as_bytes()).unwrap(), json!([]));
    }

    #[test]
    fn mistakes_are_told_by_their_place() {
        assert_eq!(
            detail("{\"a\": 1,\n \"b\" 2}"),
            "The body is not valid JSON at line 2, column 6: expected `:`."
        );
        assert_eq!(
            detail("[{\"x\": {\"a\": 1, \"a\": 2}}]"),
            "The body is not valid JSON at line 1, column 23: an object has a key twice."
        );
        let line = Lines::default().read(b"[1,").unwrap_err();
        assert_eq!(line.to_string(), "The line is not valid JSON at column 3: EOF while parsing a value.");
    }

    #[test]
    fn a_request_may_not_unfold_into_many_times_its_size() {
        let lists = |count: usize| format!("[{}]", vec!["[]"; count].join(","));
        assert!(read(lists(CONTAINERS_MAX - 1).as_bytes()).is_ok());
        assert_eq!(read(lists(CONTAINERS_MAX).as_bytes()).unwrap_err().code(), Code::BodyTooLarge);
        let lines = Lines::default();
        assert!(lines.read(lists(CONTAINERS_MAX - 1).as_bytes()).is_ok());
        assert_eq!(lines.read(b"{}").unwrap_err().code(), Code::BodyTooLarge);
    }
}
