//! Reads `region`, `sites` and `forms`, and tells every mistake with its place.

use std::collections::BTreeSet;

use lead_domain::fact::Intent;
use lead_domain::identity::is_phone_region;
use serde_json::{Map, Value};
use service_kit::config::{ConfigErrors, ConfigFile, unknown_key};

use super::{Consent, Form, IngestConfig, Origin, Site};
use crate::form::is_redirect_target;

/// The longest name of a form or a site, in characters.
const NAME_MAX: usize = 128;

impl IngestConfig {
    /// Reads what concerns ingest.
    ///
    /// # Errors
    /// Everything that is wrong with it, each with its place in the file.
    pub fn read(file: &ConfigFile) -> Result<Self, ConfigErrors> {
        let mut reader = Reader::default();
        let mut config = Self { region: reader.region(file.section("region"), "/region"), ..Self::default() };
        let sites = reader.sites(file.section("sites"));
        for form in reader.forms(file.section("forms"), &sites, config.region.as_deref()) {
            config.add(form);
        }
        if reader.mistakes.is_empty() { Ok(config) } else { Err(file.problems("", reader.mistakes)) }
    }
}

/// Collects what is wrong: where, and what.
#[derive(Default)]
struct Reader {
    mistakes: Vec<(String, String)>,
}

/// One mapping of the file, at `at`.
struct Entry<'a> {
    at: String,
    keys: &'a Map<String, Value>,
}

impl Entry<'_> {
    fn pointer(&self, key: &str) -> String {
        format!("{}/{key}", self.at)
    }

    fn value(&self, key: &str) -> Option<&Value> {
        self.keys.get(key).filter(|value| !value.is_null())
    }
}

impl Reader {
    fn mistake(&mut self, pointer: impl Into<String>, detail: impl Into<String>) {
        self.mistakes.push((pointer.into(), detail.into()));
    }

    fn sites(&mut self, section: &Value) -> Vec<Site> {
        let mut names = BTreeSet::new();
        let mut sites = Vec::new();
        for entry in self.entries("sites", section, &["name", "origins", "region", "tracking"]) {
            let name = self.name(&entry, &mut names, "site");
            let origins = self.origins(&entry);
            let region =
                entry.value("region").and_then(|region| self.region(region, &entry.pointer("region")));
            if entry.value("tracking").is_some_and(|value| !value.is_boolean()) {
                self.mistake(entry.pointer("tracking"), "This must be true or false.");
            }
            sites.extend(name.map(|name| Site { name, origins, region }));
        }
        sites
    }

    fn forms(&mut self, section: &Value, sites: &[Site], region: Option<&str>) -> Vec<Form> {
        let mut names = BTreeSet::new();
        let mut forms = Vec::new();
        for entry in self.entries("forms", section, &["name", "site", "intent", "thank_you", "consent"]) {
            let name = self.name(&entry, &mut names, "form");
            if name.as_deref().is_some_and(|name| !name.bytes().all(is_path_byte)) {
                self.mistake(
                    entry.pointer("name"),
                    "A form's name has letters, digits, `-`, `_` and `.` only.",
                );
            }
            let mut site = self.site(&entry, sites);
            site.region = site.region.or_else(|| region.map(str::to_owned));
            let intent = self.intent(&entry);
            let thank_you = self.thank_you(&entry);
            let consent = self.consent(&entry);
            forms.extend(name.map(|name| Form { name, site, intent, thank_you, consent }));
        }
        forms
    }

