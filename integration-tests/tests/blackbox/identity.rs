//! Who is one person with whom.

use serde_json::{Value, json};

use crate::support::app::{App, Mode, shared};
use crate::support::facts::{at, fact, unique, unique_email};
use crate::support::in_both_modes;

in_both_modes!(
    the_id_of_a_merged_lead_answers_with_the_surviving_one,
    two_addresses_under_one_customer_number_are_one_person,
    a_shared_phone_does_not_merge_people,
    a_late_fact_can_turn_a_merge_round,
    a_lead_may_be_named_by_its_id,
    only_the_identified_are_listed_unless_asked_for,
);

fn viewed(lead: Value, instant: &str) -> Value {
    at(instant, fact("page.viewed", lead, json!({"url": "/"})))
}

/// The id that the 202 tells for a fact about these identifiers.
fn post(app: &App, fact: &Value) -> String {
    let answer = app.post_fact(fact);
    app.projected(answer["position"].as_str().unwrap());
    answer["lead_id"].as_str().unwrap().to_owned()
}

/// Where the id of a merged lead leads to.
fn moved(app: &App, id: &str) -> String {
    for path in ["", "/timeline", "/score"] {
        let answer = app.get(&format!("/v1/leads/{id}{path}")).expect(308);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let location = answer.header("location").unwrap();
        assert!(location.split('?').next().unwrap().ends_with(path), "{location}");
    }
    let answer = app.get(&format!("/v1/leads/{id}?as_of=2025-01-01T00:00:00Z")).expect(308);
    let location = answer.header("location").unwrap();
    assert!(location.ends_with("?as_of=2025-01-01T00:00:00.000Z"), "{location}");
    let path = location.split('?').next().unwrap();
    path.rsplit('/').next().unwrap().to_owned()
}

fn the_id_of_a_merged_lead_answers_with_the_surviving_one(mode: Mode) {
    let app = shared(mode);
    let (browser, email) = (unique("an"), unique_email("merged"));
    let visitor = post(app, &viewed(json!({"anonymous_id": browser}), "2024-01-01T00:00:00Z"));
    app.get(&format!("/v1/leads/{visitor}")).expect(200);
    let named = post(app, &viewed(json!({"anonymous_id": browser, "email": email}), "2024-01-02T00:00:00Z"));
    assert_ne!(visitor, named);
    // The visitor came first, so the visitor's id survives.
    assert_eq!(moved(app, &named), visitor);
    let lead = app.lead_of(&email);
    assert_eq!((&lead["id"], &lead["created_at"]), (&json!(visitor), &json!("2024-01-01T00:00:00.000Z")));
    assert_eq!(app.pages(&format!("/v1/leads/{visitor}/timeline")).len(), 2);
}

fn two_addresses_under_one_customer_number_are_one_person(mode: Mode) {
    let app = shared(mode);
    let (number, one, two) = (unique("C"), unique_email("old"), unique_email("new"));
    let first = post(app, &viewed(json!({"email": one}), "2024-01-01T00:00:00Z"));
    let other = post(app, &viewed(json!({"email": two}), "2024-01-02T00:00:00Z"));
    app.get(&format!("/v1/leads/{other}")).expect(200);
    post(app, &viewed(json!({"external_id": number, "email": one}), "2024-01-03T00:00:00Z"));
    post(app, &viewed(json!({"external_id": number, "email": two}), "2024-01-04T00:00:00Z"));
    assert_eq!(moved(app, &other), first);
    let found: Vec<Value> = app.leads(&format!("external_id={number}"));
    assert_eq!(found.len(), 1);
    assert_eq!(app.lead_of(&one), app.lead_of(&two));
    assert_eq!(found[0]["email"], two);
}

fn a_shared_phone_does_not_merge_people(mode: Mode) {
    let app = shared(mode);
    // A number of this test's own: digits out of the process id.
    let phone = format!("+336{:08}", std::process::id() * 10 + u32::from(mode == Mode::Embedded));
    let (one, two) = (unique_email("desk"), unique_email("desk"));
    let first = post(app, &viewed(json!({"email": one, "phone": phone}), "2024-01-01T00:00:00Z"));
    let second = post(app, &viewed(json!({"email": two, "phone": phone}), "2024-01-02T00:00:00Z"));
    let alone = post(app, &viewed(json!({"phone": phone}), "2024-01-03T00:00:00Z"));
    assert_eq!(app.lead_of(&one)["id"], first);
    assert_eq!(app.lead_of(&two)["id"], second);
    assert_eq!(moved(app, &alone), first);
    assert_eq!(app.pages(&format!("/v1/leads/{first}/timeline")).len(), 2);
}

fn a_late_fact_can_turn_a_merge_round(mode: Mode) {
    let app = shared(mode);
    let (browser, email) = (unique("an"), unique_email("turned"));
    let visitor = post(app, &viewed(json!({"anonymous_id": browser}), "2024-01-05T00:00:00Z"));
    let named = post(app, &viewed(json!({"anonymous_id": browser, "email": email}), "2024-01-06T00:00:00Z"));
    assert_eq!(moved(app, &named), visitor);
    post(app, &viewed(json!({"email": email}), "2024-01-01T00:00:00Z"));
    assert_eq!(moved(app, &visitor), named);
    assert_eq!(app.lead_of(&email)["id"], named);
}

fn a_lead_may_be_named_by_its_id(mode: Mode) {
    let app = shared(mode);
    let email = unique_email("byid");
    let id = post(app, &viewed(json!({"email": email}), "2024-01-01T00:00:00Z"));
    let note = fact("owner.assigned", json!({"lead_id": id}), json!({"owner": "kim"}));
    assert_eq!(post(app, &note), id);
    assert_eq!(app.lead_of(&email)["owner"], "kim");
}

fn only_the_identified_are_listed_unless_asked_for(mode: Mode) {
    let app = shared(mode);
    let group = unique("visitors");
    let join = |lead: Value| fact("group.joined", lead, json!({"group": group}));
    let position = app.post_facts(&[
        join(json!({"anonymous_id": unique("an")})),
        join(json!({"email": unique_email("known")})),
    ]);
    app.projected(&position);
    assert_eq!(app.leads(&format!("group={group}")).len(), 1);
    let all = app.leads(&format!("group={group}&anonymous=true"));
    assert_eq!(all.len(), 2);
    assert!(all.iter().any(|lead| lead["stage"] == Value::Null));
}
