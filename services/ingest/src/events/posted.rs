//! From a body to the facts that stand in it, each still to be checked.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use serde_json::Value;
use service_kit::json;
use service_kit::problem::{Code, Problem};

use super::cloud_event;
use crate::record::FactRecord;
use crate::sender::Sender;
use crate::state::Desk;

/// The most facts of one request.
const FACTS_MAX: usize = 1_000;

/// The types of body that carry facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Media {
    /// One fact, or an array.
    Json,
    /// One fact per line.
    Lines,
    /// One CloudEvent.
    CloudEvent,
    /// An array of CloudEvents.
    CloudEvents,
}

/// An extractor, so that a body of a wrong type is refused unread.
impl FromRequest for Media {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request))
    }
}

impl Media {
    fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let mime = request.mime_type().ok().flatten().ok_or_else(wrong_type)?;
        let charset = mime.get_param("charset").map(|charset| charset.as_str().to_ascii_lowercase());
        if charset.is_some_and(|charset| !["utf-8", "utf8", "us-ascii"].contains(&charset.as_str())) {
            return Err(Problem::new(Code::UnsupportedMediaType).detail("Bodies are read as UTF-8 only."));
        }
        match mime.essence_str() {
            "application/json" => Ok(Self::Json),
            "application/x-ndjson" | "application/ndjson" => Ok(Self::Lines),
            "application/cloudevents+json" => Ok(Self::CloudEvent),
            "application/cloudevents-batch+json" => Ok(Self::CloudEvents),
            _ => Err(wrong_type()),
        }
    }
}

fn wrong_type() -> Problem {
    let detail = "Send application/json, application/x-ndjson, application/cloudevents+json or application/cloudevents-batch+json.";
    Problem::new(Code::UnsupportedMediaType).detail(detail)
}

/// A fact as it was posted.
#[derive(Debug)]
pub(super) enum PostedFact {
    /// In our own form.
    Plain(Value),
    /// In the form of a CloudEvent.
    CloudEvent(Value),
    /// Unreadable, and why.
    Unreadable(Problem),
}

impl PostedFact {
    /// Checks it.
    pub(super) fn admit(self, desk: &Desk, sender: &Sender<'_>, index: usize) -> Result<FactRecord, Problem> {
        match self {
            Self::Plain(fact) => sender.admit(desk, fact, index),
            Self::CloudEvent(event) => {
                let fact = cloud_event::fact_of(event)?;
                sender.admit(desk, fact, index).map_err(cloud_event::in_the_event)
            }
            Self::Unreadable(problem) => Err(problem),
        }
    }
}

/// What a body holds.
#[derive(Debug)]
pub(super) enum Posted {
    /// One fact, answered by itself.
    One(Box<PostedFact>),
    /// Several, even if only one, each with its index.
    Several(Vec<(usize, PostedFact)>),
}

/// Takes a body apart.
pub(super) fn read(media: Media, body: &[u8]) -> Result<Posted, Problem> {
    match media {
        Media::Json => json::read(body).and_then(|value| one_or_several(value, PostedFact::Plain)),
        Media::CloudEvent => Ok(Posted::One(Box::new(PostedFact::CloudEvent(json::read(body)?)))),
        Media::CloudEvents => {
            json::read(body).and_then(|value| one_or_several(value, PostedFact::CloudEvent))
        }
        Media::Lines => lines(body),
    }
}

fn one_or_several(value: Value, form: fn(Value) -> PostedFact) -> Result<Posted, Problem> {
    let Value::Array(facts) = value else { return Ok(Posted::One(Box::new(form(value)))) };
    if facts.len() > FACTS_MAX {
        return Err(Problem::new(Code::TooManyFacts));
    }
    Ok(Posted::Several(facts.into_iter().map(form).enumerate().collect()))
}

/// Indexes count all lines from 0, so that a sender finds its line again; blank ones hold no fact.
fn lines(body: &[u8]) -> Result<Posted, Problem> {
    let is_blank = |line: &&[u8]| line.iter().all(u8::is_ascii_whitespace);
    let filled = || body.split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| !is_blank(line));
    if filled().nth(FACTS_MAX).is_some() {
        return Err(Problem::new(Code::TooManyFacts));
    }
    let reader = json::Lines::default();
    let fact = |line| reader.read(line).map_or_else(PostedFact::Unreadable, PostedFact::Plain);
    Ok(Posted::Several(filled().map(|(index, line)| (index, fact(line))).collect()))
}
