//! The contract of the topic `lead-events`, made from these types and compared with the stored facts of every released
//! version; `BATEA_WRITE_OPENAPI=1` writes it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use lead_domain::fact::{FactType, STORED_VERSION};
use serde_json::{Value, json};
use utoipa::{PartialSchema, ToSchema};

/// A fact as it stands in a record: canonical JSON, its keys in this order.
#[derive(ToSchema)]
#[expect(dead_code, reason = "only its schema is used")]
struct StoredFact {
    /// The version of this form. A reader that does not know it waits, and throws nothing away.
    #[schema(example = 1)]
    v: u32,
    /// Names the fact, everywhere and for ever: derived from source and id, or drawn at receipt. A repeat has the same.
    #[schema(example = "bd7fd0ad-2150-887a-8a25-72b2e6f7c0a2", format = Uuid)]
    event_id: String,
    /// The id that the sender gave it.
    #[schema(example = "s-16", max_length = 128, required = true)]
    id: Option<String>,
    /// What kind of thing happened.
    #[schema(schema_with = type_schema)]
    r#type: String,
    /// When it happened: RFC 3339 in UTC, to the millisecond.
    #[schema(example = "2026-02-03T09:10:00.123Z", format = DateTime)]
    occurred_at: String,
    /// When ingest received it: RFC 3339 in UTC, to the millisecond.
    #[schema(example = "2026-02-03T09:10:01.004Z", format = DateTime)]
    received_at: String,
    /// The system that says so.
    #[schema(example = "crm", max_length = 1024)]
    source: String,
    /// The campaign it is owed to.
    #[schema(example = "spring-mail", max_length = 1024, required = true)]
    campaign: Option<String>,
    /// The channel it came through.
    #[schema(example = "ads", max_length = 1024, required = true)]
    channel: Option<String>,
    /// Whom it is about: canonical identifiers by kind, or `lead_id` alone; null where it is about a campaign. Personal data.
    #[schema(example = json!({"email": "ada@example.com"}), required = true)]
    lead: Option<BTreeMap<String, String>>,
    /// What the type of fact knows; what it does not know stands under `extra`. Personal data.
    #[schema(example = json!({"form": "demo", "intent": "demo", "fields": {"Nom": "Lovelace"}}))]
    data: BTreeMap<String, Value>,
    /// SHA-256 of what was posted, in canonical form: another content under the same event id is a conflict.
    #[schema(
        example = "eac8b50e45c964a670f6d47a94ade5d2824f51f271dda10a8a83cb3712401160",
        min_length = 64,
        max_length = 64
    )]
    content: String,
    /// Fingerprint of the identity secret under which the ids were derived; it gives nothing of the secret away.
    #[schema(example = "a81932fc4bcd1445", min_length = 16, max_length = 16)]
    secret: String,
}

fn type_schema() -> utoipa::openapi::schema::Object {
    utoipa::openapi::schema::ObjectBuilder::new()
        .schema_type(utoipa::openapi::schema::Type::String)
        .description(Some("What kind of thing happened."))
        .enum_values(Some(FactType::ALL.iter().map(|kind| kind.name())))
        .examples(["form.submitted"])
        .build()
}

fn document() -> Value {
    json!({
        "asyncapi": "3.1.0",
        "info": {
            "title": "Batea: the event log",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Every fact that ingest answered with 2xx, once or more; a repeat has the same event_id. \
                For readers of their own, such as a data warehouse: the topic forgets after at most 30 days, the timeline of the \
                read model does not.",
            "license": { "name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0" },
        },
        "defaultContentType": "application/json",
        "channels": {
            "leadEvents": {
                "address": "lead-events",
                "description": "Partitioned by the hash of the key (murmur2). The facts of one key keep their order; those of one \
                    person under several identifiers may lie in several partitions.",
                "messages": { "fact": { "$ref": "#/components/messages/fact" } },
                "bindings": { "kafka": {
                    "partitions": 4,
                    "topicConfiguration": { "cleanup.policy": ["delete"], "retention.ms": 2_592_000_000_u64 },
                    "bindingVersion": "0.5.0",
                } },
            },
        },
        "operations": {
            "recordFact": {
                "action": "send",
                "summary": "Ingest records a fact; acks=all, idempotent.",
                "channel": { "$ref": "#/channels/leadEvents" },
            },
        },
        "components": {
            "messages": {
                "fact": {
                    "name": "fact",
                    "title": "A fact",
                    "summary": format!("Version {STORED_VERSION}. A released version never changes; another one would follow it."),
                    "contentType": "application/json",
                    "bindings": { "kafka": { "key": {
                        "type": "string",
                        "description": "The id of the fact's strongest identifier, or `campaign:` and the name of the campaign it \
                            is about. No personal data.",
                    }, "bindingVersion": "0.5.0" } },
                    "payload": { "$ref": "#/components/schemas/StoredFact" },
                },
            },
            "schemas": { "StoredFact": StoredFact::schema() },
        },
    })
}

fn at_the_root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a developer's switch, not a setting")]
fn the_committed_contract_is_that_of_the_types() {
    let committed = at_the_root("openapi/lead-events.asyncapi.yaml");
    let made = serde_norway::to_string(&document()).unwrap();
    if std::env::var("BATEA_WRITE_OPENAPI").is_ok() {
        std::fs::write(&committed, &made).unwrap();
    }
    let committed = std::fs::read_to_string(committed).unwrap_or_default();
    assert!(made == committed, "openapi/lead-events.asyncapi.yaml is out of date: run `cargo xtask openapi`");
}

#[test]
fn every_stored_fact_has_exactly_the_keys_of_the_contract() {
    let schema = document()["components"]["schemas"]["StoredFact"].clone();
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
    let required = schema["required"].as_array().unwrap().iter().map(|key| key.as_str().unwrap().to_owned());
    assert_eq!(required.collect::<BTreeSet<_>>(), keys(&schema["properties"]), "all keys are always there");
    for kind in FactType::ALL {
        let file =
            at_the_root(&format!("crates/lead-domain/tests/fixtures/stored/v{STORED_VERSION}/{kind}.json"));
        let stored: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        assert_eq!(keys(&stored), keys(&schema["properties"]), "{kind}");
        assert!(schema["properties"]["type"]["enum"].as_array().unwrap().contains(&stored["type"]), "{kind}");
    }
}
