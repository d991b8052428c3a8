//! The `Idempotency-Key` header: a request sent again under the same key makes the same facts again.

use actix_web::http::header::{HeaderMap, HeaderName};
use service_kit::problem::{Code, Problem};

/// The header.
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The most characters of a key.
const KEY_MAX: usize = 255;

/// A key that a caller gave to a request. Nothing of it is remembered: the ids of the request's facts derive from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IdempotencyKey(pub(crate) String);

impl IdempotencyKey {
    /// The key of a request, if it has one; quoted as the draft standard wants it, or bare.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Option<Self>, Problem> {
        let mut given = headers.get_all(IDEMPOTENCY_KEY);
        let Some(first) = given.next() else { return Ok(None) };
        let text = first.to_str().map_err(|_| unusable())?.trim();
        let bare = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
        let usable = (1..=KEY_MAX).contains(&bare.len()) && bare.bytes().all(|byte| byte.is_ascii_graphic());
        if usable && given.next().is_none() { Ok(Some(Self(bare.to_owned()))) } else { Err(unusable()) }
    }

    /// The key of a post to a form: another one than the same text for another form, or for facts of the same source.
    pub(crate) fn for_form(self, form: &str) -> Self {
        Self(format!("form {form} {}", self.0))
    }
}

fn unusable() -> Problem {
    let detail = "An Idempotency-Key has 1 to 255 visible ASCII characters, and a request has one of them.";
    Problem::new(Code::InvalidIdempotencyKey).detail(detail)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn key(values: &[&str]) -> Result<Option<String>, Code> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(IDEMPOTENCY_KEY, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        IdempotencyKey::of(&headers).map(|key| key.map(|key| key.0)).map_err(|problem| problem.code())
    }

    #[test]
    fn a_key_is_taken_quoted_or_bare() {
        assert_eq!(key(&[]), Ok(None));
        assert_eq!(key(&["r-1"]), Ok(Some("r-1".to_owned())));
        assert_eq!(key(&["\"r-1\""]), Ok(Some("r-1".to_owned())));
        assert_eq!(key(&[&"k".repeat(255)]), Ok(Some("k".repeat(255))));
    }

    #[test]
    fn a_key_that_is_empty_long_unreadable_or_doubled_is_refused() {
        for values in [vec![""], vec!["\"\""], vec!["a b"], vec!["é"], vec!["a", "a"], vec![&"k".repeat(256)]]
        {
            assert_eq!(key(&values), Err(Code::InvalidIdempotencyKey), "{values:?}");
        }
    }
}
