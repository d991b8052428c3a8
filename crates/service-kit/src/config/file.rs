//! The file `batea.yaml`: read once, with the place of everything in it.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read};
use std::path::Path;

use serde_json::{Map, Value};

use super::args::ConfigArgs;
use super::place::{ConfigErrors, ConfigProblem, Place, unknown_key};
use super::yaml;

/// The file that is read when none is named, if it is there.
pub const DEFAULT_FILE: &str = "batea.yaml";

/// The sections of a configuration file that mean something today.
const SECTIONS: [&str; 6] = ["region", "sites", "forms", "keys", "segments", "policy"];
/// Sections of releases to come; a file may have them already.
const LATER: [&str; 3] = ["sources", "webhooks", "retention"];
/// The most bytes that are read of a file.
const MAX_BYTES: u64 = 1024 * 1024;

/// What a company decides. Every section has a default, so that an empty or absent file is valid.
#[derive(Clone, Debug, Default)]
pub struct ConfigFile {
    name: String,
    is_there: bool,
    sections: Map<String, Value>,
    places: BTreeMap<String, Place>,
    warnings: Vec<ConfigProblem>,
    unknown: Vec<ConfigProblem>,
}

impl ConfigFile {
    /// The file that was named, else `batea.yaml` of the working directory if it is there, else an empty one.
    ///
    /// # Errors
    /// When it cannot be read, is no YAML, or has sections that nobody knows.
    pub fn load(args: &ConfigArgs) -> Result<Self, ConfigErrors> {
        let file = Self::load_with_unknown(args)?;
        file.unknown_sections().map(|()| file)
    }

    /// The same for who reads all sections, and tells of [unknown ones](Self::unknown_sections) with what else is wrong.
    ///
    /// # Errors
    /// When it cannot be read, or is no YAML.
    pub fn load_with_unknown(args: &ConfigArgs) -> Result<Self, ConfigErrors> {
        let named = args.path();
        let path = named.unwrap_or(Path::new(DEFAULT_FILE));
        match bytes_of(path) {
            Ok(bytes) => Self::parse(&path.display().to_string(), &bytes),
            Err(error) if error.kind() == ErrorKind::NotFound && named.is_none() => Ok(Self::empty()),
            Err(error) => {
                Err(whole(&path.display().to_string(), format!("The file cannot be read: {error}.")))
            }
        }
    }

    /// What holds without a file.
    #[must_use]
    pub fn empty() -> Self {
        Self { name: DEFAULT_FILE.to_owned(), ..Self::default() }
    }

    /// Reads the text of a file of this name.
    ///
    /// # Errors
    /// When it is no YAML.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self, ConfigErrors> {
        let text = utf8(name, bytes)?;
        let document = yaml::read(text).map_err(|(place, detail)| {
            ConfigErrors(vec![ConfigProblem { file: name.to_owned(), place: Some(place), detail }])
        })?;
        let mut file =
            Self { name: name.to_owned(), is_there: true, places: document.places, ..Self::default() };
        file.sections = match document.value {
            Value::Object(sections) => sections,
            Value::Null => Map::new(),
            Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
                return Err(ConfigErrors(vec![file.problem("", "The file must be a mapping of sections.")]));
            }
        };
        Ok(file.with_sections_judged())
    }

    fn with_sections_judged(mut self) -> Self {
        for section in self.sections.keys() {
            let pointer = format!("/{section}");
            if LATER.contains(&section.as_str()) {
                self.warnings
                    .push(self.problem(&pointer, format!("The section `{section}` has no effect yet.")));
            } else if !SECTIONS.contains(&section.as_str()) {
                let known = [SECTIONS.as_slice(), &LATER].concat();
                self.unknown.push(self.problem(&pointer, unknown_key("section", section, &known)));
            }
        }
        self
    }

    /// Refuses sections that nobody knows.
    ///
    /// # Errors
    /// Each of them.
    pub fn unknown_sections(&self) -> Result<(), ConfigErrors> {
        ConfigErrors(self.unknown.clone()).or(())
    }

    /// Its name, as it was given.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether a file was read; else the defaults hold.
    #[must_use]
    pub const fn is_there(&self) -> bool {
        self.is_there
    }

    /// A section; null when it is absent.
    #[must_use]
    pub fn section(&self, name: &str) -> &Value {
        self.sections.get(name).unwrap_or(&Value::Null)
    }

    /// What is valid, but does nothing.
    #[must_use]
    pub fn warnings(&self) -> &[ConfigProblem] {
        &self.warnings
    }

    /// Something wrong at a JSON pointer from the root, such as `/forms/0/site`.
    #[must_use]
    pub fn problem(&self, pointer: &str, detail: impl Into<String>) -> ConfigProblem {
        ConfigProblem { file: self.name.clone(), place: self.place(pointer), detail: detail.into() }
    }

    /// Several things wrong, at JSON pointers from `base`, such as `/policy`.
    #[must_use]
    pub fn problems(&self, base: &str, found: impl IntoIterator<Item = (String, String)>) -> ConfigErrors {
        let located = |(pointer, detail): (String, String)| self.problem(&format!("{base}{pointer}"), detail);
        ConfigErrors(found.into_iter().map(located).collect())
    }

    /// The place of a value, or of the nearest one around it that has a place.
    fn place(&self, pointer: &str) -> Option<Place> {
        let mut pointer = pointer;
        loop {
            if let Some(place) = self.places.get(pointer) {
                return Some(*place);
            }
            (pointer, _) = pointer.rsplit_once('/')?;
        }
    }
}

