//! The parameters of a query string: each read once by its name and type; everything wrong with them told at once.

use std::collections::BTreeMap;
use std::str::FromStr;

use actix_web::HttpRequest;
use actix_web::web::Query;
use event_log::Position;
use lead_domain::{Instant, sha256_hex};
use service_kit::problem::{Code, Problem, ProblemError};

/// The most values that a comma may hold apart in one parameter.
const LIST_MAX: usize = 100;

/// Parameters that tell where to go on and how far, not what is asked for.
const PAGING: [&str; 3] = ["cursor", "limit", "min_position"];

/// What the caller gave, what of it was read, and what is wrong.
#[derive(Debug, Default)]
pub(crate) struct Parameters {
    given: BTreeMap<String, String>,
    known: Vec<&'static str>,
    errors: Vec<ProblemError>,
}

impl Parameters {
    /// Takes the query string of a request apart.
    pub(crate) fn of(request: &HttpRequest) -> Self {
        let mut parameters = Self::default();
        // Any text is a list of pairs to this parser: it keeps what it cannot decode as replacement characters.
        let pairs = Query::<Vec<(String, String)>>::from_query(request.query_string());
        for (name, value) in pairs.map(Query::into_inner).unwrap_or_default() {
            parameters.put(name, value);
        }
        parameters
    }

    fn put(&mut self, name: String, value: String) {
        if value.contains(|c: char| c.is_control() || c == char::REPLACEMENT_CHARACTER) {
            self.error(&name, "invalid_text", "This must be UTF-8 text without control characters.");
        } else if self.given.contains_key(&name) {
            self.error(
                &name,
                "repeated",
                "This parameter is given twice; a comma means one of several values.",
            );
        }
        self.given.insert(name, value);
    }

    /// What distinguishes this question from others, as a hash: every parameter but those of paging.
    pub(crate) fn fingerprint(&self) -> String {
        let asked = self.given.iter().filter(|(name, _)| !PAGING.contains(&name.as_str()));
        sha256_hex(format!("{:?}", asked.collect::<Vec<_>>()).as_bytes())
    }

    /// Notes that the value of `name` is wrong. `detail` must not repeat it.
    pub(crate) fn error(&mut self, name: &str, code: &'static str, detail: impl Into<String>) {
        self.errors.push(ProblemError { pointer: pointer(name), code: code.into(), detail: detail.into() });
    }

    /// Changes what was given before it is read.
    pub(crate) fn amend(&mut self, name: &str, change: impl Fn(&str) -> String) {
        if let Some(value) = self.given.get_mut(name) {
            *value = change(value);
        }
    }

    /// The trimmed text of a parameter; an empty one is wrong.
    pub(crate) fn text(&mut self, name: &'static str) -> Option<String> {
        self.known.push(name);
        let text = self.given.get(name)?.trim().to_owned();
        if text.is_empty() {
            self.error(name, "empty", "This parameter has no value; leave it out to mean any.");
            return None;
        }
        Some(text)
    }

    /// A value with a text form of its own.
    pub(crate) fn parsed<T: FromStr>(
        &mut self,
        name: &'static str,
        code: &'static str,
        expected: &str,
    ) -> Option<T> {
        let value = self.text(name)?.parse().ok();
        if value.is_none() {
            self.error(name, code, expected);
        }
        value
    }

    /// The values that commas hold apart, without repeats.
    pub(crate) fn list(&mut self, name: &'static str) -> Vec<String> {
        let text = self.text(name).unwrap_or_default();
        let mut values: Vec<String> =
            text.split(',').map(str::trim).filter(|value| !value.is_empty()).map(ToOwned::to_owned).collect();
        values.sort();
        values.dedup();
        if values.is_empty() && !text.is_empty() {
            self.error(name, "empty", "There is no value between the commas.");
        }
        if values.len() > LIST_MAX {
            self.error(name, "too_many", format!("At most {LIST_MAX} values."));
        }
        values
    }

