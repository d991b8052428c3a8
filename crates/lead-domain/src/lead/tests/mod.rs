//! Given facts, when they are folded, then the state says so; a file for each subject.

mod consent;
mod criteria;
mod disposition;
pub(crate) mod facts;
mod follow_up;
mod history;
mod profile;
mod reached;
mod sale;
mod score;
mod stage;
mod state;
mod touch;

use serde_json::{Value, json};

use super::*;
use crate::ids::EventId;
use facts::{admitted, of_ada};

/// A history of one lead: each entry is (day of January 2026, type, data), at noon.
struct History(Vec<Fact>);

fn given(entries: &[(u8, &str, Value)]) -> History {
    let at_noon = entries.iter().map(|(day, kind, data)| (on(*day), *kind, data.clone()));
    History(of_ada(&at_noon.collect::<Vec<_>>()))
}

fn on(day: u8) -> String {
    format!("2026-01-{day:02}T12:00:00.000Z")
}

fn at(day: u8) -> Instant {
    on(day).parse().unwrap()
}

impl History {
    fn lead(&self) -> Lead {
        Lead::fold(&self.0, &Policy::default_policy()).unwrap()
    }

    fn transitions(&self) -> Vec<(What, Option<&'static str>, Option<&'static str>, String)> {
        let (mut lead, policy) = (None, Policy::default_policy());
        let effects = self.0.iter().flat_map(|fact| Lead::fold_on(&mut lead, fact, &policy).transitions);
        effects.map(|t| (t.what, t.from, t.to, t.rule)).collect()
    }
}

#[track_caller]
fn stage_of(entries: &[(u8, &str, Value)], expected: Option<&str>) {
    assert_eq!(given(entries).lead().stage.map(Stage::name), expected);
}

#[track_caller]
fn disposition_of(entries: &[(u8, &str, Value)], expected: &str) {
    assert_eq!(given(entries).lead().disposition.name(), expected);
}

fn quote(id: &str) -> Value {
    json!({"quote": id})
}

fn money(amount: i64) -> Value {
    json!({"amount_minor": amount, "currency": "EUR"})
}