fn bytes_of(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn utf8<'b>(name: &str, bytes: &'b [u8]) -> Result<&'b str, ConfigErrors> {
    if bytes.len() as u64 > MAX_BYTES {
        return Err(whole(name, format!("The file has more than {MAX_BYTES} bytes.")));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = 1 + valid.iter().filter(|byte| **byte == b'\n').count();
        let column = 1 + valid.iter().rev().take_while(|byte| **byte != b'\n').count();
        let place = Some(Place { line, column });
        let detail = "The file is not UTF-8 from here on.".to_owned();
        ConfigErrors(vec![ConfigProblem { file: name.to_owned(), place, detail }])
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

fn whole(name: &str, detail: String) -> ConfigErrors {
    ConfigErrors(vec![ConfigProblem { file: name.to_owned(), place: None, detail }])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn wrong(bytes: &[u8]) -> String {
        ConfigFile::parse("batea.yaml", bytes).unwrap_err().to_string()
    }

    #[test]
    fn sections_are_found_and_absent_ones_are_null() {
        let file = ConfigFile::parse("batea.yaml", "\u{feff}region: FR\n".as_bytes()).unwrap();
        assert_eq!((file.section("region"), file.section("forms")), (&json!("FR"), &Value::Null));
        assert_eq!(ConfigFile::parse("batea.yaml", b"").unwrap().section("region"), &Value::Null);
    }

    #[test]
    fn an_unknown_section_is_an_error_and_a_later_one_a_warning() {
        let file = ConfigFile::parse("batea.yaml", b"region: FR\nfroms: []\n").unwrap();
        assert_eq!(
            file.unknown_sections().unwrap_err().to_string(),
            "batea.yaml:2:1: There is no section `froms`. Did you mean `forms`?"
        );
        let file = ConfigFile::parse("batea.yaml", b"retention: {months: 36}\n").unwrap();
        let warnings: Vec<String> = file.warnings().iter().map(ToString::to_string).collect();
        assert_eq!(warnings, ["batea.yaml:1:1: The section `retention` has no effect yet."]);
    }

    #[test]
    fn problems_are_located_by_pointer_or_by_what_is_around() {
        let file = ConfigFile::parse("b.yaml", b"policy:\n  points:\n    - {rule: a}\n").unwrap();
        let found =
            [("/points/0/when".to_owned(), "Missing.".to_owned()), (String::new(), "Odd.".to_owned())];
        assert_eq!(file.problems("/policy", found).to_string(), "b.yaml:3:7: Missing.\nb.yaml:1:1: Odd.");
    }

    #[test]
    fn unreadable_files_say_why() {
        assert_eq!(wrong(b"region: FR\nx: \xff\n"), "batea.yaml:2:4: The file is not UTF-8 from here on.");
        assert_eq!(wrong(b"- a\n"), "batea.yaml:1:1: The file must be a mapping of sections.");
        let missing = ConfigFile::load(&ConfigArgs { config: Some("/nowhere/b.yaml".into()) }).unwrap_err();
        assert_eq!(
            missing.to_string(),
            "/nowhere/b.yaml: The file cannot be read: No such file or directory (os error 2)."
        );
    }
}
