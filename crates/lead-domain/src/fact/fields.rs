//! Reads the keys of one JSON object, collecting every problem, and keeps what nobody asked for under `extra`.

use std::str::FromStr;

use serde_json::{Map, Value};

use super::money::{AMOUNT_MAX, Money, is_currency};
use crate::identity::{Identifier, IdentifierKind};
use crate::instant::{Date, Instant};
use crate::problem::{Problem, pointer_to};

/// The longest id, in characters.
pub(super) const ID_MAX: usize = 128;
/// The longest name, in characters.
pub(crate) const NAME_MAX: usize = 1_024;
/// The longest free text, in characters.
pub(super) const TEXT_MAX: usize = 65_536;

pub(super) struct Fields<'a> {
    base: &'static str,
    given: Map<String, Value>,
    kept: Map<String, Value>,
    keeps: bool,
    problems: &'a mut Vec<Problem>,
}

impl<'a> Fields<'a> {
    pub(super) fn new(base: &'static str, given: Map<String, Value>, problems: &'a mut Vec<Problem>) -> Self {
        Self { base, given, kept: Map::new(), keeps: true, problems }
    }

    /// Reads an object of which no canonical form is wanted: nothing is copied.
    pub(super) fn passing(
        base: &'static str,
        given: Map<String, Value>,
        problems: &'a mut Vec<Problem>,
    ) -> Self {
        Self { keeps: false, ..Self::new(base, given, problems) }
    }

    pub(super) fn problem(&mut self, key: &str, code: &'static str, detail: impl Into<String>) {
        self.problems.push(Problem::new(pointer_to(self.base, key), code, detail));
    }

    /// The value of an optional key; null is as good as absent.
    pub(super) fn take(&mut self, key: &str) -> Option<Value> {
        self.given.remove(key).filter(|value| !value.is_null())
    }

    /// Whether the key is there with a value or a null, and not taken yet.
    pub(super) fn has(&self, key: &str) -> bool {
        self.given.contains_key(key)
    }

    /// Takes the key if its value is null.
    pub(super) fn take_null(&mut self, key: &str) -> bool {
        let null = self.given.get(key).is_some_and(Value::is_null);
        if null {
            self.given.remove(key);
        }
        null
    }

    pub(super) fn keep(&mut self, key: &str, value: impl Into<Value>) {
        self.kept.insert(key.to_owned(), value.into());
    }

    fn wrong_type(&mut self, key: &str, wanted: &str) {
        self.problem(key, "wrong_type", format!("This must be {wanted}."));
    }

