//! Who posts a form: from which page, and which kind of answer is understood there.

use actix_web::http::header::{
    self, ACCEPT, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, Accept, Header, HeaderName, HeaderValue, VARY,
};
use actix_web::{HttpRequest, HttpResponse};
use service_kit::problem::{Code, Problem};

use super::fields::Media;
use crate::config::{Form, Origin};

const REQUESTED_WITH: HeaderName = HeaderName::from_static("x-requested-with");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
/// Seconds for which browsers may remember the answer to a preflight request.
const PREFLIGHT_SECONDS: &str = "86400";

/// The page that posts.
#[derive(Debug)]
pub(super) struct Visitor {
    /// The `Origin` header, where it is allowed.
    origin: Option<HeaderValue>,
    /// Where the page is, if on one of the site's origins.
    page: Option<Origin>,
    /// The `Referer` header.
    referer: Option<String>,
    /// Where this server is, as the caller sees it.
    own_base: String,
    hosts: Vec<String>,
}

impl Visitor {
    /// Looks at the page that posts. No `Origin` is fine: the check holds back browsers, and only they send one.
    pub(super) fn of(request: &HttpRequest, form: &Form) -> Result<Self, Problem> {
        let headers = request.headers();
        let referer = headers.get(header::REFERER).and_then(|value| value.to_str().ok());
        let connection = request.connection_info();
        let mut visitor = Self {
            origin: None,
            page: None,
            referer: referer.map(str::to_owned),
            own_base: format!("{}://{}", connection.scheme(), connection.host()),
            hosts: hosts_of(request),
        };
        let mut origins = headers.get_all(header::ORIGIN);
        let claimed = match origins.next() {
            None => referer.and_then(Origin::of_url).map(|(origin, _)| origin),
            Some(given) => {
                let origin = given.to_str().ok().and_then(Origin::parse).filter(|_| origins.next().is_none());
                let origin = origin.filter(|origin| visitor.allows(form, origin)).ok_or_else(foreign)?;
                visitor.origin = Some(given.clone());
                Some(origin)
            }
        };
        visitor.page = claimed.filter(|origin| form.site.origins.contains(origin));
        Ok(visitor)
    }

    /// Whether an origin is one of the form's site, or ours.
    pub(super) fn allows(&self, form: &Form, origin: &Origin) -> bool {
        form.site.origins.contains(origin) || self.hosts.iter().any(|host| origin.is_host(host))
    }

    /// The origin of the page, if it is one of the form's site.
    pub(super) const fn page(&self) -> Option<&Origin> {
        self.page.as_ref()
    }

    /// The address of the page, as far as its browser tells.
    pub(super) fn referer(&self) -> Option<&str> {
        self.referer.as_deref()
    }

    /// A path of ours, such that a script on another page can go there.
    pub(super) fn absolute(&self, next: String) -> String {
        if self.page.is_some() && next.starts_with('/') { format!("{}{next}", self.own_base) } else { next }
    }

    /// Lets scripts of the page read the answer, also a refusal.
    pub(super) fn allow(&self, answer: Result<HttpResponse, Problem>) -> Result<HttpResponse, Problem> {
        let headers = self.cross_origin_headers();
        match answer {
            Ok(mut answer) => {
                for (name, value) in headers {
                    answer.headers_mut().append(name, value);
                }
                Ok(answer)
            }
            Err(problem) => {
                Err(headers.into_iter().fold(problem, |problem, (name, value)| problem.header(name, value)))
            }
        }
    }

    fn cross_origin_headers(&self) -> Vec<(HeaderName, HeaderValue)> {
        let mut headers = vec![(VARY, HeaderValue::from_static("Origin"))];
        if let Some(origin) = &self.origin {
            headers.push((ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone()));
            headers.push((ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("Retry-After")));
        }
        headers
    }
}

/// The names under which the caller may know us. A browser cannot be made to send the second one from a foreign page
/// without asking first, and then it is refused.
fn hosts_of(request: &HttpRequest) -> Vec<String> {
    let of = |name: HeaderName| request.headers().get(name)?.to_str().ok().map(str::to_owned);
    let authority = request.uri().authority().map(ToString::to_string);
    [of(header::HOST), of(FORWARDED_HOST), authority].into_iter().flatten().collect()
}

fn foreign() -> Problem {
    let detail = "Pages of this origin may not post to this form; the site's `origins` in the configuration list those that may.";
    Problem::new(Code::ForbiddenOrigin).detail(detail).header(VARY, HeaderValue::from_static("Origin"))
}

/// What browsers are told before they let a script post.
pub(super) fn preflight_answer() -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header((ACCESS_CONTROL_ALLOW_METHODS, "POST"))
        .insert_header((
            ACCESS_CONTROL_ALLOW_HEADERS,
            "accept, content-type, idempotency-key, x-requested-with",
        ))
        .insert_header((ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS))
        .finish()
}

/// Which kind of answer is understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wants {
    /// A script asks.
    Json,
    /// A person looks at the answer.
    Page,
    /// Nobody said.
    Anything,
}

impl Wants {
    pub(super) fn of(request: &HttpRequest, media: Media) -> Self {
        if media == Media::Json || request.headers().contains_key(REQUESTED_WITH) {
            return Self::Json;
        }
        let ranked = request.headers().get(ACCEPT).and_then(|_| Accept::parse(request).ok());
        let ranked = ranked.map(|accept| accept.ranked()).unwrap_or_default();
        let kinds = ranked.iter().map(|mime| match mime.essence_str() {
            "application/json" | "application/problem+json" => Self::Json,
            "text/html" | "application/xhtml+xml" => Self::Page,
            _ => Self::Anything,
        });
        kinds.into_iter().find(|kind| *kind != Self::Anything).unwrap_or(Self::Anything)
    }
}
