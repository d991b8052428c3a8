//! The one language of conditions (POLICY §2): mappings of fields to values or operators.

use std::borrow::Cow;
use std::collections::BTreeSet;

use regex::{Regex, RegexBuilder};
use serde_json::{Map, Value};

use crate::problem::{Problem, pointer_to};

use super::fields::FieldNames;
use super::suggest::unknown_key;

/// A condition, ready to be asked.
#[derive(Clone, Debug)]
pub enum Condition {
    /// All of them hold; none is as good as "always".
    All(Vec<Condition>),
    /// One of them holds.
    Any(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// A field compares so.
    Compare(Comparison),
}

/// A field, and what must hold of it.
#[derive(Clone, Debug)]
pub struct Comparison {
    field: String,
    path: Vec<String>,
    tests: Vec<Test>,
}

#[derive(Clone, Debug)]
enum Test {
    Equal(Operand<'static>),
    NotEqual(Operand<'static>),
    OneOf(Vec<Operand<'static>>),
    Compared { wanted: &'static [std::cmp::Ordering], to: Operand<'static> },
    Matches(Regex),
    Contains(String),
    Exists(bool),
}

/// A value as conditions see it.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand<'a> {
    /// There is none.
    Missing,
    /// A text.
    Text(Cow<'a, str>),
    /// A number.
    Number(f64),
    /// Yes or no.
    Flag(bool),
    /// A set: comparisons ask for one of its members.
    Set(Vec<Operand<'a>>),
    /// Something that is there and compares with nothing.
    Other,
}

impl Condition {
    /// Whether it names a field such as this.
    pub fn names(&self, such: impl Fn(&[String]) -> bool) -> bool {
        self.names_any(&such)
    }

    fn names_any(&self, such: &dyn Fn(&[String]) -> bool) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(|part| part.names_any(such)),
            Self::Not(part) => part.names_any(such),
            Self::Compare(comparison) => such(&comparison.path),
        }
    }
}

/// Where a condition stands: what its fields mean.
pub trait Scope {
    /// The value of a field, given as the parts of its dotted name.
    fn operand(&self, path: &[String]) -> Operand<'_>;
}

impl<'a> Operand<'a> {
    /// The value of a JSON value; a list is a set.
    #[must_use]
    pub fn of(value: Option<&'a Value>) -> Self {
        match value {
            None | Some(Value::Null) => Self::Missing,
            Some(Value::String(text)) => Self::Text(text.into()),
            Some(Value::Number(number)) => number.as_f64().map_or(Self::Other, Self::Number),
            Some(Value::Bool(flag)) => Self::Flag(*flag),
            Some(Value::Array(list)) => Self::Set(list.iter().map(Self::member).collect()),
            Some(Value::Object(_)) => Self::Other,
        }
    }

    fn member(value: &'a Value) -> Self {
        if value.is_array() { Self::Other } else { Self::of(Some(value)) }
    }

    /// A set of texts.
    pub fn texts(texts: impl IntoIterator<Item = &'a String>) -> Self {
        Self::Set(texts.into_iter().map(|text| Self::Text(text.into())).collect())
    }

    /// A text, or nothing.
    #[must_use]
    pub fn text(text: Option<&'a str>) -> Self {
        text.map_or(Self::Missing, |text| Self::Text(text.into()))
    }

    fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Missing | Self::Number(_) | Self::Flag(_) | Self::Set(_) | Self::Other => None,
        }
    }

    /// Nothing is known where a set is empty, as where there is none.
    fn is_there(&self) -> bool {
        !matches!(self, Self::Missing) && !matches!(self, Self::Set(members) if members.is_empty())
    }

    fn equals(&self, other: &Operand<'_>) -> bool {
        match (self, other) {
            (Self::Text(one), Operand::Text(two)) => same_text(one, two),
            (Self::Number(one), Operand::Number(two)) => one == two,
            (Self::Flag(one), Operand::Flag(two)) => one == two,
            (Self::Set(members), other) => members.iter().any(|one| one.equals(other)),
            _ => false,
        }
    }

    fn compare(&self, other: &Operand<'_>) -> Option<std::cmp::Ordering> {
        match (self, other) {
            (Self::Number(one), Operand::Number(two)) => one.partial_cmp(two),
            (Self::Text(one), Operand::Text(two)) => Some(folded(one).cmp(&folded(two))),
            _ => None,
        }
    }

