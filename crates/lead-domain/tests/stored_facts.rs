//! The stored form of facts is frozen: what a released version wrote, every later one reads.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use lead_domain::fact::{FactType, LeadEvent, Receipt, admit};
use lead_domain::{EventId, IdentitySecret, Instant};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn fixtures(version: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "fixtures", "stored", version].iter().collect()
}

fn fixture(kind: FactType) -> String {
    let path = fixtures("v1").join(format!("{kind}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.trim_end().to_owned()
}

#[test]
fn every_type_of_fact_in_its_first_stored_version_reads_back_byte_for_byte() {
    for kind in FactType::ALL {
        let stored = fixture(*kind);
        let event = LeadEvent::from_json(stored.as_bytes()).unwrap_or_else(|error| panic!("{kind}: {error}"));
        assert_eq!(event.fact.kind, *kind);
        assert_eq!(event.to_json(), stored, "{kind}");
    }
    let files = std::fs::read_dir(fixtures("v1")).unwrap().count();
    assert_eq!(files, FactType::ALL.len(), "one fixture per type, and nothing else");
}

/// What ingest knows of a fact, the same for all of them here.
fn admitted(posted: Value) -> Result<LeadEvent, usize> {
    let secret = IdentitySecret::new(*b"0123456789abcdef0123456789abcdef").unwrap();
    let receipt = Receipt {
        received_at: "2026-06-01T07:59:00Z".parse().unwrap(),
        source: "key",
        region: Some("FR"),
        intents: &BTreeMap::new(),
        secret: &secret,
        fallback_id: EventId("019c2a3e-7d1c-7b53-9d0e-6a2f6f1f8a10".parse().unwrap()),
        by_ingest: true,
    };
    admit(posted, &receipt).map_err(|problems| problems.len())
}

/// What was posted for a stored fact, as far as that can be told.
fn posted_again(stored: &Value) -> Value {
    let kept = ["id", "type", "occurred_at", "source", "campaign", "channel", "lead", "data"];
    let keys = kept.iter().filter(|key| !stored[**key].is_null());
    keys.map(|key| ((*key).to_owned(), stored[*key].clone())).collect::<Map<_, _>>().into()
}

#[test]
fn a_stored_fact_that_is_posted_again_is_admitted_and_stored_alike() {
    for kind in FactType::ALL {
        let stored: Value = serde_json::from_str(&fixture(*kind)).unwrap();
        let event =
            admitted(posted_again(&stored)).unwrap_or_else(|count| panic!("{kind}: {count} problems"));
        let mut again: Value = serde_json::from_str(&event.to_json()).unwrap();
        // Whether an instant was posted or filled in, and in which offset, is part of the content.
        again["content"] = stored["content"].clone();
        again["event_id"] = stored["event_id"].clone();
        assert_eq!(again, stored, "{kind}");
    }
}

/// Any JSON, with keys that mean something often enough.
fn any_json() -> impl Strategy<Value = Value> {
    let key = prop_oneof![
        prop::sample::select(vec![
            "id",
            "type",
            "occurred_at",
            "lead",
            "campaign",
            "channel",
            "source",
            "data",
            "email",
            "phone",
            "external_id",
            "anonymous_id",
            "lead_id",
            "form",
            "fields",
            "intent",
            "amount",
            "amount_minor",
            "currency",
            "other",
            "extra",
            "utm",
            "machine",
            "quote",
            "owner",
            "reasons",
            "text",
            "name",
            "on",
            "until",
        ])
        .prop_map(str::to_owned),
        ".{0,8}",
    ];
    let text = prop_oneof![
        prop::sample::select(vec![
            "ada@example.com",
            "+33612345678",
            "06 12 34 56 78",
            "EUR",
            "2026-02-03T09:10:00Z",
            "2026-02-03",
            "demo",
            "",
            " ",
            "\0",
            "0",
            "null",
            "e08cc7dd-4743-8699-a8eb-fa6ad3b5df62",
            "9999-12-31T23:59:59.999-23:59",
        ])
        .prop_map(str::to_owned),
        prop::sample::select(FactType::ALL).prop_map(|kind| kind.name().to_owned()),
        ".{0,24}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text.prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..8)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// A fact that is right but for its data.
fn any_fact() -> impl Strategy<Value = Value> {
    (prop::sample::select(FactType::ALL), any_json()).prop_map(|(kind, data)| {
        let lead = if kind.is_about_a_campaign() { Value::Null } else { json!({"email": "ada@example.com"}) };
        json!({"type": kind.name(), "lead": lead, "data": data})
    })
}

proptest! {
    #[test]
    fn arbitrary_json_is_admitted_or_refused_and_never_panics(posted in prop_oneof![any_json(), any_fact()]) {
        match admitted(posted) {
            Err(problems) => prop_assert!(problems > 0, "a refusal tells why"),
            Ok(event) => {
                let stored = event.to_json();
                let read = LeadEvent::from_json(stored.as_bytes()).unwrap();
                prop_assert_eq!(&read, &event);
                prop_assert_eq!(read.to_json(), stored);
            }
        }
    }

    #[test]
    fn arbitrary_bytes_are_read_or_refused_and_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(LeadEvent::from_json(&bytes).is_err());
    }

    #[test]
    fn an_instant_reads_back_whatever_it_is(millis in any::<i64>()) {
        let at = Instant::from_millis(millis);
        prop_assert_eq!(at.to_string().parse(), Ok(at));
    }
}