    /// A text of at most `max` characters, trimmed unless it is free text; empty is as good as absent.
    pub(super) fn text(&mut self, key: &str, max: usize) -> Option<String> {
        let text = match self.take(key)? {
            Value::String(text) => text,
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                self.wrong_type(key, "a string");
                return None;
            }
        };
        let text = if max == TEXT_MAX { text } else { trimmed(text) };
        if text.len() > max && text.chars().count() > max {
            self.problem(key, "too_long", format!("At most {max} characters."));
            return None;
        }
        if text.trim().is_empty() {
            return None;
        }
        if self.keeps {
            self.keep(key, text.clone());
        }
        Some(text)
    }

    pub(super) fn name(&mut self, key: &str) -> Option<String> {
        self.text(key, NAME_MAX)
    }

    pub(super) fn id(&mut self, key: &str) -> Option<String> {
        self.text(key, ID_MAX)
    }

    /// A required text; what stands in for a missing one is never used, as the problem refuses the fact.
    pub(super) fn required(&mut self, key: &str, max: usize) -> String {
        let before = self.problems.len();
        let text = self.text(key, max);
        if text.is_none() && self.problems.len() == before {
            self.missing(key);
        }
        text.unwrap_or_default()
    }

    pub(super) fn missing(&mut self, key: &str) {
        self.problems.push(Problem::required(pointer_to(self.base, key)));
    }

    /// A text that must parse, kept in its canonical form.
    fn parsed<T: FromStr + ToString>(
        &mut self,
        key: &str,
        code: &'static str,
        wanted: impl FnOnce() -> String,
    ) -> Option<T> {
        let text = self.text(key, NAME_MAX)?;
        if let Ok(parsed) = text.parse::<T>() {
            if self.keeps {
                self.keep(key, parsed.to_string());
            }
            return Some(parsed);
        }
        self.problem(key, code, format!("This must be {}.", wanted()));
        None
    }

    pub(super) fn instant(&mut self, key: &str) -> Option<Instant> {
        let wanted = || "an RFC 3339 date-time such as 2026-02-03T09:10:00Z".to_owned();
        self.parsed(key, "invalid_instant", wanted)
    }

    pub(super) fn date(&mut self, key: &str) -> Option<Date> {
        self.parsed(key, "invalid_date", || "a date such as 2026-02-03".to_owned())
    }

    pub(super) fn one_of<T: FromStr + ToString>(&mut self, key: &str, names: &str) -> Option<T> {
        self.parsed(key, "unknown_value", || format!("one of {}", names.trim_end().replace(' ', ", ")))
    }

    pub(super) fn required_one_of<T: FromStr + ToString>(&mut self, key: &str, names: &str) -> Option<T> {
        let before = self.problems.len();
        let value = self.one_of(key, names);
        if value.is_none() && self.problems.len() == before {
            self.missing(key);
        }
        value
    }

    fn of_type(&mut self, key: &str, is: fn(&Value) -> bool, wanted: &str) -> Option<Value> {
        let value = self.take(key)?;
        if !is(&value) {
            self.wrong_type(key, wanted);
            return None;
        }
        if self.keeps {
            self.keep(key, value.clone());
        }
        Some(value)
    }

    pub(super) fn number(&mut self, key: &str) {
        self.of_type(key, Value::is_number, "a number");
    }

    pub(super) fn flag(&mut self, key: &str) -> bool {
        self.of_type(key, Value::is_boolean, "true or false") == Some(Value::Bool(true))
    }

    pub(super) fn object(&mut self, key: &str) -> Option<Map<String, Value>> {
        match self.of_type(key, Value::is_object, "an object")? {
            Value::Object(object) => Some(object),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => None,
        }
    }

    /// A required list of codes with at least one entry.
    pub(super) fn required_codes(&mut self, key: &str) {
        let is_codes = |value: &Value| value.as_array().is_some_and(|list| list.iter().all(Value::is_string));
        let before = self.problems.len();
        let list = self.of_type(key, is_codes, "a list of codes");
        let empty = list.is_none_or(|list| list.as_array().is_none_or(Vec::is_empty));
        if empty && self.problems.len() == before {
            self.missing(key);
        }
    }

    pub(super) fn money(&mut self, key: &str) -> Option<Money> {
        let mut object = self.object(key)?;
        let money = self.money_of(key, &object)?;
        object.insert("amount_minor".to_owned(), money.amount_minor.into());
        self.keep(key, object);
        Some(money)
    }

    pub(super) fn required_money(&mut self, key: &str) {
        let before = self.problems.len();
        if self.money(key).is_none() && self.problems.len() == before {
            self.missing(key);
        }
    }

    fn money_of(&mut self, key: &str, object: &Map<String, Value>) -> Option<Money> {
        let amount =
            object.get("amount_minor").and_then(whole_number).filter(|n| (0..=AMOUNT_MAX).contains(n));
        let currency = object.get("currency").and_then(Value::as_str).filter(|code| is_currency(code));
        if amount.is_none() {
            let pointer = pointer_to(&pointer_to(self.base, key), "amount_minor");
            let detail = "A whole number of minor units, zero or more, below 2^53.";
            self.problems.push(Problem::new(pointer, "invalid_amount", detail));
        }
        if currency.is_none() {
            let pointer = pointer_to(&pointer_to(self.base, key), "currency");
            self.problems.push(Problem::new(pointer, "invalid_currency", "An ISO 4217 code such as EUR."));
        }
        Some(Money { amount_minor: amount?, currency: currency?.to_owned() })
    }

    /// An object that names exactly one identifier.
    pub(super) fn one_identifier(
        &mut self,
        key: &str,
        source: &str,
        region: Option<&str>,
    ) -> Option<Identifier> {
        let before = self.problems.len();
        let Some(object) = self.object(key) else {
            if self.problems.len() == before {
                self.missing(key);
            }
            return None;
        };
        let base = pointer_to(self.base, key);
        let found = identifiers_of(&base, &object, source, region, self.problems);
        if self.problems.len() > before {
            return None;
        }
        let [identifier] = found.as_slice() else {
            self.problem(key, "exactly_one", "Name exactly one of email, phone, external_id, anonymous_id.");
            return None;
        };
        self.keep(key, Map::from_iter([(identifier.kind().key().to_owned(), identifier.value().into())]));
        Some(identifier.clone())
    }

    /// Refuses what nobody asked for: outside `data` a key that means nothing is a mistake of the sender.
    pub(super) fn refuse_unknown(self) {
        for key in self.given.keys() {
            let pointer = pointer_to(self.base, key);
            let detail = "No such key here; what else you know of the fact belongs into data.";
            self.problems.push(Problem::new(pointer, "unknown_key", detail));
        }
    }

    /// The canonical object: what was asked for, and under `extra` what was not. A given `extra` is taken as that.
    pub(super) fn finish(mut self) -> Map<String, Value> {
        let mut extra = match self.given.remove("extra") {
            Some(Value::Object(extra)) => extra,
            Some(other) => Map::from_iter([("extra".to_owned(), other)]),
            None => Map::new(),
        };
        extra.append(&mut self.given);
        if !extra.is_empty() {
            self.kept.insert("extra".to_owned(), extra.into());
        }
        self.kept
    }
}

/// Without a copy where there is nothing to trim.
fn trimmed(text: String) -> String {
    if text.trim().len() == text.len() { text } else { text.trim().to_owned() }
}

fn whole_number(value: &Value) -> Option<i64> {
    let exact = |n: f64| n.fract() == 0.0 && n.abs() <= AMOUNT_MAX as f64;
    value.as_i64().or_else(|| value.as_f64().filter(|n| exact(*n)).map(|n| n as i64))
}

/// The identifiers that an object names; problems are collected.
pub(super) fn identifiers_of(
    base: &str,
    object: &Map<String, Value>,
    source: &str,
    region: Option<&str>,
    problems: &mut Vec<Problem>,
) -> Vec<Identifier> {
    let mut found = Vec::new();
    for (key, value) in object.iter().filter(|(_, value)| !value.is_null()) {
        match identifier_of(key, value, source, region) {
            Ok(identifier) => found.push(identifier),
            Err((code, detail)) => problems.push(Problem::new(pointer_to(base, key), code, detail)),
        }
    }
    found
}

/// One identifier, or what is wrong with it.
fn identifier_of(
    key: &str,
    value: &Value,
    source: &str,
    region: Option<&str>,
) -> Result<Identifier, (&'static str, String)> {
    let kind = IdentifierKind::from_key(key).ok_or(("unknown_key", "Not an identifier.".to_owned()))?;
    let text = value.as_str().ok_or(("wrong_type", "This must be a string.".to_owned()))?;
    Identifier::parse(kind, text, source, region).map_err(|invalid| (invalid.code(), invalid.to_string()))
}