    fn any_text(&self, test: impl Fn(&str) -> bool) -> bool {
        match self {
            Self::Text(text) => test(text.trim()),
            Self::Set(members) => members.iter().filter_map(Self::as_text).any(|member| test(member.trim())),
            Self::Missing | Self::Number(_) | Self::Flag(_) | Self::Other => false,
        }
    }
}

/// Texts compare without case, trimmed.
fn same_text(one: &str, two: &str) -> bool {
    let (one, two) = (one.trim(), two.trim());
    one.eq_ignore_ascii_case(two) || (!(one.is_ascii() && two.is_ascii()) && folded(one) == folded(two))
}

fn folded(text: &str) -> String {
    text.trim().to_lowercase()
}

impl Condition {
    /// Whether it holds.
    #[must_use]
    pub fn holds(&self, scope: &dyn Scope) -> bool {
        match self {
            Self::All(all) => all.iter().all(|one| one.holds(scope)),
            Self::Any(any) => any.iter().any(|one| one.holds(scope)),
            Self::Not(one) => !one.holds(scope),
            Self::Compare(comparison) => {
                let value = scope.operand(&comparison.path);
                comparison.tests.iter().all(|test| test.holds(&value))
            }
        }
    }

    /// The fields that it reads.
    #[must_use]
    pub fn fields(&self) -> BTreeSet<&str> {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::fields).collect(),
            Self::Not(one) => one.fields(),
            Self::Compare(comparison) => BTreeSet::from([comparison.field.as_str()]),
        }
    }

    /// The texts, lower-cased and trimmed, one of which a field must be for this to hold: what a look-up may ask for
    /// beforehand. None where it does not say so.
    #[must_use]
    pub fn needed_texts(&self, field: &str) -> Option<Vec<&str>> {
        match self {
            Self::All(parts) => parts.iter().find_map(|part| part.needed_texts(field)),
            Self::Compare(comparison) if comparison.field == field => {
                comparison.tests.iter().find_map(Test::needed_texts)
            }
            Self::Compare(_) | Self::Any(_) | Self::Not(_) => None,
        }
    }

    /// Reads a condition that stands at `pointer` and may use the fields `names`.
    pub fn parse(value: &Value, pointer: &str, names: FieldNames, problems: &mut Vec<Problem>) -> Self {
        let Value::Object(mapping) = value else {
            problems.push(Problem::new(
                pointer,
                "wrong_type",
                "A condition is a mapping of fields to values.",
            ));
            return Self::All(Vec::new());
        };
        let part = |(key, value): (&String, &Value)| {
            let pointer = pointer_to(pointer, key);
            match key.as_str() {
                "all" => Self::All(parse_list(value, &pointer, names, problems)),
                "any" => Self::Any(parse_list(value, &pointer, names, problems)),
                "not" => Self::Not(Box::new(Self::parse(value, &pointer, names, problems))),
                field => Self::Compare(Comparison::parse(field, value, &pointer, names, problems)),
            }
        };
        let mut parts: Vec<Self> = mapping.iter().map(part).collect();
        if parts.len() == 1 { parts.remove(0) } else { Self::All(parts) }
    }
}

fn parse_list(
    value: &Value,
    pointer: &str,
    names: FieldNames,
    problems: &mut Vec<Problem>,
) -> Vec<Condition> {
    let Value::Array(list) = value else {
        problems.push(Problem::new(pointer, "wrong_type", "This must be a list of conditions."));
        return Vec::new();
    };
    let one = |(index, item): (usize, &Value)| {
        Condition::parse(item, &format!("{pointer}/{index}"), names, problems)
    };
    list.iter().enumerate().map(one).collect()
}

impl Comparison {
    fn parse(
        field: &str,
        value: &Value,
        pointer: &str,
        names: FieldNames,
        problems: &mut Vec<Problem>,
    ) -> Self {
        if !names.allows(field) && names.open.contains(&field) {
            let detail =
                format!("`{field}` has no value of its own: name what stands in it, as in `{field}.NAME`.");
            problems.push(Problem::new(pointer, "unknown_key", detail));
        } else if !names.allows(field) {
            problems.push(unknown_key(
                pointer,
                field,
                names.exact.iter().chain(names.open).copied(),
                "field",
            ));
        }
        let tests = match value {
            Value::Object(operators) => parse_operators(operators, pointer, problems),
            Value::Array(list) => vec![Test::OneOf(constants(list, pointer, problems))],
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                vec![Test::Equal(constant(value, pointer, problems))]
            }
        };
        let path = field.split('.').map(str::to_owned).collect();
        Self { field: field.to_owned(), path, tests }
    }
}

fn constant(value: &Value, pointer: &str, problems: &mut Vec<Problem>) -> Operand<'static> {
    match Operand::of(Some(value)) {
        Operand::Text(text) => Operand::Text(folded(&text).into()),
        Operand::Number(number) => Operand::Number(number),
        Operand::Flag(flag) => Operand::Flag(flag),
        Operand::Missing | Operand::Set(_) | Operand::Other => {
            let detail =
                "Compare with a text, a number, true or false; for what is missing use {exists: false}.";
            problems.push(Problem::new(pointer, "wrong_type", detail));
            Operand::Missing
        }
    }
}

