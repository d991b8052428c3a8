//! What is known of the person or organisation: per field, the latest fact that sets it.

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

    /// Takes in what a fact tells, and tells what that changed. Identifiers first, so that what the data say wins.
    pub(super) fn learn(&mut self, fact: &Fact) -> Changed {
        let mut learner = Learner { profile: &mut self.0, changed: Changed::default() };
        for kind in [IdentifierKind::Email, IdentifierKind::Phone] {
            if let Some(identifier) = fact.identifier(kind) {
                learner.set(kind.key(), identifier.value().into());
            }
        }
        if fact.kind == FactType::ProfileUpdated {
            learner.update(&fact.data);
        } else if fact.kind == FactType::FormSubmitted {
            learner.learn_from_form(&fact.data);
        }
        learner.changed
    }
}

/// Writes a profile, and notes what that changes.
struct Learner<'p> {
    profile: &'p mut Map<String, Value>,
    changed: Changed,
}

impl Learner<'_> {
    fn update(&mut self, data: &Map<String, Value>) {
        for key in PROFILE_TEXTS.iter().copied().chain(["company_size"]) {
            if let Some(value) = data.get(key) {
                self.set(key, value.clone());
            }
        }
        match data.get("attributes") {
            Some(Value::Object(attributes)) => self.merge(attributes),
            Some(Value::Null) => self.set("attributes", Value::Null),
            _ => {}
        }
    }

    /// Null clears a field.
    fn set(&mut self, key: &str, value: Value) {
        if replace(self.profile, key, value) {
            self.changed.note(key);
            let is_part_of_name = ["first_name", "last_name"].contains(&key);
            if is_part_of_name && !self.profile.contains_key("name") {
                self.changed.note("name");
            }
        }
    }

    /// Key by key; null clears a key, too.
    fn merge(&mut self, given: &Map<String, Value>) {
        let entry = self.profile.entry("attributes").or_insert_with(|| Map::new().into());
        let Value::Object(attributes) = entry else { return };
        for (key, value) in given {
            if replace(attributes, key, value.clone()) {
                self.changed.note_attribute(key);
            }
        }
    }

    /// A form says what the person typed: what does not fit a field leaves it alone.
    fn learn_from_form(&mut self, data: &Map<String, Value>) {
        let Some(fields) = data.get("fields").and_then(Value::as_object) else { return };
        for (key, typed) in profile_of(fields) {
            if let Some(value) = typed_value(key, typed) {
                self.set(key, value);
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
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => return None,
    };
    let fits = !text.is_empty() && text.chars().count() <= NAME_MAX;
    match key {
        _ if !fits => None,
        "company_size" => text.parse::<serde_json::Number>().ok().map(Value::Number),
        "birth_date" => text.parse::<Date>().is_ok().then(|| text.into()),
        _ => Some(text.into()),
    }
}
