//! The stored shape of a fact: what stands in the log and in the timeline, with a version of its own.
//!
//! Frozen: a released version is never changed, only followed by another one and a step up to it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::body::Body;
use super::fields::Fields;
use super::{Fact, FactType};
use crate::identity::{Identifier, IdentifierKind, Identifiers, Subject};
use crate::ids::{EventId, LeadId};
use crate::instant::Instant;

/// The version that this build writes.
pub const STORED_VERSION: u32 = 1;

/// A fact on its way and at rest, with what ingest noted about its arrival.
#[derive(Clone, Debug, PartialEq)]
pub struct LeadEvent {
    /// The fact.
    pub fact: Fact,
    /// The id that the sender gave it.
    pub id: Option<String>,
    /// When ingest received it.
    pub received_at: Instant,
    /// Hash of the posted content: two facts of one id with one content are one.
    pub content: String,
    /// Fingerprint of the identity secret under which its ids were derived.
    pub secret: String,
}

/// Why a record cannot be read as a fact.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Written by a newer Batea: it must wait, not be thrown away.
    #[error("the fact has version {0}, newer than this build knows")]
    Newer(u32),
    /// Not a record of ours.
    #[error("{0}")]
    Broken(String),
}

#[derive(Deserialize)]
struct Version {
    v: u32,
}

/// Version 1.
#[derive(Serialize, Deserialize)]
struct StoredV1<'a> {
    v: u32,
    event_id: EventId,
    id: Option<Cow<'a, str>>,
    #[serde(rename = "type")]
    kind: Cow<'a, str>,
    occurred_at: Instant,
    received_at: Instant,
    source: Cow<'a, str>,
    campaign: Option<Cow<'a, str>>,
    channel: Option<Cow<'a, str>>,
    lead: Value,
    data: Cow<'a, Map<String, Value>>,
    content: Cow<'a, str>,
    secret: Cow<'a, str>,
}

impl LeadEvent {
    /// The stored form, canonical JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        let fact = &self.fact;
        let stored = StoredV1 {
            v: STORED_VERSION,
            event_id: fact.event_id,
            id: self.id.as_deref().map(Cow::from),
            kind: fact.kind.name().into(),
            occurred_at: fact.occurred_at,
            received_at: self.received_at,
            source: fact.source.as_str().into(),
            campaign: fact.campaign.as_deref().map(Cow::from),
            channel: fact.channel.as_deref().map(Cow::from),
            lead: subject_json(&fact.subject),
            data: Cow::Borrowed(&fact.data),
            content: self.content.as_str().into(),
            secret: self.secret.as_str().into(),
        };
        json(&stored)
    }

    /// Reads a stored form of any released version.
    ///
    /// # Errors
    /// [`Unreadable::Newer`] for a version still to come, [`Unreadable::Broken`] for what is no fact.
    pub fn from_json(bytes: &[u8]) -> Result<Self, Unreadable> {
        let stored = read::<StoredV1<'_>>(bytes);
        // Almost every record is of this version: only the others are looked at twice.
        let v = stored
            .as_ref()
            .map_or_else(|_| read::<Version>(bytes).map(|Version { v }| v), |stored| Ok(stored.v))?;
        match v {
            0 => Err(Unreadable::Broken("version 0 was never released".to_owned())),
            1 => stored?.into_event(),
            newer => Err(Unreadable::Newer(newer)),
        }
    }
}

/// Most facts fit: their text need not grow while it is written.
const ROOM: usize = 768;

/// Writes what cannot fail: maps with string keys.
pub(super) fn json(value: &impl Serialize) -> String {
    let mut text = Vec::with_capacity(ROOM);
    let written = serde_json::to_writer(&mut text, value).map_err(|_| "a map with string keys is JSON");
    let text = String::from_utf8(text).map_err(|_| "JSON is UTF-8");
    written.and(text).unwrap_or_else(|broken| unreachable!("{broken}"))
}

/// The reason names the place, never the text: a record may hold personal data.
fn read<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Unreadable> {
    serde_json::from_slice(bytes).map_err(|error| {
        let what = if error.is_data() { "not a stored fact" } else { "not JSON" };
        Unreadable::Broken(format!("{what}, at line {} column {}", error.line(), error.column()))
    })
}

impl StoredV1<'_> {
    fn into_event(self) -> Result<LeadEvent, Unreadable> {
        let kind: FactType = self.kind.parse().map_err(|_| broken("unknown type of fact"))?;
        let subject = subject_from(&self.lead, kind, &self.data, &self.source)?;
        let (data, body) = read_data(kind, self.data.into_owned(), &self.source)?;
        let fact = Fact {
            event_id: self.event_id,
            kind,
            occurred_at: self.occurred_at,
            source: self.source.into_owned(),
            campaign: self.campaign.map(Cow::into_owned),
            channel: self.channel.map(Cow::into_owned),
            subject,
            data,
            body,
        };
        let (content, secret) = (self.content.into_owned(), self.secret.into_owned());
        Ok(LeadEvent {
            fact,
            id: self.id.map(Cow::into_owned),
            received_at: self.received_at,
            content,
            secret,
        })
    }
}

fn read_data(
    kind: FactType,
    data: Map<String, Value>,
    source: &str,
) -> Result<(Map<String, Value>, Body), Unreadable> {
    let mut problems = Vec::new();
    let mut fields = Fields::new("/data", data, &mut problems);
    let body = Body::read(kind, &mut fields, source, None);
    let data = fields.finish();
    match problems.first() {
        Some(first) => Err(broken(&format!("{} at {}", first.code, first.pointer))),
        None => Ok((data, body)),
    }
}

fn broken(reason: &str) -> Unreadable {
    Unreadable::Broken(reason.to_owned())
}

/// `lead` as stored and as answered: canonical identifiers, or a lead id; null for a campaign.
#[must_use]
pub(super) fn subject_json(subject: &Subject) -> Value {
    match subject {
        Subject::Identified(identifiers) => {
            let entry = |one: &Identifier| (one.kind().key().to_owned(), Value::from(one.value()));
            Value::Object(identifiers.all().iter().map(entry).collect())
        }
        Subject::Lead(id) => serde_json::json!({ "lead_id": id }),
        Subject::Campaign(_) => Value::Null,
    }
}

fn subject_from(
    lead: &Value,
    kind: FactType,
    data: &Map<String, Value>,
    source: &str,
) -> Result<Subject, Unreadable> {
    if kind.is_about_a_campaign() {
        let name = data
            .get("campaign")
            .and_then(Value::as_str)
            .ok_or_else(|| broken("a campaign without a name"))?;
        return Ok(Subject::Campaign(name.to_owned()));
    }
    let lead = lead.as_object().ok_or_else(|| broken("a fact without a lead"))?;
    if let Some(id) = lead.get("lead_id") {
        let id =
            id.as_str().and_then(|id| id.parse().ok()).ok_or_else(|| broken("a lead id that is none"))?;
        return Ok(Subject::Lead(LeadId(id)));
    }
    let stored = |(key, value): (&String, &Value)| {
        let kind = IdentifierKind::from_key(key)?;
        Some(Identifier::from_stored(kind, value.as_str()?, source))
    };
    let identifiers = lead.iter().map(stored).collect::<Option<Vec<_>>>().and_then(Identifiers::new);
    identifiers.map(Subject::Identified).ok_or_else(|| broken("a lead without identifiers"))
}