    /// Values out of a fixed set.
    pub(crate) fn codes(&mut self, name: &'static str, known: &[&str]) -> Vec<String> {
        let values = self.list(name);
        if values.iter().any(|value| !known.contains(&value.as_str())) {
            self.error(name, "unknown_value", format!("Known values are {}.", known.join(", ")));
        }
        values
    }

    /// `true` or `false`; false when it is not given.
    pub(crate) fn flag(&mut self, name: &'static str) -> bool {
        self.parsed(name, "not_a_boolean", "This must be true or false.").unwrap_or(false)
    }

    /// An RFC 3339 date-time.
    pub(crate) fn instant(&mut self, name: &'static str) -> Option<Instant> {
        let text = self.text(name)?;
        let instant = text.parse().ok();
        if instant.is_none() {
            self.error(name, "not_an_instant", instant_hint(&text));
        }
        instant
    }

    /// `[from, to)`; either may be missing.
    pub(crate) fn period(&mut self) -> (Option<Instant>, Option<Instant>) {
        self.between("from", "to")
    }

    /// `[from, to)` under these names.
    pub(crate) fn between(
        &mut self,
        from_name: &'static str,
        to_name: &'static str,
    ) -> (Option<Instant>, Option<Instant>) {
        let (from, to) = (self.instant(from_name), self.instant(to_name));
        if from.zip(to).is_some_and(|(from, to)| to < from) {
            self.error(to_name, "out_of_range", format!("This must not be before `{from_name}`."));
        }
        (from, to)
    }

