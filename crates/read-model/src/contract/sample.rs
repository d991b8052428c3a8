//! Small facts, leads and identifiers for the cases.

use lead_domain::fact::{LeadEvent, OrderKey};
use lead_domain::identity::{Identifier, IdentifierKind};
use lead_domain::{EventId, Instant, LeadId};
use uuid::Uuid;

use crate::{
    ChangeRow, DeadLetter, IdentifierRow, LeadColumns, LeadRow, NamedIdentifier, Questions, TimelineRow,
};

/// The lead, or identifier, of this number.
pub(super) fn lead_id(number: u128) -> LeadId {
    LeadId(Uuid::from_u128(number))
}

/// The fact of this number.
pub(super) fn event_id(number: u128) -> EventId {
    EventId(Uuid::from_u128(number))
}

/// Milliseconds after a day in 2026.
pub(super) fn at(millis: i64) -> Instant {
    Instant::from_millis(1_770_000_000_000 + millis)
}

/// The place of the fact of this number, at `at(number)`.
pub(super) fn key(number: u128) -> OrderKey {
    let event = fact(number);
    event.fact.order_key()
}

/// A page view of this number, at `at(number)`.
pub(super) fn fact(number: u128) -> LeadEvent {
    event(number, "page.viewed", i64::try_from(number).expect("a small number"), "same")
}

/// A fact of this number and type, so many milliseconds late, of this content.
pub(super) fn event(number: u128, kind: &str, millis: i64, content: &str) -> LeadEvent {
    let stored = serde_json::json!({
        "v": 1,
        "event_id": event_id(number),
        "id": number.to_string(),
        "type": kind,
        "occurred_at": at(millis),
        "received_at": at(1_000_000),
        "source": "site",
        "campaign": null,
        "channel": "website",
        "lead": {"email": "ada@example.org"},
        "data": {"url": "https://www.example.org/\u{1f33b}\"'\\ é", "number": 0.1},
        "content": content,
        "secret": "0123",
    });
    LeadEvent::from_json(stored.to_string().as_bytes()).expect("a stored fact")
}

/// A fact under a subject.
pub(super) fn row(subject: u128, event: LeadEvent) -> TimelineRow {
    TimelineRow { subject: lead_id(subject), event }
}

/// An e-mail whose lead id is this number.
pub(super) fn email(number: u128) -> NamedIdentifier {
    named(number, IdentifierKind::Email, &format!("person{number}@example.org"))
}

/// An identifier whose lead id is this number.
pub(super) fn named(number: u128, kind: IdentifierKind, value: &str) -> NamedIdentifier {
    let identifier = Identifier::parse(kind, value, "crm", None).expect("an identifier");
    NamedIdentifier { id: lead_id(number), identifier: Some(identifier) }
}

/// An identifier of which only the id is known.
pub(super) fn only_id(number: u128) -> NamedIdentifier {
    NamedIdentifier { id: lead_id(number), identifier: None }
}

/// The e-mail of this number as a row: of this lead, with the fact of its own number.
pub(super) fn member(number: u128, lead: u128) -> IdentifierRow {
    IdentifierRow {
        id: lead_id(number),
        kind: Some(IdentifierKind::Email),
        lead_id: lead_id(lead),
        first_fact: Some(key(number)),
    }
}

/// A plain lead of this number.
pub(super) fn lead(number: u128) -> LeadRow {
    LeadRow {
        id: lead_id(number),
        last_fact: key(number),
        state: format!("{{\"lead\":{number}}}"),
        columns: columns(),
        shown: Vec::new(),
        questions: Questions::default(),
        next_change: None,
    }
}

/// Columns with as little in them as there can be.
pub(super) fn columns() -> LeadColumns {
    LeadColumns {
        identified: true,
        stage: None,
        disposition: "open",
        grade: None,
        rank_key: None,
        hot_until: None,
        warm_until: None,
        name_key: None,
        search_text: String::new(),
        country: None,
        country_given: None,
        owner: None,
        source: None,
        campaign: None,
        channel: None,
        created_at: at(0),
        last_activity_at: None,
        roles: Vec::new(),
        groups: Vec::new(),
        active_until: None,
        reactivated: false,
        reached: [None; 4],
    }
}

/// A transition of this number.
pub(super) fn change(number: u128) -> ChangeRow {
    ChangeRow {
        id: event_id(number),
        lead_id: lead_id(1),
        at: at(5),
        what: "stage",
        from: None,
        to: Some("lead".to_owned()),
        because_event: Some(event_id(1)),
        because_rule: Some("lead".to_owned()),
        because_policy: None,
        policy: "first".to_owned(),
    }
}

/// A record of this subject that was put aside.
pub(super) fn letter(number: u128, code: &'static str, subject: Option<u128>) -> DeadLetter {
    DeadLetter {
        id: event_id(number),
        partition: 0,
        offset: 7,
        code,
        detail: "not JSON, at line 1 column 1".to_owned(),
        event_id: None,
        subject: subject.map(lead_id),
        received_at: Some(at(0)),
        record: vec![0, 159, 146, 150],
    }
}

/// A page view of this number, at `at(number)`, that carries a campaign.
pub(super) fn touch(number: u128, campaign: &str) -> LeadEvent {
    let mut event = fact(number);
    event.fact.campaign = Some(campaign.to_owned());
    event
}

/// What a fact of this number, so many milliseconds late, tells of a campaign.
pub(super) fn event_about(number: u128, campaign: &str, millis: i64) -> LeadEvent {
    let mut stored: serde_json::Value =
        serde_json::from_str(&event(number, "page.viewed", millis, "same").to_json()).expect("JSON");
    stored["type"] = "campaign.defined".into();
    stored["lead"] = serde_json::Value::Null;
    stored["data"] = serde_json::json!({"campaign": campaign, "channel": "email"});
    LeadEvent::from_json(stored.to_string().as_bytes()).expect("a stored fact")
}
