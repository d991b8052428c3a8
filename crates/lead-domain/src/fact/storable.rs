//! Refuses what no store of ours could keep: NUL characters, too deep nesting, objects with too many keys.

use serde_json::{Map, Value};

use crate::problem::{Problem, pointer_to};

/// The deepest nesting of a fact.
const DEPTH_MAX: usize = 32;
/// The most keys of one object.
const KEYS_MAX: usize = 200;
/// After so many problems the search ends: the answer must not outgrow the request.
const PROBLEMS_MAX: usize = 50;

/// Looks at every text, list and object of a fact.
pub(super) fn check_storable(fact: &Value, problems: &mut Vec<Problem>) {
    check(fact, &Place::Root, 0, problems);
}

/// The way to a value. It is written down only where something is wrong: this runs for every value of every fact.
enum Place<'a> {
    Root,
    Key(&'a Place<'a>, &'a str),
    Index(&'a Place<'a>, usize),
}

impl Place<'_> {
    fn pointer(&self) -> String {
        match self {
            Self::Root => String::new(),
            Self::Key(parent, key) => pointer_to(&parent.pointer(), key),
            Self::Index(parent, index) => format!("{}/{index}", parent.pointer()),
        }
    }
}

fn check(value: &Value, place: &Place<'_>, depth: usize, problems: &mut Vec<Problem>) {
    if problems.len() >= PROBLEMS_MAX {
        return;
    }
    if depth > DEPTH_MAX {
        let detail = format!("At most {DEPTH_MAX} levels of nesting.");
        return problems.push(Problem::new(place.pointer(), "too_deep", detail));
    }
    match value {
        Value::String(text) => check_text(text, place, problems),
        Value::Array(list) => {
            for (index, item) in list.iter().enumerate() {
                check(item, &Place::Index(place, index), depth + 1, problems);
            }
        }
        Value::Object(object) => check_object(object, place, depth, problems),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn check_object(object: &Map<String, Value>, place: &Place<'_>, depth: usize, problems: &mut Vec<Problem>) {
    if object.len() > KEYS_MAX {
        let detail = format!("At most {KEYS_MAX} keys in one object.");
        return problems.push(Problem::new(place.pointer(), "too_many_keys", detail));
    }
    for (key, item) in object {
        check_text(key, place, problems);
        check(item, &Place::Key(place, key), depth + 1, problems);
    }
}

fn check_text(text: &str, place: &Place<'_>, problems: &mut Vec<Problem>) {
    if text.contains('\0') {
        let detail = "A text cannot contain the NUL character.";
        problems.push(Problem::new(place.pointer(), "nul_character", detail));
    }
}