    /// One of a few names, and what it stands for.
    pub(crate) fn one_of<T: Copy>(
        &mut self,
        name: &'static str,
        known: &[(&'static str, T)],
    ) -> Option<(&'static str, T)> {
        let text = self.text(name)?;
        let found = known.iter().find(|(known, _)| *known == text).copied();
        if found.is_none() {
            let names: Vec<&str> = known.iter().map(|(name, _)| *name).collect();
            self.error(name, "unknown_value", format!("Known values are {}.", names.join(", ")));
        }
        found
    }

    /// A number within bounds.
    pub(crate) fn number_between(&mut self, name: &'static str, least: u32, most: u32) -> Option<u32> {
        let expected = format!("This must be a whole number from {least} to {most}.");
        let number = self.parsed::<u32>(name, "out_of_range", &expected)?;
        if !(least..=most).contains(&number) {
            self.error(name, "out_of_range", expected);
        }
        Some(number)
    }

    /// How many rows a page has.
    pub(crate) fn limit(&mut self) -> u32 {
        self.number_between("limit", 1, LIMIT_MAX).unwrap_or(LIMIT_DEFAULT)
    }

    /// How far the read model must have come before it answers.
    ///
    /// # Errors
    /// When it is no position as a 202 tells it.
    pub(crate) fn min_position(&mut self) -> Result<Option<Position>, Problem> {
        let Some(text) = self.text("min_position") else { return Ok(None) };
        text.parse().map(Some).map_err(|_| {
            Problem::new(Code::InvalidPosition).error(
                "/min_position",
                "invalid_position",
                "Pass the position of a 202 as it was given.",
            )
        })
    }

    /// Nothing was wrong, and nothing is left that nobody asked for.
    ///
    /// # Errors
    /// Everything that is wrong with the query string.
    pub(crate) fn finish(mut self) -> Result<(), Problem> {
        let unknown: Vec<String> =
            self.given.keys().filter(|name| !self.known.contains(&name.as_str())).cloned().collect();
        for name in unknown {
            let detail = unknown_parameter(&name, &self.known);
            self.error(&name, "unknown_parameter", detail);
        }
        if self.errors.is_empty() {
            Ok(())
        } else {
            Err(Problem::new(Code::InvalidParameter).errors(self.errors))
        }
    }
}

/// The most rows of one page.
pub(crate) const LIMIT_MAX: u32 = 200;
/// The rows of a page when nobody says.
pub(crate) const LIMIT_DEFAULT: u32 = 50;

/// The longest name of a parameter that is repeated in an answer: a longer one is no slip of the pen.
const NAME_MAX: usize = 64;

fn pointer(name: &str) -> String {
    let plain = name.len() <= NAME_MAX
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    if plain { format!("/{name}") } else { String::new() }
}

fn unknown_parameter(name: &str, known: &[&'static str]) -> String {
    let distance = |known: &&str| strsim::damerau_levenshtein(known, name);
    let near = if name.len() <= NAME_MAX { known.iter().min_by_key(|known| distance(known)) } else { None };
    match near.filter(|known| distance(known) <= 1 + name.len() / 3) {
        Some(nearest) => format!("No such parameter. Did you mean `{nearest}`?"),
        None => "No such parameter.".to_owned(),
    }
}

fn instant_hint(text: &str) -> &'static str {
    if text.contains(' ') {
        "A + in a query string means a blank: write the offset as %2B02:00, or use Z as in 2026-02-03T09:10:00Z."
    } else {
        "This must be an RFC 3339 date-time with an offset, such as 2026-02-03T09:10:00Z."
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use service_kit::problem::Problem;

    use super::*;

    fn parameters(query: &str) -> Parameters {
        Parameters::of(&TestRequest::with_uri(&format!("/?{query}")).to_http_request())
    }

    fn errors(problem: &Problem) -> Vec<(String, String)> {
        let json = serde_json::to_value(problem).unwrap();
        let text = |error: &serde_json::Value, key: &str| error[key].as_str().unwrap().to_owned();
        json["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|error| (text(error, "pointer"), text(error, "code")))
            .collect()
    }

    #[test]
    fn everything_wrong_is_told_at_once_with_a_pointer_to_the_parameter() {
        let mut given =
            parameters("stage=x&limit=0&created_from=2026-01-01&anonymous=yes&q=%00&owner=&stag=lead");
        given.codes("stage", &["lead"]);
        given.limit();
        given.instant("created_from");
        given.flag("anonymous");
        given.text("q");
        given.list("owner");
        let expected = [
            ("/q", "invalid_text"),
            ("/stage", "unknown_value"),
            ("/limit", "out_of_range"),
            ("/created_from", "not_an_instant"),
            ("/anonymous", "not_a_boolean"),
            ("/owner", "empty"),
            ("/stag", "unknown_parameter"),
        ];
        let found = errors(&given.finish().unwrap_err());
        assert_eq!(found, expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned())));
    }

    #[test]
    fn an_unescaped_plus_in_an_instant_is_explained() {
        let mut given = parameters("as_of=2026-01-01T00:00:00+02:00");
        assert_eq!(given.instant("as_of"), None);
        let problem = serde_json::to_value(given.finish().unwrap_err()).unwrap();
        assert!(problem["errors"][0]["detail"].as_str().unwrap().contains("%2B"), "{problem}");
        let mut escaped = parameters("as_of=2026-01-01T00:00:00%2B02:00");
        assert_eq!(escaped.instant("as_of").unwrap().to_string(), "2025-12-31T22:00:00.000Z");
    }

    #[test]
    fn a_repeated_parameter_and_bytes_that_are_no_text_are_refused() {
        let mut given = parameters("role=a&role=b&group=%ff");
        given.list("role");
        given.list("group");
        let found = errors(&given.finish().unwrap_err());
        assert_eq!(
            found,
            [("/role", "repeated"), ("/group", "invalid_text")].map(|(p, c)| (p.to_owned(), c.to_owned()))
        );
    }

    #[test]
    fn the_fingerprint_is_of_the_question_not_of_the_page() {
        let question = parameters("stage=lead&sort=name").fingerprint();
        assert_eq!(
            question,
            parameters("sort=name&limit=3&stage=lead&cursor=x&min_position=0-1").fingerprint()
        );
        assert_ne!(question, parameters("sort=name").fingerprint());
    }

    #[test]
    fn commas_mean_one_of() {
        assert_eq!(parameters("role=press,%20partner,,press").list("role"), ["partner", "press"]);
    }
}
