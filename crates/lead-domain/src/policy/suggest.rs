//! "Did you mean": the nearest known key beside one that nobody knows.

use crate::problem::Problem;

/// The problem of an unknown key, with the nearest known one.
pub(crate) fn unknown_key<'a>(
    pointer: &str,
    key: &str,
    known: impl IntoIterator<Item = &'a str>,
    what: &str,
) -> Problem {
    let near = |name: &&str| strsim::damerau_levenshtein(name, key);
    let close = |name: &&str| near(name) <= 1 + key.len() / 3 || (key.len() > 3 && name.starts_with(key));
    let nearest = known.into_iter().filter(close).min_by_key(near);
    let hint = nearest.map(|name| format!(" Did you mean `{name}`?")).unwrap_or_default();
    Problem::new(pointer, "unknown_key", format!("No such {what}.{hint}"))
}
