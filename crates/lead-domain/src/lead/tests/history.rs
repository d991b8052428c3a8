//! Given facts, when time goes on, then the history tells each transition at its instant.

use serde_json::{Value, json};

use super::facts::of_ada;
use crate::fact::Fact;
use crate::instant::Instant;
use crate::lead::{Step, history};
use crate::policy::Policy;

/// A step in words: instant, part, from, to, rule; a * behind the rule stands for a fact.
fn told(facts: &[Fact], until: &str) -> Vec<String> {
    let steps = history(facts, until.parse().unwrap(), &Policy::default_policy()).unwrap();
    let word = |value: Option<&'static str>| value.unwrap_or("-");
    let line = |step: &Step| {
        let by = if step.event_id.is_some() { "*" } else { "" };
        format!("{} {} {} {} {}{by}", step.at, step.what.name(), word(step.from), word(step.to), step.rule)
    };
    steps.iter().map(line).collect()
}

fn demo(at: &str) -> (&str, &str, Value) {
    (at, "form.submitted", json!({"form": "f", "intent": "demo"}))
}

#[test]
fn what_is_hot_cools_to_warm_and_then_to_cold_at_the_exact_instants() {
    let one = of_ada(&[demo("2026-01-01T00:00:00Z")]);
    let expected = [
        "2026-01-01T00:00:00.000Z stage - lead lead*",
        "2026-01-01T00:00:00.000Z temperature cold hot form-quote-demo*",
        "2026-01-13T10:49:37.198Z temperature hot warm cooling",
        "2026-02-17T13:10:22.801Z temperature warm cold cooling",
    ];
    assert_eq!(told(&one, "2027-01-01T00:00:00Z"), expected);
    assert_eq!(told(&one, "2026-01-13T10:49:37.198Z"), expected[..3]);
    assert_eq!(told(&one, "2026-01-13T10:49:37.197Z"), expected[..2]);
}

#[test]
fn steps_of_time_stand_between_the_facts() {
    let two = of_ada(&[demo("2026-01-01T00:00:00Z"), demo("2026-01-13T10:49:37.198Z")]);
    let expected = [
        "2026-01-01T00:00:00.000Z stage - lead lead*",
        "2026-01-01T00:00:00.000Z temperature cold hot form-quote-demo*",
        "2026-01-13T10:49:37.198Z temperature hot warm cooling",
        "2026-01-13T10:49:37.198Z temperature warm hot form-quote-demo*",
    ];
    assert_eq!(told(&two, "2026-01-14T00:00:00Z"), expected);
}

#[test]
fn a_fact_that_ends_a_temperature_is_not_told_twice() {
    let complaint = |at: &'static str| (at, "email.complained", json!({}));
    let two = of_ada(&[demo("2026-01-01T00:00:00Z"), complaint("2026-01-02T00:00:00Z")]);
    let expected = [
        "2026-01-01T00:00:00.000Z stage - lead lead*",
        "2026-01-01T00:00:00.000Z temperature cold hot form-quote-demo*",
        "2026-01-02T00:00:00.000Z temperature hot cold complaint*",
    ];
    assert_eq!(told(&two, "2027-01-01T00:00:00Z"), expected);
}

#[test]
fn a_customer_becomes_inactive_and_is_reactivated() {
    let bought = |at: &'static str, order: &str| (at, "order.placed", json!({ "order": order }));
    let two = of_ada(&[bought("2026-01-01T00:00:00Z", "O-1"), bought("2027-06-01T00:00:00Z", "O-2")]);
    let expected = [
        "2026-01-01T00:00:00.000Z stage - customer customer*",
        "2026-01-01T00:00:00.000Z customer_state - active order.placed*",
        "2027-01-01T00:00:00.000Z customer_state active inactive inactivity",
        "2027-06-01T00:00:00.000Z customer_state inactive reactivated order.placed*",
        "2028-05-31T00:00:00.000Z customer_state reactivated inactive inactivity",
    ];
    assert_eq!(told(&two, "2029-01-01T00:00:00Z"), expected);
}

#[test]
fn without_a_fact_there_is_no_history() {
    assert_eq!(history(&[], Instant::MAX, &Policy::default_policy()), None);
}
