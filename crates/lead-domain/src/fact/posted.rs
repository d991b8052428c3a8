//! From what a client posted to a fact that cannot be wrong; every problem of it at once.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use super::Fact;
use super::body::{Body, fill_intent};
use super::fields::{Fields, ID_MAX, NAME_MAX, identifiers_of};
use super::kind::FactType;
use super::names::Intent;
use super::storable::check_storable;
use super::stored::LeadEvent;
use crate::identity::{Identifiers, Subject};
use crate::ids::{EventId, IdentitySecret, LeadId, sha256_hex};
use crate::instant::Instant;
use crate::problem::{Problem, pointer_to};

/// What ingest knows of a fact besides its text.
#[derive(Clone, Copy, Debug)]
pub struct Receipt<'a> {
    /// When it came in.
    pub received_at: Instant,
    /// The source of the key, site or webhook it came through.
    pub source: &'a str,
    /// The phone region of the site, or of the installation.
    pub region: Option<&'a str>,
    /// The intents of the configured forms.
    pub intents: &'a BTreeMap<String, Intent>,
    /// The secret of the installation.
    pub secret: &'a IdentitySecret,
    /// Its id where the sender gave none: derived from the `Idempotency-Key`, or fresh.
    pub fallback_id: EventId,
    /// Ingest itself speaks, and may quarantine.
    pub by_ingest: bool,
}

/// Checks a posted fact, fills in what the receipt tells, and names it and its lead.
///
/// # Errors
/// Everything that is wrong with it, each with a pointer.
pub fn admit(posted: Value, receipt: &Receipt<'_>) -> Result<LeadEvent, Vec<Problem>> {
    let mut problems = Vec::new();
    check_storable(&posted, &mut problems);
    let Value::Object(posted) = posted else {
        return Err(vec![Problem::new("", "wrong_type", "A fact is a JSON object.")]);
    };
    if !problems.is_empty() {
        return Err(problems);
    }
    let event = Envelope::read(posted, receipt, &mut problems);
    match event {
        Some(event) if problems.is_empty() => Ok(event),
        _ => Err(problems),
    }
}

/// The keys of a fact beside `data`.
struct Envelope {
    kind: FactType,
    id: Option<String>,
    occurred_at: Option<Instant>,
    subject: Subject,
    source: Option<String>,
    campaign: Option<String>,
    channel: Option<String>,
}

impl Envelope {
    fn read(
        posted: Map<String, Value>,
        receipt: &Receipt<'_>,
        problems: &mut Vec<Problem>,
    ) -> Option<LeadEvent> {
        let mut fields = Fields::passing("", posted, problems);
        let kind = kind_of(&mut fields, receipt.by_ingest);
        let id = fields.id("id");
        let occurred_at = fields.instant("occurred_at");
        let source = fields.name("source");
        let campaign = fields.name("campaign");
        let channel = fields.name("channel");
        let data = fields.object("data").unwrap_or_default();
        let lead = fields.object("lead");
        fields.refuse_unknown();
        let from = source.as_deref().unwrap_or(receipt.source);
        let subject = match kind {
            Some(kind) => subject_of(kind, lead, &data, from, receipt.region, problems),
            None => subject_of_unknown(lead, from, receipt.region, problems),
        };
        let mut data_fields = Fields::new("/data", data, problems);
        let body = Body::read(kind?, &mut data_fields, from, receipt.region);
        let data = data_fields.finish();
        let envelope = Self { kind: kind?, id, occurred_at, subject: subject?, source, campaign, channel };
        envelope.refuse_odd_links(&body, problems);
        Some(envelope.into_event(data, body, receipt))
    }

    /// `identity.linked` and `.unlinked` speak of exactly two identifiers, and not of one and itself.
    fn refuse_odd_links(&self, body: &Body, problems: &mut Vec<Problem>) {
        let (Body::Link { other } | Body::Unlink { other }) = body else { return };
        match self.subject.identifiers() {
            [one] if one == other => {
                problems.push(Problem::new(
                    "/data/other",
                    "same_identifier",
                    "This is the identifier of `lead` itself.",
                ));
            }
            [_] => {}
            _ => problems.push(Problem::new(
                "/lead",
                "exactly_one",
                "Name exactly one of email, phone, external_id, anonymous_id.",
            )),
        }
    }

    fn into_event(self, mut data: Map<String, Value>, mut body: Body, receipt: &Receipt<'_>) -> LeadEvent {
        let content = self.content(&data);
        let occurred_at = self.occurred_at.filter(|at| *at <= receipt.received_at);
        let configured = form_intent(&data, receipt);
        fill_intent(&mut data, &mut body, configured);
        let source = self.source.unwrap_or_else(|| receipt.source.to_owned());
        let event_id = match &self.id {
            Some(id) => receipt.secret.event_id(&source, id),
            None => receipt.fallback_id,
        };
        let fact = Fact {
            event_id,
            kind: self.kind,
            occurred_at: occurred_at.unwrap_or(receipt.received_at),
            source,
            campaign: self.campaign.or_else(|| utm_campaign(&data)),
            channel: self.channel,
            subject: self.subject,
            data,
            body,
        };
        LeadEvent {
            fact,
            id: self.id,
            received_at: receipt.received_at,
            content,
            secret: receipt.secret.fingerprint().to_owned(),
        }
    }

