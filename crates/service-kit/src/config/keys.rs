//! The section `keys`: who may come in, by the hash of a secret.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::file::ConfigFile;
use super::place::{ConfigErrors, below, unknown_key};
use crate::auth::{ADMIN, Key, Scope};

/// What an entry may say.
const KNOWN: [&str; 4] = ["name", "hash", "scopes", "source"];
/// The most characters of a name.
const MAX_NAME: usize = 128;

impl ConfigFile {
    /// The keys of the section `keys`.
    ///
    /// # Errors
    /// Everything that is wrong with the section.
    pub fn keys(&self) -> Result<Vec<Key>, ConfigErrors> {
        let mut reading = Reading { file: self, errors: ConfigErrors::default() };
        let keys = match self.section("keys") {
            Value::Null => Vec::new(),
            Value::Array(entries) => {
                entries.iter().enumerate().filter_map(|(at, entry)| reading.entry(at, entry)).collect()
            }
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
                reading.wrong("/keys", "`keys` must be a list.");
                Vec::new()
            }
        };
        reading.refuse_twins(&keys);
        reading.errors.or(keys.into_iter().map(|(_, key)| key).collect())
    }
}

struct Reading<'f> {
    file: &'f ConfigFile,
    errors: ConfigErrors,
}

impl Reading<'_> {
    fn wrong(&mut self, pointer: &str, detail: impl Into<String>) {
        self.errors.0.push(self.file.problem(pointer, detail));
    }

    /// The key of an entry, with its place in the list; none when something is wrong with it.
    fn entry(&mut self, at: usize, entry: &Value) -> Option<(usize, Key)> {
        let base = format!("/keys/{at}");
        let Value::Object(entry) = entry else {
            self.wrong(&base, "A key must be a mapping of name, hash and scopes.");
            return None;
        };
        for key in entry.keys().filter(|key| !KNOWN.contains(&key.as_str())) {
            self.wrong(&below(&base, key), unknown_key("key of a key", key, &KNOWN));
        }
        let name = self.name(&base, entry, "name");
        let source =
            if entry.contains_key("source") { self.name(&base, entry, "source") } else { name.clone() };
        let hash = self.hash(&base, entry);
        let scopes = self.scopes(&base, entry);
        Some((at, Key::new(name?, source?, hash?, scopes?)))
    }

    fn name(&mut self, base: &str, entry: &Map<String, Value>, key: &str) -> Option<String> {
        let name = entry.get(key).and_then(Value::as_str).map(str::trim);
        let name = name.filter(|name| !name.is_empty() && name.chars().count() <= MAX_NAME);
        if name.is_none() {
            self.wrong(
                &format!("{base}/{key}"),
                format!("`{key}` must be a text of 1 to {MAX_NAME} characters."),
            );
        }
        name.map(str::to_owned)
    }

    fn hash(&mut self, base: &str, entry: &Map<String, Value>) -> Option<[u8; 32]> {
        let mut hash = [0; 32];
        let text = entry.get("hash").and_then(Value::as_str).unwrap_or_default();
        if hex::decode_to_slice(text.trim(), &mut hash).is_ok() {
            return Some(hash);
        }
        let detail =
            "`hash` must be the SHA-256 of the key in 64 hexadecimal digits; `batea keys add` prints it.";
        self.wrong(&format!("{base}/hash"), detail);
        None
    }

    fn scopes(&mut self, base: &str, entry: &Map<String, Value>) -> Option<BTreeSet<Scope>> {
        let pointer = format!("{base}/scopes");
        let names = entry.get("scopes").and_then(Value::as_array).filter(|names| !names.is_empty());
        let Some(names) = names else {
            self.wrong(&pointer, "`scopes` must be a list with at least one scope.");
            return None;
        };
        let scopes = names.iter().enumerate().map(|(at, name)| self.scope(&format!("{pointer}/{at}"), name));
        // All are looked at, so that all that are wrong are told.
        let scopes: Vec<Option<Scope>> = scopes.collect();
        scopes.into_iter().collect()
    }

    fn scope(&mut self, pointer: &str, name: &Value) -> Option<Scope> {
        let name = name.as_str().unwrap_or_default();
        let scope = Scope::named(name);
        if scope.is_none() {
            self.wrong(pointer, unknown_key("scope", name, &Scope::ALL.map(Scope::as_str)));
        }
        scope
    }

    /// Two keys of one name could not be told apart in answers and logs; two of one secret not at all.
    fn refuse_twins(&mut self, keys: &[(usize, Key)]) {
        for (index, (at, key)) in keys.iter().enumerate() {
            let before = keys.get(..index).unwrap_or_default();
            if key.name == ADMIN || before.iter().any(|(_, other)| other.name == key.name) {
                self.wrong(&format!("/keys/{at}/name"), "Another key has this name.");
            }
            if before.iter().any(|(_, other)| other.has_same_hash(key)) {
                self.wrong(&format!("/keys/{at}/hash"), "Another key has this hash.");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::hash_of;

    fn read(text: &str) -> Result<Vec<Key>, String> {
        ConfigFile::parse("b.yaml", text.as_bytes()).unwrap().keys().map_err(|errors| errors.to_string())
    }

    #[test]
    fn keys_have_their_name_as_source_unless_they_state_one() {
        let hash = hash_of("secret");
        let other = hash_of("other");
        let text = format!(
            "keys:\n  - {{name: crm, hash: \"{}\", scopes: [events:write, leads:read]}}\n  - {{name: b, hash: \"{}\", scopes: [admin], source: c}}\n",
            hex::encode(hash),
            hex::encode_upper(other)
        );
        let crm = Key::new("crm", "crm", hash, [Scope::EventsWrite, Scope::LeadsRead]);
        assert_eq!(read(&text), Ok(vec![crm, Key::new("b", "c", other, [Scope::Admin])]));
        assert_eq!(read("region: FR\n"), Ok(vec![]));
    }

    #[test]
    fn everything_wrong_is_told_with_its_place() {
        let hash = "ab".repeat(32);
        let text = format!(
            "keys:\n- nam: crm\n  a/b: 1\n  hash: short\n  scopes: [lead:read, 7]\n- {{name: a, hash: {hash}, scopes: [admin]}}\n- {{name: a, hash: {hash}, scopes: [admin]}}\n- 5\n"
        );
        let expected = "b.yaml:3:3: There is no key of a key `a/b`. Known are: name, hash, scopes, source.
b.yaml:2:3: There is no key of a key `nam`. Did you mean `name`?
b.yaml:2:3: `name` must be a text of 1 to 128 characters.
b.yaml:4:3: `hash` must be the SHA-256 of the key in 64 hexadecimal digits; `batea keys add` prints it.
b.yaml:5:12: There is no scope `lead:read`. Did you mean `leads:read`?
b.yaml:5:23: There is no scope ``. Known are: events:write, leads:read, leads:export, leads:erase, admin.
b.yaml:8:3: A key must be a mapping of name, hash and scopes.
b.yaml:7:4: Another key has this name.
b.yaml:7:13: Another key has this hash.";
        assert_eq!(read(&text), Err(expected.to_owned()));
        assert_eq!(read("keys: crm\n"), Err("b.yaml:1:1: `keys` must be a list.".to_owned()));
    }
}
