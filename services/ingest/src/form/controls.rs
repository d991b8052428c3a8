//! Parts the fields of a post: what the person said, what steers us, and where the form stood.

use serde_json::{Map, Value};

use super::pairs;

/// Control fields that other form services gave names without `_`, and the answers of captchas.
const CONTROLS: [&str; 10] = [
    "redirect",
    "redirect_to",
    "bot-field",
    "botcheck",
    "form-name",
    "access_key",
    "g-recaptcha-response",
    "h-captcha-response",
    "cf-turnstile-response",
    "altcha",
];
/// Where to go afterwards, under the names of several form services; the first usable one counts.
const NEXT: [&str; 4] = ["_next", "_redirect", "redirect", "redirect_to"];
/// The page on which the form stood.
const PAGE_URL: [&str; 2] = ["_page_url", "page_url"];
/// The page before that.
const REFERRER: [&str; 2] = ["_referrer", "referrer"];
/// What the name of a campaign parameter begins with.
const UTM: &str = "utm_";
/// The longest address that a fact keeps, in characters.
const ADDRESS_MAX: usize = 1_024;

/// A post, taken apart.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Post {
    /// What the person said.
    pub(super) fields: Map<String, Value>,
    /// Where to go afterwards, by preference.
    pub(super) next: Vec<String>,
    /// The page on which the form stood.
    pub(super) page_url: Option<String>,
    /// The page before that.
    pub(super) referrer: Option<String>,
    /// The campaign parameters, without `utm_`.
    pub(super) utm: Map<String, Value>,
}

impl Post {
    /// Takes the fields of a post apart. `referer` is the header.
    pub(super) fn of(mut fields: Map<String, Value>, referer: Option<&str>) -> Self {
        let next = NEXT.iter().filter_map(|name| text(&fields, name)).collect();
        let page_url =
            PAGE_URL.iter().find_map(|name| text(&fields, name)).or_else(|| referer.map(str::to_owned));
        let referrer = REFERRER.iter().find_map(|name| text(&fields, name));
        let utm = first_filled([
            utm_of(fields.iter().map(|(name, value)| (name.clone(), value.clone()))),
            utm_of_address(page_url.as_deref()),
            utm_of_address(referer),
        ]);
        fields.retain(|name, _| !is_control(name));
        let (page_url, referrer) = (page_url.and_then(fitting), referrer.and_then(fitting));
        Self { fields, next, page_url, referrer, utm }
    }
}

fn text(fields: &Map<String, Value>, name: &str) -> Option<String> {
    let text = fields.get(name)?.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn is_control(name: &str) -> bool {
    let moved = PAGE_URL.contains(&name) || REFERRER.contains(&name) || utm_name(name).is_some();
    name.starts_with('_') || CONTROLS.contains(&name) || moved
}

/// `source` of `utm_source`, however it is written.
fn utm_name(name: &str) -> Option<String> {
    let lower = name.trim().to_lowercase();
    lower.strip_prefix(UTM).filter(|rest| !rest.is_empty()).map(str::to_owned)
}

fn utm_of(pairs: impl Iterator<Item = (String, Value)>) -> Map<String, Value> {
    let filled = |value: &Value| !value.is_null() && value.as_str() != Some("");
    pairs
        .filter(|(_, value)| filled(value))
        .filter_map(|(name, value)| Some((utm_name(&name)?, value)))
        .collect()
}

fn utm_of_address(address: Option<&str>) -> Map<String, Value> {
    utm_of(pairs::of_query(address.unwrap_or_default()).map(|(name, value)| (name, value.into())))
}

fn first_filled<const N: usize>(found: [Map<String, Value>; N]) -> Map<String, Value> {
    found.into_iter().find(|map| !map.is_empty()).unwrap_or_default()
}

/// An address that is too long to keep loses its query, or is not kept: a post must not fail for it.
fn fitting(address: String) -> Option<String> {
    let fits = |address: &str| address.chars().count() <= ADDRESS_MAX;
    if fits(&address) {
        return Some(address);
    }
    let path = address.split(['?', '#']).next().unwrap_or_default();
    fits(path).then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn post(fields: Value, referer: Option<&str>) -> Post {
        let Value::Object(fields) = fields else { panic!("fields are an object") };
        Post::of(fields, referer)
    }

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn control_fields_steer_and_are_not_stored() {
        let fields = json!({
            "email": "ada@example.com", "topic": ["a", "b"], "_gotcha": "x", "_subject": "s", "_charset_": "utf-8",
            "g-recaptcha-response": "r", "form-name": "f", "_redirect": "/b", "redirect": "/c", "_next": " /a ",
            "_page_url": "https://www.example.com/prices", "referrer": "https://news.example/",
        });
        let expected = Post {
            fields: object(json!({"email": "ada@example.com", "topic": ["a", "b"]})),
            next: ["/a", "/b", "/c"].map(str::to_owned).into(),
            page_url: Some("https://www.example.com/prices".to_owned()),
            referrer: Some("https://news.example/".to_owned()),
            utm: Map::new(),
        };
        assert_eq!(post(fields, Some("https://www.example.com/")), expected);
    }

    #[test]
    fn utm_comes_from_the_fields_else_the_page_else_the_referer() {
        let page = "https://www.example.com/?utm_source=page&utm_id=7&q=x%20y#utm_term=no";
        let referer = "https://www.example.com/?UTM_Campaign=spring+mail";
        let of = |fields: Value| post(fields, Some(referer)).utm;
        assert_eq!(
            of(json!({"utm_source": "google", "UTM_Medium": "CPC", "utm_term": "", "page_url": page})),
            object(json!({"source": "google", "medium": "CPC"}))
        );
        assert_eq!(
            of(json!({"utm_source": "", "page_url": page})),
            object(json!({"source": "page", "id": "7"}))
        );
        assert_eq!(of(json!({"page_url": "/prices"})), object(json!({"campaign": "spring mail"})));
        assert_eq!(post(json!({"page_url": page, "utm_x": ""}), None).fields, Map::new());
    }

    #[test]
    fn an_address_too_long_to_keep_loses_its_query_or_is_left_out() {
        let long = format!("/page?q={}", "x".repeat(2_000));
        assert_eq!(post(json!({}), Some(&long)).page_url.as_deref(), Some("/page"));
        assert_eq!(post(json!({"page_url": "/x".repeat(2_000)}), None).page_url, None);
    }
}