    /// The hash of what was posted, in canonical form and without what ingest filled in: "the same content".
    fn content(&self, data: &Map<String, Value>) -> String {
        let content = Content {
            campaign: self.campaign.as_deref(),
            channel: self.channel.as_deref(),
            data,
            lead: super::stored::subject_json(&self.subject),
            occurred_at: self.occurred_at,
            kind: self.kind.name(),
        };
        sha256_hex(super::stored::json(&content).as_bytes())
    }
}

/// What the hash of the content is made of, its keys in order. Frozen: repeats are recognised by it.
#[derive(Serialize)]
struct Content<'a> {
    campaign: Option<&'a str>,
    channel: Option<&'a str>,
    data: &'a Map<String, Value>,
    lead: Value,
    occurred_at: Option<Instant>,
    #[serde(rename = "type")]
    kind: &'static str,
}

fn form_intent(data: &Map<String, Value>, receipt: &Receipt<'_>) -> Option<Intent> {
    receipt.intents.get(data.get("form")?.as_str()?).copied()
}

fn utm_campaign(data: &Map<String, Value>) -> Option<String> {
    let campaign = data.get("utm")?.get("campaign")?.as_str()?.trim();
    let fits = !campaign.is_empty() && campaign.chars().count() <= NAME_MAX;
    fits.then(|| campaign.to_owned())
}

fn kind_of(fields: &mut Fields<'_>, by_ingest: bool) -> Option<FactType> {
    let name = fields.required("type", ID_MAX);
    if name.is_empty() {
        return None;
    }
    match name.parse() {
        Ok(FactType::FormQuarantined) if !by_ingest => {
            fields.problem(
                "type",
                "reserved_type",
                "Only a form post that looks like spam becomes this fact.",
            );
            None
        }
        Ok(kind) => Some(kind),
        Err(_) => {
            fields.problem("type", "unknown_type", "No fact has this type.");
            None
        }
    }
}

fn subject_of(
    kind: FactType,
    lead: Option<Map<String, Value>>,
    data: &Map<String, Value>,
    source: &str,
    region: Option<&str>,
    problems: &mut Vec<Problem>,
) -> Option<Subject> {
    let lead = lead.unwrap_or_default();
    if kind.is_about_a_campaign() {
        return campaign_subject(&lead, data, problems);
    }
    let before = problems.len();
    let subject = match lead.get("lead_id").filter(|id| !id.is_null()) {
        Some(id) => lead_id_subject(&lead, id, problems),
        None => {
            let found = identifiers_of("/lead", &without_lead_id(lead), source, region, problems);
            Identifiers::new(found).map(Subject::Identified)
        }
    };
    if subject.is_none() && problems.len() == before {
        let detail = "Name the lead by email, external_id, phone or anonymous_id, or by lead_id alone.";
        problems.push(Problem::new("/lead", "required", detail));
    }
    subject
}

/// Whom a fact of an unknown type names: nobody is missed, but what is named must be right.
fn subject_of_unknown(
    lead: Option<Map<String, Value>>,
    source: &str,
    region: Option<&str>,
    problems: &mut Vec<Problem>,
) -> Option<Subject> {
    let found = identifiers_of("/lead", &without_lead_id(lead?), source, region, problems);
    Identifiers::new(found).map(Subject::Identified)
}

fn without_lead_id(mut lead: Map<String, Value>) -> Map<String, Value> {
    lead.remove("lead_id");
    lead
}

fn campaign_subject(
    lead: &Map<String, Value>,
    data: &Map<String, Value>,
    problems: &mut Vec<Problem>,
) -> Option<Subject> {
    if lead.values().any(|value| !value.is_null()) {
        problems.push(Problem::new("/lead", "not_allowed", "A fact about a campaign has no lead."));
    }
    let name = data.get("campaign").and_then(Value::as_str).unwrap_or_default();
    Some(Subject::Campaign(name.trim().to_owned()))
}

fn lead_id_subject(lead: &Map<String, Value>, id: &Value, problems: &mut Vec<Problem>) -> Option<Subject> {
    let pointer = pointer_to("/lead", "lead_id");
    if lead.iter().any(|(key, value)| key != "lead_id" && !value.is_null()) {
        problems.push(Problem::new(
            pointer,
            "not_allowed",
            "A lead_id stands alone, without other identifiers.",
        ));
        return None;
    }
    let parsed = id.as_str().and_then(|text| text.parse().ok());
    if parsed.is_none() {
        problems.push(Problem::new(pointer, "invalid_id", "This must be the id of a lead, a UUID."));
    }
    parsed.map(|id| Subject::Lead(LeadId(id)))
}
