//! The limit of HTTP: a bare handler that parses the body into borrowed structs and answers as long as we do.

use std::borrow::Cow;
use std::net::SocketAddr;

use actix_web::{App, HttpResponse, HttpServer, web};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::Outcome;

const BODY_MAX: usize = 2 << 20;
const ONE: &str = r#"{"event_id":"2a4b8422-f5bf-8643-b1aa-32955631e66e","lead_id":"e08cc7dd-4743-8699-a8eb-fa6ad3b5df62","stored":"log","position":"0-6234567"}"#;
const OF_SEVERAL: &str = r#"{"index":42,"event_id":"2a4b8422-f5bf-8643-b1aa-32955631e66e","lead_id":"e08cc7dd-4743-8699-a8eb-fa6ad3b5df62"}"#;
const END: &str = r#"],"rejected":[],"stored":"log","position":"0-62.3-44"}"#;

/// A posted fact, read and dropped.
#[derive(Deserialize)]
#[expect(dead_code, reason = "reading the fields is the work")]
struct Fact<'a> {
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    occurred_at: Option<Cow<'a, str>>,
    #[serde(borrow)]
    lead: Lead<'a>,
    #[serde(borrow)]
    campaign: Option<Cow<'a, str>>,
    data: IgnoredAny,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "reading the fields is the work")]
struct Lead<'a> {
    #[serde(borrow)]
    email: Option<Cow<'a, str>>,
    #[serde(borrow)]
    external_id: Option<Cow<'a, str>>,
}

/// Serves until the process is stopped, with as many workers as the product has.
///
/// # Errors
/// When the address cannot be listened on.
pub(crate) fn serve(address: SocketAddr) -> Outcome<()> {
    let app = || {
        App::new()
            .app_data(web::PayloadConfig::new(BODY_MAX))
            .route("/readyz", web::get().to(HttpResponse::Ok))
            .route("/v1/events", web::post().to(events))
    };
    actix_web::rt::System::new().block_on(async move { HttpServer::new(app).bind(address)?.run().await })?;
    Ok(())
}

async fn events(body: web::Bytes) -> HttpResponse {
    let answer = if body.first() == Some(&b'[') { several(&body) } else { one(&body) };
    answer.map_or_else(
        |_| HttpResponse::BadRequest().finish(),
        |text| HttpResponse::Accepted().content_type("application/json").body(text),
    )
}

fn one(body: &[u8]) -> serde_json::Result<Cow<'static, str>> {
    serde_json::from_slice::<Fact<'_>>(body).map(|_| ONE.into())
}

fn several(body: &[u8]) -> serde_json::Result<Cow<'static, str>> {
    let facts: Vec<Fact<'_>> = serde_json::from_slice(body)?;
    let mut text = String::with_capacity(facts.len() * (OF_SEVERAL.len() + 1) + END.len() + 16);
    text.push_str(r#"{"accepted":["#);
    for index in 0..facts.len() {
        text.push_str(if index == 0 { "" } else { "," });
        text.push_str(OF_SEVERAL);
    }
    text.push_str(END);
    Ok(text.into())
}
