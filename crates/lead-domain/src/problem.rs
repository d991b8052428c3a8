//! What is wrong with a posted fact, and where.

use std::fmt;

/// One thing wrong with a value, with a JSON pointer (RFC 6901) to it. Never repeats the value itself, which may be personal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where, from the root of the fact; empty for the fact as a whole.
    pub pointer: String,
    /// A stable code for programs.
    pub code: &'static str,
    /// A sentence for people.
    pub detail: String,
}

impl Problem {
    pub(crate) fn new(pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), code, detail: detail.into() }
    }

    pub(crate) fn required(pointer: impl Into<String>) -> Self {
        Self::new(pointer, "required", "This key is required.")
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", if self.pointer.is_empty() { "/" } else { &self.pointer }, self.detail)
    }
}

/// The pointer to `key` inside what `base` points to.
pub(crate) fn pointer_to(base: &str, key: &str) -> String {
    format!("{base}/{}", key.replace('~', "~0").replace('/', "~1"))
}
