//! The forms of a good answer. All of them hold personal data or depend on it: nobody may keep them.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, LOCATION};
use event_log::Position;
use lead_domain::policy::Policy;
use lead_domain::{Instant, LeadId};
use serde::Serialize;

const NO_STORE: (actix_web::http::header::HeaderName, &str) = (CACHE_CONTROL, "no-store");

/// 200 with a JSON body.
pub(crate) fn found(body: &impl Serialize) -> HttpResponse {
    HttpResponse::Ok().insert_header(NO_STORE).json(body)
}

/// What a redirect keeps of the query string: never free text, so that no personal data gets into a URL of ours.
pub(crate) type Kept = [(&'static str, Option<String>)];

/// What a read of one lead at an instant keeps.
pub(crate) fn kept(
    as_of: Option<Instant>,
    policy: Option<&Policy>,
    min_position: Option<&Position>,
) -> [(&'static str, Option<String>); 3] {
    [
        ("as_of", as_of.map(|at| at.to_string())),
        ("policy", policy.map(|policy| policy.version().to_owned())),
        ("min_position", min_position.map(ToString::to_string)),
    ]
}

/// 308 to the same read of the lead that this one was merged into. Not to be stored: a late fact can turn it round.
pub(crate) fn moved(to: LeadId, read: &str, kept: &Kept) -> HttpResponse {
    let pair = |(name, value): &(&str, Option<String>)| value.as_ref().map(|value| format!("{name}={value}"));
    let query: Vec<String> = kept.iter().filter_map(pair).collect();
    let mark = if query.is_empty() { "" } else { "?" };
    let location = format!("/v1/leads/{to}{read}{mark}{}", query.join("&"));
    HttpResponse::build(StatusCode::PERMANENT_REDIRECT)
        .insert_header(NO_STORE)
        .insert_header((LOCATION, location))
        .finish()
}