fn constants(list: &[Value], pointer: &str, problems: &mut Vec<Problem>) -> Vec<Operand<'static>> {
    let one = |(index, item): (usize, &Value)| constant(item, &format!("{pointer}/{index}"), problems);
    list.iter().enumerate().map(one).collect()
}

const OPERATORS: [&str; 10] = ["eq", "ne", "in", "gt", "gte", "lt", "lte", "matches", "contains", "exists"];

fn parse_operators(operators: &Map<String, Value>, pointer: &str, problems: &mut Vec<Problem>) -> Vec<Test> {
    if operators.is_empty() {
        problems.push(Problem::new(pointer, "required", "Give a value or an operator to compare with."));
    }
    let one =
        |(name, value): (&String, &Value)| parse_operator(name, value, &pointer_to(pointer, name), problems);
    operators.iter().filter_map(one).collect()
}

fn parse_operator(name: &str, value: &Value, pointer: &str, problems: &mut Vec<Problem>) -> Option<Test> {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let mut compared = |wanted| Some(Test::Compared { wanted, to: constant(value, pointer, problems) });
    match name {
        "eq" => Some(Test::Equal(constant(value, pointer, problems))),
        "ne" => Some(Test::NotEqual(constant(value, pointer, problems))),
        "gt" => compared(&[Greater]),
        "gte" => compared(&[Greater, Equal]),
        "lt" => compared(&[Less]),
        "lte" => compared(&[Less, Equal]),
        "in" => one_of(value, pointer, problems),
        "matches" => matches(value, pointer, problems),
        "contains" => text_operand(value, pointer, problems).map(|text| Test::Contains(folded(&text))),
        "exists" => exists(value, pointer, problems),
        unknown => {
            problems.push(unknown_key(pointer, unknown, OPERATORS, "operator"));
            None
        }
    }
}

fn one_of(value: &Value, pointer: &str, problems: &mut Vec<Problem>) -> Option<Test> {
    let Value::Array(list) = value else {
        problems.push(Problem::new(pointer, "wrong_type", "This must be a list."));
        return None;
    };
    Some(Test::OneOf(constants(list, pointer, problems)))
}

fn matches(value: &Value, pointer: &str, problems: &mut Vec<Problem>) -> Option<Test> {
    let pattern = text_operand(value, pointer, problems)?;
    let built = RegexBuilder::new(&pattern).case_insensitive(true).size_limit(1 << 20).build();
    built
        .map_err(|error| {
            let reason = error.to_string();
            let reason = reason.lines().last().unwrap_or("unreadable").trim();
            problems.push(Problem::new(
                pointer,
                "invalid_regex",
                format!("Not a regular expression: {reason}."),
            ));
        })
        .map(Test::Matches)
        .ok()
}

fn exists(value: &Value, pointer: &str, problems: &mut Vec<Problem>) -> Option<Test> {
    if value.as_bool().is_none() {
        problems.push(Problem::new(pointer, "wrong_type", "This must be true or false."));
    }
    value.as_bool().map(Test::Exists)
}

fn text_operand(value: &Value, pointer: &str, problems: &mut Vec<Problem>) -> Option<String> {
    if value.as_str().is_none() {
        problems.push(Problem::new(pointer, "wrong_type", "This must be a text."));
    }
    value.as_str().map(str::to_owned)
}

impl Test {
    fn holds(&self, value: &Operand<'_>) -> bool {
        match self {
            Self::Equal(wanted) => value.equals(wanted),
            Self::NotEqual(wanted) => !value.equals(wanted),
            Self::OneOf(wanted) => wanted.iter().any(|wanted| value.equals(wanted)),
            Self::Compared { wanted, to } => value.compare(to).is_some_and(|order| wanted.contains(&order)),
            Self::Matches(regex) => value.any_text(|text| regex.is_match(text)),
            Self::Contains(part) => contains(value, part),
            Self::Exists(wanted) => value.is_there() == *wanted,
        }
    }

    fn needed_texts(&self) -> Option<Vec<&str>> {
        match self {
            Self::Equal(wanted) => wanted.as_text().map(|text| vec![text]),
            Self::OneOf(wanted) => wanted.iter().map(Operand::as_text).collect(),
            Self::NotEqual(_)
            | Self::Compared { .. }
            | Self::Matches(_)
            | Self::Contains(_)
            | Self::Exists(_) => None,
        }
    }
}

/// Of a set, one member is the value; of a text, the value is part of it.
fn contains(value: &Operand<'_>, part: &str) -> bool {
    match value {
        Operand::Set(_) => value.any_text(|member| same_text(member, part)),
        Operand::Missing | Operand::Text(_) | Operand::Number(_) | Operand::Flag(_) | Operand::Other => {
            value.any_text(|text| folded(text).contains(part))
        }
    }
}

#[cfg(test)]
#[path = "condition_tests.rs"]
mod tests;
