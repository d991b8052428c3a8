//! What can still be told of a record that cannot be read as a fact: whose it was, and when it came.

use serde_json::Value;

use crate::identity::{Identifier, IdentifierKind, Identifiers};
use crate::ids::{EventId, IdentitySecret, LeadId};
use crate::instant::Instant;

/// The readable rest of an unreadable record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Salvaged {
    /// The fact's id.
    pub event_id: Option<EventId>,
    /// The id of its strongest identifier.
    pub subject: Option<LeadId>,
    /// When ingest received it.
    pub received_at: Option<Instant>,
}

impl Salvaged {
    /// Reads what is left of a record, whatever its version.
    #[must_use]
    pub fn of(record: &[u8], secret: &IdentitySecret) -> Self {
        let Ok(record) = serde_json::from_slice::<Value>(record) else { return Self::default() };
        let text = |key: &str| record.get(key).and_then(Value::as_str);
        Self {
            event_id: text("event_id").and_then(|id| id.parse().ok()).map(EventId),
            subject: subject(&record, text("source").unwrap_or_default(), secret),
            received_at: text("received_at").and_then(|at| at.parse().ok()),
        }
    }
}

fn subject(record: &Value, source: &str, secret: &IdentitySecret) -> Option<LeadId> {
    let lead = record.get("lead")?.as_object()?;
    if let Some(id) = lead.get("lead_id") {
        return id.as_str()?.parse().ok().map(LeadId);
    }
    let stored = |(key, value): (&String, &Value)| {
        Some(Identifier::from_stored(IdentifierKind::from_key(key)?, value.as_str()?, source))
    };
    let identifiers = Identifiers::new(lead.iter().filter_map(stored).collect())?;
    Some(identifiers.strongest().lead_id(secret))
}
