//! "Did you mean": the nearest known key beside one that nobody knows.

use crate::problem::Problem;

/// So many names can be told one by one.
const FEW: usize = 12;

/// The problem of an unknown key, with the nearest known one; where none is near, with all if they are few.
pub(crate) fn unknown_key<'a>(
    pointer: &str,
    key: &str,
    known: impl IntoIterator<Item = &'a str>,
    what: &str,
) -> Problem {
    let known: Vec<&str> = known.into_iter().collect();
    // Who writes `campaign` means what stands under that word further inside.
    let is_inside = |name: &&&str| name.rsplit('.').next() == Some(key);
    let distance = |name: &&&str| if is_inside(name) { 0 } else { strsim::damerau_levenshtein(name, key) };
    let near = |name: &&&str| distance(name) <= 1 + key.len() / 3 || (key.len() > 3 && name.starts_with(key));
    let hint = match known.iter().filter(near).min_by_key(distance) {
        Some(name) => format!(" Did you mean `{name}`?"),
        None if (1..=FEW).contains(&known.len()) => format!(" Known are: {}.", known.join(", ")),
        None => String::new(),
    };
    Problem::new(pointer, "unknown_key", format!("No such {what}.{hint}"))
}
