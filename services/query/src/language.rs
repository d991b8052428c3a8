//! The language of sentences, by the request's `Accept-Language`.

use actix_web::http::header::{AcceptLanguage, CONTENT_LANGUAGE, Header, HeaderName, VARY};
use actix_web::{HttpRequest, HttpResponse};

/// The languages that sentences are told in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    French,
    Dutch,
}

impl Language {
    /// The first of the caller's languages that we speak, in its order of preference; else English.
    pub(crate) fn of(request: &HttpRequest) -> Self {
        let wanted = AcceptLanguage::parse(request).map(|header| header.ranked()).unwrap_or_default();
        let spoken =
            |tag: &str| [Self::English, Self::French, Self::Dutch].into_iter().find(|one| one.tag() == tag);
        let tags = wanted.iter().filter_map(|preference| preference.item());
        tags.filter_map(|tag| spoken(tag.primary_language())).next().unwrap_or(Self::English)
    }

    const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
            Self::Dutch => "nl",
        }
    }

    /// Tells the caller which language it is, and caches that another one could have been.
    pub(crate) fn note_in(self, answer: &mut HttpResponse) {
        let headers: [(HeaderName, &str); 2] = [(CONTENT_LANGUAGE, self.tag()), (VARY, "Accept-Language")];
        for (name, value) in headers {
            answer.headers_mut().insert(name, actix_web::http::header::HeaderValue::from_static(value));
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn asked(header: &str) -> Language {
        Language::of(&TestRequest::default().insert_header(("Accept-Language", header)).to_http_request())
    }

    #[test]
    fn the_most_preferred_language_that_we_speak_is_told() {
        assert_eq!(asked("fr-BE, nl;q=0.8"), Language::French);
        assert_eq!(asked("de, nl-NL;q=0.7, en;q=0.5"), Language::Dutch);
        assert_eq!(asked("en;q=0.3, nl;q=0.9"), Language::Dutch);
        for header in ["", "de", "*", "not a language;;;", "\u{e9}"] {
            assert_eq!(asked(header), Language::English, "{header}");
        }
        assert_eq!(Language::of(&TestRequest::default().to_http_request()), Language::English);
    }
}
