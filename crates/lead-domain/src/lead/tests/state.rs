//! Transitions, and the text of a state.

use super::*;

#[test]
fn transitions_name_what_decided() {
    let told = given(&[
        (1, "form.submitted", json!({"form": "f", "intent": "demo"})),
        (2, "lead.refused", json!({})),
        (3, "order.placed", json!({"order": "O"})),
    ])
    .transitions();
    let expected = [
        (What::Stage, None, Some("lead"), "lead"),
        (What::Temperature, Some("cold"), Some("hot"), "form-quote-demo"),
        (What::Disposition, Some("open"), Some("refused"), "lead.refused"),
        (What::Stage, Some("lead"), Some("customer"), "customer"),
        (What::Disposition, Some("refused"), Some("open"), "order.placed"),
        (What::CustomerState, None, Some("active"), "order.placed"),
    ];
    assert_eq!(told, expected.map(|(what, from, to, rule)| (what, from, to, rule.to_owned())));
}

#[test]
fn a_state_reads_back_from_its_text_and_the_text_is_frozen() {
    let lead = given(&[
        (1, "form.submitted", json!({"form": "f", "intent": "demo", "fields": {"name": "Ada"}})),
        (2, "email.clicked", json!({})),
        (3, "quote.issued", json!({"quote": "Q", "amount": money(5)})),
        (4, "order.placed", json!({"order": "O", "quote": "Q"})),
    ])
    .lead();
    let text = lead.to_json();
    assert_eq!(Lead::from_json(&text).unwrap(), lead);
    let frozen = include_str!("../../../tests/fixtures/state/v3.json");
    assert_eq!(text, frozen.trim_end(), "a changed state needs a new FOLD_VERSION and a new fixture");
}

#[test]
fn quarantined_posts_and_their_releases_are_not_folded() {
    let release = json!({"quarantined": EventId(uuid::Uuid::nil())});
    let history = given(&[(1, "form.released", release)]);
    assert_eq!(Lead::fold(&history.0, &Policy::default_policy()), None);
}
