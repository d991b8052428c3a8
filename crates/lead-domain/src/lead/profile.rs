//! What is known of the person or organisation: per field, the latest fact that sets it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::changed::Changed;
use crate::fact::{Fact, FactType, NAME_MAX, PROFILE_TEXTS, profile_of};
use crate::identity::IdentifierKind;
use crate::instant::Date;

/// The fields that are known, under their names in `profile.updated`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Profile(Map<String, Value>);

impl Profile {
    /// A text field, if it is known.
    #[must_use]
    pub fn text(&self, field: &str) -> Option<&str> {
        self.0.get(field).and_then(Value::as_str)
    }

    /// How many people the company has, if that is known.
    #[must_use]
    pub fn company_size(&self) -> Option<&serde_json::Number> {
        self.0.get("company_size").and_then(Value::as_number)
    }

    /// The company's own fields.
    #[must_use]
    pub fn attributes(&self) -> Option<&Map<String, Value>> {
        self.0.get("attributes").and_then(Value::as_object)
    }

    /// The name as it is shown: the full name, else first and last name.
    #[must_use]
    pub fn display_name(&self) -> Option<String> {
        if let Some(name) = self.text("name") {
            return Some(name.to_owned());
        }
        let parts: Vec<&str> =
            ["first_name", "last_name"].iter().filter_map(|part| self.text(part)).collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }

    /// A field, or what stands in it under further keys.
    pub(super) fn at(&self, field: &str, keys: &[String]) -> Option<&Value> {
        keys.iter().fold(self.0.get(field), |value, key| value.and_then(|value| value.get(key)))
    }

    /// Takes in what a fact tells, and tells what that changed. What the data say wins over the identifiers.
    pub(super) fn learn(&mut self, fact: &Fact) -> Changed {
        let mut learner = Learner { profile: &mut self.0, changed: Changed::default() };
        for (field, value) in told_by(fact) {
            learner.set(field, value);
        }
        if fact.kind == FactType::ProfileUpdated {
            learner.learn_attributes(fact.data.get("attributes"));
        }
        learner.changed
    }
}

/// What a fact says of each field, attributes apart; null clears it.
fn told_by(fact: &Fact) -> BTreeMap<&'static str, Value> {
    let identifiers = [IdentifierKind::Email, IdentifierKind::Phone].into_iter();
    let named = identifiers.filter_map(|kind| Some((kind.key(), fact.identifier(kind)?.value().into())));
    let mut told: BTreeMap<&'static str, Value> = named.collect();
    if fact.kind == FactType::ProfileUpdated {
        let fields = PROFILE_TEXTS.iter().copied().chain(["company_size"]);
        told.extend(fields.filter_map(|field| Some((field, fact.data.get(field)?.clone()))));
    } else if fact.kind == FactType::FormSubmitted {
        // A form says what the person typed: what does not fit a field leaves it alone.
        let fields = fact.data.get("fields").and_then(Value::as_object);
        let typed = fields.map(profile_of).unwrap_or_default();
        told.extend(typed.into_iter().filter_map(|(field, typed)| Some((field, typed_value(field, typed)?))));
    }
    told
}

/// Writes a profile, and notes what that changes.
struct Learner<'p> {
    profile: &'p mut Map<String, Value>,
    changed: Changed,
}

impl Learner<'_> {
    fn set(&mut self, key: &str, value: Value) {
        if replace(self.profile, key, value) {
            self.changed.note(key);
            let is_part_of_name = ["first_name", "last_name"].contains(&key);
            if is_part_of_name && !self.profile.contains_key("name") {
                self.changed.note("name");
            }
        }
    }

    fn learn_attributes(&mut self, given: Option<&Value>) {
        match given {
            Some(Value::Object(attributes)) => self.merge(attributes),
            Some(Value::Null) => {
                let known = self.profile.remove("attributes");
                let keys = known.iter().filter_map(Value::as_object).flat_map(Map::keys);
                keys.for_each(|key| self.changed.note_attribute(key));
            }
            _ => {}
        }
    }

    /// Key by key; null clears a key, too, and an empty text changes nothing.
    fn merge(&mut self, given: &Map<String, Value>) {
        let entry = self.profile.entry("attributes").or_insert_with(|| Map::new().into());
        let Value::Object(attributes) = entry else { return };
        for (key, value) in given {
            let value = value.as_str().map_or_else(|| value.clone(), |text| text.trim().into());
            if value != "" && replace(attributes, key, value) {
                self.changed.note_attribute(key);
            }
        }
    }
}

/// Whether the value is another one now; null removes it.
fn replace(values: &mut Map<String, Value>, key: &str, value: Value) -> bool {
    let stays = values.get(key).map_or(value.is_null(), |known| *known == value);
    if stays {
        return false;
    }
    if value.is_null() {
        values.remove(key);
    } else {
        values.insert(key.to_owned(), value);
    }
    true
}

/// What was typed into a form, as the field keeps it.
fn typed_value(key: &str, typed: &Value) -> Option<Value> {
    let text = match typed {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Null => return Some(Value::Null),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    let fits = !text.is_empty() && text.chars().count() <= NAME_MAX;
    match key {
        _ if !fits => None,
        "company_size" => text.parse::<serde_json::Number>().ok().map(Value::Number),
        "birth_date" => text.parse::<Date>().is_ok().then(|| text.into()),
        _ => Some(text.into()),
    }
}
