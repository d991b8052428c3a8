//! Segments: the company's named conditions, their sizes and their members.

use serde_json::{Value, json};

use crate::support::app::{App, Mode, Setup, fixture, shared};
use crate::support::compare::assert_same;
use crate::support::facts::{at, fact, unique, unique_email};
use crate::support::in_both_modes;

in_both_modes!(
    segments_of_the_worked_scenario_have_the_sizes_that_were_counted_by_hand,
    a_lead_enters_a_segment_by_a_fact_and_leaves_it_by_another,
    a_segment_that_is_not_there_is_not_found_and_not_listed,
);

/// The instant at which the scenario is received, and a minute later, at which it is looked at.
const RECEIVED: &str = "2026-06-01T07:59:00Z";
const END: &str = "2026-06-01T08:00:00.000Z";

fn segments_of_the_worked_scenario_have_the_sizes_that_were_counted_by_hand(mode: Mode) {
    let app = Setup::new(mode).clock(RECEIVED).start();
    let answer = app.post("application/x-ndjson", fixture("scenario.ndjson")).expect(202).json();
    app.projected(answer["position"].as_str().unwrap());
    let query = if mode == Mode::Embedded { "batea" } else { "batea-query" };
    app.stop(query);
    app.set("BATEA_CLOCK", END);
    app.launch(query);

    let mut found = app.get("/v1/segments").expect(200).json();
    let expected: Value = serde_json::from_str(&fixture("segments.json")).unwrap();
    assert!(found["as_of"].as_str().is_some_and(|at| at.starts_with("2026-06-01T08:00:")), "{found}");
    found["as_of"] = expected["as_of"].clone();
    assert_same("the segments", &expected, &found, 0.0);
    for segment in expected["data"].as_array().unwrap() {
        let name = segment["name"].as_str().unwrap();
        let one = app.get(&format!("/v1/segments/{name}")).expect(200).json();
        assert_same(name, segment, &one, 0.0);
        let members = app.leads(&format!("segment={name}"));
        assert_eq!(json!(members.len()), segment["size"], "{name}");
        assert_eq!(app.leads(&format!("segment={name}&limit=1")), members, "{name}, one by one");
    }
    let either = app.leads("segment=hot-or-warm,asked-in-france");
    let inside = |lead: &Value| {
        lead["temperature"] != "cold"
            || (lead["country"] == "FR" && lead["criteria"]["need"]["verdict"] == "met")
    };
    assert!(either.iter().all(inside) && (2..=4).contains(&either.len()), "{either:?}");
}

fn size(app: &App, name: &str, position: &str) -> u64 {
    app.get_at(&format!("/v1/segments/{name}"), position).expect(200).json()["size"].as_u64().unwrap()
}

fn a_lead_enters_a_segment_by_a_fact_and_leaves_it_by_another(mode: Mode) {
    let app = shared(mode);
    let group = unique("segment");
    let lead = json!({"email": unique_email("segment")});
    let members = || app.leads(&format!("segment=asked-in-france&group={group}")).len();
    let joined = app.post_facts(&[
        at("2024-01-01T00:00:00Z", fact("group.joined", lead.clone(), json!({"group": group}))),
        at("2024-01-02T00:00:00Z", fact("message.received", lead.clone(), json!({"channel": "email"}))),
    ]);
    app.projected(&joined);
    assert_eq!(members(), 0);
    let country = |day: &str, country: &str| {
        at(day, fact("profile.updated", lead.clone(), json!({"country": country})))
    };
    let french = app.post_facts(&[country("2024-01-03T00:00:00Z", " fr ")]);
    // Others post at the same time, so that the size alone tells only that somebody is there.
    assert!(size(app, "asked-in-france", &french) >= 1);
    assert_eq!(members(), 1);
    assert_eq!(app.leads(&format!("segment=asked-in-france&group={group}&country=BE")).len(), 0);
    let belgian = app.post_facts(&[country("2024-01-04T00:00:00Z", "BE")]);
    app.projected(&belgian);
    assert_eq!(members(), 0);
}

fn a_segment_that_is_not_there_is_not_found_and_not_listed(mode: Mode) {
    let app = shared(mode);
    assert_eq!(app.get("/v1/segments/nobody").expect(404).problem(), "not_found");
    let wrong = app.get("/v1/leads?segment=hot-or-warm,nobody").expect(400);
    assert_eq!(wrong.problem(), "invalid_parameter");
    assert_eq!(wrong.json()["errors"][0]["pointer"], "/segment");
    app.get("/v1/segments?limit=3").expect(400).problem();
}
