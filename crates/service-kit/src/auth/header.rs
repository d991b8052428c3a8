//! The key in an `Authorization` header.

use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The key that a request presents: `Bearer <key>`, or Basic with the key as user (whatever the password).
pub(super) fn presented_key(headers: &HeaderMap) -> Option<String> {
    let (scheme, rest) = headers.get(AUTHORIZATION)?.to_str().ok()?.trim().split_once(' ')?;
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        Some(rest.to_owned())
    } else if scheme.eq_ignore_ascii_case("basic") {
        let pair = String::from_utf8(STANDARD.decode(rest).ok()?).ok()?;
        Some(pair.split_once(':').map_or(pair.clone(), |(user, _)| user.to_owned()))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn key_in(value: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        presented_key(&headers)
    }

    #[test]
    fn a_key_is_a_bearer_token_or_the_user_of_basic() {
        assert_eq!(key_in("Bearer secret"), Some("secret".to_owned()));
        assert_eq!(key_in("bearer  secret "), Some("secret".to_owned()));
        assert_eq!(key_in("Basic c2VjcmV0Og=="), Some("secret".to_owned()));
        assert_eq!(key_in("Basic c2VjcmV0OnB3"), Some("secret".to_owned()));
        assert_eq!(key_in("basic c2VjcmV0"), Some("secret".to_owned()));
    }

    #[test]
    fn other_headers_present_no_key() {
        for value in ["", "secret", "Bearer", "Basic ???", "Basic /w==", "Digest secret", "B\u{e9}arer x"] {
            assert_eq!(key_in(value), None, "{value}");
        }
    }
}
