//! What is wrong in a configuration file, and where.

use std::fmt;

/// A place in a text, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

/// One thing that is wrong in a configuration file. Printed as editors understand it: `batea.yaml:12:5: …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigProblem {
    /// The file, as it was named.
    pub file: String,
    /// Where in it; none for the file as a whole.
    pub place: Option<Place>,
    /// A sentence for people.
    pub detail: String,
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(Place { line, column }) = self.place {
            write!(f, ":{line}:{column}")?;
        }
        write!(f, ": {}", self.detail)
    }
}

/// Everything that is wrong in a configuration file; one line each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigErrors(pub Vec<ConfigProblem>);

impl ConfigErrors {
    /// Nothing when all is well.
    ///
    /// # Errors
    /// Itself, when something is wrong.
    pub fn or<T>(self, well: T) -> Result<T, Self> {
        if self.0.is_empty() { Ok(well) } else { Err(self) }
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            write!(f, "{}{problem}", if index == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}

/// The pointer to `key` inside what `pointer` points to (RFC 6901).
pub(super) fn below(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// The sentence about something that nobody knows, with the nearest known one.
#[must_use]
pub fn unknown_key(what: &str, given: &str, known: &[&str]) -> String {
    let distance = |name: &str| strsim::damerau_levenshtein(name, given);
    let nearest =
        known.iter().min_by_key(|name| distance(name)).filter(|name| distance(name) <= 1 + given.len() / 3);
    match nearest {
        Some(name) => format!("There is no {what} `{given}`. Did you mean `{name}`?"),
        None => format!("There is no {what} `{given}`. Known are: {}.", known.join(", ")),
    }
}
