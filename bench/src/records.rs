//! The records that ingest would append for the facts of a corpus: what limits produce, commit and write.

use std::collections::BTreeMap;

use lead_domain::fact::{LeadEvent, Receipt, admit};
use lead_domain::{EventId, IdentitySecret, Instant};

use crate::Outcome;
use crate::corpus::Body;

/// The identity secret of all installations that are measured.
pub(crate) const SECRET: &str = "a secret of no value, for benchmarks";
/// When undated facts are received: 2026-06-01T00:00:00Z. Dated ones are older.
const RECEIVED_AT: i64 = 1_780_272_000_000;

/// A record of the log.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    /// The fact.
    pub(crate) event: LeadEvent,
    /// The id of its lead as text: what decides the partition.
    pub(crate) key: String,
    /// Its stored form.
    pub(crate) payload: String,
}

/// The identity secret.
///
/// # Errors
/// Never, as long as the text is long enough.
pub(crate) fn secret() -> Outcome<IdentitySecret> {
    Ok(IdentitySecret::new(SECRET.as_bytes())?)
}

/// The records of these facts.
///
/// # Errors
/// When a fact is refused: the corpus is wrong then.
pub(crate) fn of(corpus: &[Body]) -> Outcome<Vec<Record>> {
    let secret = secret()?;
    corpus.iter().map(|body| record(body, &secret)).collect()
}

/// The record of this fact.
///
/// # Errors
/// When the fact is refused: the corpus is wrong then.
pub(crate) fn record(body: &Body, secret: &IdentitySecret) -> Outcome<Record> {
    let receipt = Receipt {
        received_at: Instant::from_millis(RECEIVED_AT),
        source: "admin",
        region: None,
        intents: &BTreeMap::new(),
        secret,
        fallback_id: EventId(uuid::Uuid::nil()),
        by_ingest: false,
    };
    let event = admit(serde_json::from_str(&body.text)?, &receipt)
        .map_err(|problems| format!("the corpus has a fact that is refused: {problems:?}"))?;
    let key = event.fact.subject.id(secret).to_string();
    let payload = event.to_json();
    Ok(Record { event, key, payload })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::{Leads, Recipe};

    #[test]
    fn every_fact_of_a_corpus_is_admitted() {
        let recipe = Recipe { facts: 500, bytes: 300, leads: 50, spread: Leads::Zipf, dated: true };
        let corpus = recipe.make().unwrap();
        assert_eq!(of(&corpus).unwrap().len(), 500);
    }
}