    /// The mappings of a list, each without keys that nobody knows.
    fn entries<'a>(&mut self, name: &str, section: &'a Value, known: &[&str]) -> Vec<Entry<'a>> {
        let list = match section {
            Value::Null => &[],
            Value::Array(list) => list.as_slice(),
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
                self.mistake(format!("/{name}"), "This must be a list.");
                &[]
            }
        };
        let entry = |(index, value)| self.entry(format!("/{name}/{index}"), value, known);
        list.iter().enumerate().filter_map(entry).collect()
    }

    fn entry<'a>(&mut self, at: String, value: &'a Value, known: &[&str]) -> Option<Entry<'a>> {
        let Some(keys) = value.as_object() else {
            self.mistake(at, "This must be a mapping.");
            return None;
        };
        for key in keys.keys().filter(|key| !known.contains(&key.as_str())) {
            let pointer = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
            self.mistake(pointer, unknown_key("key", key, known));
        }
        Some(Entry { at, keys })
    }

    fn text(&mut self, entry: &Entry<'_>, key: &str) -> Option<String> {
        let text = entry.value(key)?.as_str().map(str::trim).filter(|text| !text.is_empty());
        if text.is_none() {
            self.mistake(entry.pointer(key), "This must be a text.");
        }
        text.map(str::to_owned)
    }

    fn required(&mut self, entry: &Entry<'_>, key: &str) -> Option<String> {
        if entry.value(key).is_none() {
            self.mistake(entry.at.clone(), format!("The key `{key}` is required."));
        }
        self.text(entry, key)
    }

    fn name(&mut self, entry: &Entry<'_>, taken: &mut BTreeSet<String>, what: &str) -> Option<String> {
        let name = self.required(entry, "name")?;
        if name.chars().count() > NAME_MAX {
            self.mistake(entry.pointer("name"), format!("A {what}'s name has up to {NAME_MAX} characters."));
        }
        if !taken.insert(name.clone()) {
            self.mistake(entry.pointer("name"), format!("There is a {what} of this name already."));
        }
        Some(name)
    }

    fn region(&mut self, value: &Value, pointer: &str) -> Option<String> {
        let region = match value {
            Value::Null => return None,
            Value::String(region) => region.trim().to_ascii_uppercase(),
            Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => String::new(),
        };
        if !is_phone_region(&region) {
            self.mistake(pointer, "This must be the two letters of a country, such as FR.");
            return None;
        }
        Some(region)
    }

    fn origins(&mut self, entry: &Entry<'_>) -> Vec<Origin> {
        let list = match entry.value("origins") {
            None => return Vec::new(),
            Some(Value::Array(list)) => list,
            Some(_) => {
                self.mistake(entry.pointer("origins"), "This must be a list of origins.");
                return Vec::new();
            }
        };
        let mut origins = Vec::new();
        for (index, value) in list.iter().enumerate() {
            match value.as_str().and_then(|text| Origin::parse(text.strip_suffix('/').unwrap_or(text))) {
                Some(origin) => origins.push(origin),
                None => self.mistake(
                    format!("{}/{index}", entry.pointer("origins")),
                    "This must be an origin, a web address without a path such as https://www.example.com.",
                ),
            }
        }
        origins
    }

    /// A form of no site in particular stands on the only one there is.
    fn site(&mut self, entry: &Entry<'_>, sites: &[Site]) -> Site {
        let named = self.text(entry, "site");
        let found = match (&named, sites) {
            (Some(name), _) => sites.iter().find(|site| site.name == *name),
            (None, []) => return Site::default(),
            (None, [only]) => Some(only),
            (None, _) => {
                self.mistake(entry.at.clone(), "There are several sites: name one by `site`.");
                None
            }
        };
        if let (Some(name), None) = (&named, found) {
            let known: Vec<&str> = sites.iter().map(|site| site.name.as_str()).collect();
            self.mistake(entry.pointer("site"), unknown_key("site", name, &known));
        }
        found.cloned().unwrap_or_default()
    }

    fn intent(&mut self, entry: &Entry<'_>) -> Intent {
        let Some(text) = self.text(entry, "intent") else { return Intent::Contact };
        text.parse().unwrap_or_else(|()| {
            let known: Vec<&str> = Intent::ALL.iter().map(|intent| intent.name()).collect();
            self.mistake(entry.pointer("intent"), unknown_key("intent", &text, &known));
            Intent::Contact
        })
    }

    fn thank_you(&mut self, entry: &Entry<'_>) -> Option<String> {
        let target = self.text(entry, "thank_you")?;
        if !is_redirect_target(&target) {
            let detail = "This must be a path such as /thanks, or a web address.";
            self.mistake(entry.pointer("thank_you"), detail);
        }
        Some(target)
    }

    fn consent(&mut self, entry: &Entry<'_>) -> Option<Consent> {
        let value = entry.value("consent")?;
        let consent = self.entry(entry.pointer("consent"), value, &["field", "purpose"])?;
        let field = self.required(&consent, "field");
        let purpose = self.required(&consent, "purpose");
        Some(Consent { field: field?, purpose: purpose? })
    }
}

const fn is_path_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}
