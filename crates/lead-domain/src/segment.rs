//! Segments: the company's named conditions over a lead as the API shows it (POLICY §2).

use serde_json::{Map, Value};

use crate::policy::{Condition, FieldNames, Operand, Scope, unknown_key};
use crate::problem::{Problem, pointer_to};

/// What an entry of the section `segments` may say.
pub const KEYS: [&str; 2] = ["name", "when"];
/// The most characters of a name.
pub const NAME_MAX: usize = 128;

/// The fields of a lead as the API shows it; `criteria.x` is its verdict. What is a mapping for the sake of order alone
/// (`customer`, `source`, `criteria`) is no field.
pub const LEAD_FIELDS: FieldNames = FieldNames {
    exact: &[
        "id",
        "name",
        "first_name",
        "last_name",
        "company",
        "job_title",
        "email",
        "phone",
        "country",
        "region",
        "city",
        "postal_code",
        "birth_date",
        "industry",
        "company_size",
        "language",
        "website",
        "stage",
        "temperature",
        "score",
        "grade",
        "criteria.fit",
        "criteria.means",
        "criteria.authority",
        "criteria.need",
        "missing",
        "disposition",
        "customer.kind",
        "customer.state",
        "customer.purchases",
        "customer.last_purchase_at",
        "customer.revenue",
        "roles",
        "groups",
        "owner",
        "source.first",
        "source.first.source",
        "source.first.campaign",
        "source.first.channel",
        "source.first.utm",
        "source.first.at",
        "source.last",
        "source.last.source",
        "source.last.campaign",
        "source.last.channel",
        "source.last.utm",
        "source.last.at",
        "consents",
        "hot_until",
        "warm_until",
        "follow_up",
        "follow_up.reason",
        "follow_up.due_at",
        "last_activity_at",
        "created_at",
        "incomplete",
        "policy",
    ],
    open: &[
        "attributes",
        "criteria.fit",
        "criteria.means",
        "criteria.authority",
        "criteria.need",
        "source.first.utm",
        "source.last.utm",
    ],
};

/// A named condition.
#[derive(Clone, Debug)]
pub struct Segment {
    /// Its name, unique among all.
    pub name: String,
    /// Which leads are in it.
    pub when: Condition,
    /// The condition as it is written.
    pub written: Value,
}

impl Segment {
    /// Whether a lead is in it. `shown` is the lead as the API shows it at the instant in question.
    #[must_use]
    pub fn has(&self, shown: &Value) -> bool {
        self.when.holds(&Shown(shown))
    }
}

/// The segments of a company, in the order of its file.
#[derive(Clone, Debug, Default)]
pub struct Segments(Vec<Segment>);

impl Segments {
    /// Reads the section `segments`; null is none.
    ///
    /// # Errors
    /// Everything that is wrong with it, with pointers from the root of the section.
    pub fn parse(section: &Value) -> Result<Self, Vec<Problem>> {
        let mut reading = Reading::default();
        match section {
            Value::Null => {}
            Value::Array(list) => list.iter().enumerate().for_each(|(at, entry)| reading.entry(at, entry)),
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
                reading.problem("", "wrong_type", "`segments` must be a list.");
            }
        }
        if reading.problems.is_empty() { Ok(Self(reading.segments)) } else { Err(reading.problems) }
    }

    /// All of them, in the order of the file.
    pub fn iter(&self) -> std::slice::Iter<'_, Segment> {
        self.0.iter()
    }

    /// The segment of this name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Segment> {
        self.0.iter().find(|segment| segment.name == name)
    }
}

impl<'a> IntoIterator for &'a Segments {
    type Item = &'a Segment;
    type IntoIter = std::slice::Iter<'a, Segment>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// A lead as the API shows it, as conditions see it.
struct Shown<'a>(&'a Value);

impl Scope for Shown<'_> {
    fn operand(&self, path: &[String]) -> Operand<'_> {
        let value = path.iter().try_fold(self.0, |value, key| value.get(key));
        match (path, value) {
            ([first, _], Some(finding)) if first == "criteria" => Operand::of(finding.get("verdict")),
            // Consents and sums are there or not; a list of mappings has nothing to compare a value with.
            (_, Some(Value::Array(members))) if members.iter().any(Value::is_object) => Operand::Other,
            _ => Operand::of(value),
        }
    }
}

#[derive(Default)]
struct Reading {
    segments: Vec<Segment>,
    problems: Vec<Problem>,
}

impl Reading {
    fn problem(&mut self, pointer: &str, code: &'static str, detail: impl Into<String>) {
        self.problems.push(Problem::new(pointer, code, detail));
    }

    fn entry(&mut self, at: usize, entry: &Value) {
        let base = format!("/{at}");
        let Value::Object(entry) = entry else {
            return self.problem(&base, "wrong_type", "A segment is a mapping of name and when.");
        };
        for key in entry.keys().filter(|key| !KEYS.contains(&key.as_str())) {
            self.problems.push(unknown_key(&pointer_to(&base, key), key, KEYS, "key of a segment"));
        }
        let name = self.name(&base, entry);
        let written = entry.get("when").cloned();
        let when = match &written {
            Some(written) => {
                Condition::parse(written, &format!("{base}/when"), LEAD_FIELDS, &mut self.problems)
            }
            None => return self.problem(&base, "required", "The key `when` is required."),
        };
        self.segments.extend(name.zip(written).map(|(name, written)| Segment { name, when, written }));
    }

    fn name(&mut self, base: &str, entry: &Map<String, Value>) -> Option<String> {
        let pointer = format!("{base}/name");
        let Some(given) = entry.get("name") else {
            self.problem(base, "required", "The key `name` is required.");
            return None;
        };
        let name = given.as_str().map(str::trim).filter(|name| is_name(name));
        let Some(name) = name else {
            let detail = format!(
                "A segment's name is a text of 1 to {NAME_MAX} characters without commas, slashes and control characters."
            );
            self.problem(&pointer, "invalid_name", detail);
            return None;
        };
        if self.segments.iter().any(|segment| segment.name == name) {
            self.problem(&pointer, "duplicate", "There is a segment of this name already.");
        }
        Some(name.to_owned())
    }
}

/// Names stand in paths, and between commas.
fn is_name(name: &str) -> bool {
    let unfit = |character: char| matches!(character, ',' | '/' | '\\') || character.is_control();
    !name.is_empty() && name.chars().count() <= NAME_MAX && !name.contains(unfit)
}

#[cfg(test)]
#[path = "segment_tests.rs"]
mod tests;
