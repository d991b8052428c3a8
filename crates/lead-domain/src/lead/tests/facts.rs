//! Facts for tests, admitted as ingest does.

use serde_json::{Value, json};

use crate::fact::{Fact, Receipt, admit};
use crate::ids::IdentitySecret;

pub(super) fn secret() -> IdentitySecret {
    IdentitySecret::new(*b"0123456789abcdef0123456789abcdef").unwrap()
}

/// A posted fact; its id follows from its number.
pub(crate) fn admitted(number: usize, posted: Value) -> Fact {
    let secret = secret();
    let receipt = Receipt {
        received_at: "2040-01-01T00:00:00Z".parse().unwrap(),
        source: "crm",
        region: None,
        intents: &std::collections::BTreeMap::new(),
        secret: &secret,
        fallback_id: secret.event_id("test", &number.to_string()),
        by_ingest: false,
    };
    admit(posted, &receipt).unwrap().fact
}

/// A history of one lead: each entry is (instant, type, data).
pub(super) fn of_ada<T: std::fmt::Display>(entries: &[(T, &str, Value)]) -> Vec<Fact> {
    let posted = |(at, kind, data): &(T, &str, Value)| json!({"type": kind, "occurred_at": at.to_string(), "lead": {"email": "ada@example.com"}, "data": data});
    entries.iter().enumerate().map(|(number, entry)| admitted(number, posted(entry))).collect()
}
