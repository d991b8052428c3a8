//! A candidate policy on the worked scenario: what would move, and who would have been ranked before whom, computed and
//! checked by hand; and nothing of it is kept.

use std::collections::HashMap;

use serde_json::Value;

use crate::support::app::{ADMIN_KEY, App, Mode, Setup, fixture};
use crate::support::compare::assert_same;
use crate::support::http::{Answer, Request};
use crate::support::in_both_modes;

in_both_modes!(a_candidate_on_the_worked_scenario_tells_what_was_worked_out_by_hand);

const RECEIVED: &str = "2026-06-01T07:59:00Z";
const END: &str = "2026-06-01T08:00:00.000Z";
const PATH: &str = "/v1/policy/simulations";

fn a_candidate_on_the_worked_scenario_tells_what_was_worked_out_by_hand(mode: Mode) {
    let app = Setup::new(mode).clock(RECEIVED).start();
    let ids = post_scenario(&app);
    // Who answers gets the clock of the example.
    let name = if mode == Mode::Embedded { "batea" } else { "batea-query" };
    app.stop(name);
    app.set("BATEA_CLOCK", END);
    app.launch(name);

    let told = simulate(&app, "application/json").expect(200).json();
    assert!(told["as_of"].as_str().is_some_and(|at| at.starts_with("2026-06-01T08:00:")), "{told}");
    let expected: Value = serde_json::from_str(&fixture("simulation.json")).unwrap();
    for key in ["leads", "moves", "ranking"] {
        assert_same(key, &expected[key], &told[key], 0.0);
    }
    check_versions(&app, &told);
    check_sample(&expected, &told, &ids);
    check_lines(&app, &told);
    assert_eq!(refused(&app), "invalid_policy");

    let before = app.into_dump();
    assert!(!before.contains(told["candidate"]["version"].as_str().unwrap()), "a simulation keeps nothing");
}

fn simulate(app: &App, accept: &str) -> Answer {
    let request = Request::post(PATH, "application/json", fixture("simulation-request.json"));
    request.key(ADMIN_KEY).header("Accept", accept).send(app.query()).unwrap()
}

fn refused(app: &App) -> String {
    let body = r#"{"policy": {"half_life_day": 14}}"#;
    let answer = Request::post(PATH, "application/json", body).key(ADMIN_KEY).send(app.query()).unwrap();
    answer.expect(422).problem()
}

/// Posts the scenario, and gives our id for each lead of the example.
fn post_scenario(app: &App) -> HashMap<String, String> {
    let facts: Vec<Value> =
        fixture("scenario.ndjson").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let answer = app.post("application/json", Value::from(facts).to_string()).expect(202).json();
    app.projected(answer["position"].as_str().unwrap());
    let expected: Value = serde_json::from_str(&fixture("post-array.json")).unwrap();
    let accepted = |answer: &Value| answer["accepted"].as_array().unwrap().clone();
    let text = |fact: &Value, key: &str| fact[key].as_str().unwrap_or_default().to_owned();
    let pairs = accepted(&expected).into_iter().zip(accepted(&answer));
    let both = |(theirs, ours): (Value, Value)| {
        ["lead_id", "event_id"].map(|key| (text(&theirs, key), text(&ours, key)))
    };
    pairs.flat_map(both).collect()
}

fn check_versions(app: &App, told: &Value) {
    let [active, candidate] =
        ["active", "candidate"].map(|key| told[key]["version"].as_str().unwrap().to_owned());
    assert_ne!(active, candidate);
    let leads = app.leads("");
    assert!(leads.iter().all(|lead| lead["policy"] == active.as_str()), "{active}");
}

/// The example's sample is shortened: its lead must be among ours, with the same explanations but for the versions.
fn check_sample(expected: &Value, told: &Value, ids: &HashMap<String, String>) {
    let sample = told["sample"].as_array().unwrap();
    assert_eq!(sample.len(), 5, "all that move, each once");
    let mut wanted = expected["sample"][0].clone();
    let id = ids[wanted["lead_id"].as_str().unwrap()].clone();
    let ours = sample.iter().find(|one| one["lead_id"] == id.as_str()).expect("the lead of the example");
    wanted["lead_id"] = id.into();
    for policy in ["active", "candidate"] {
        wanted[policy]["policy"] = told[policy]["version"].clone();
        wanted[policy]["as_of"] = told["as_of"].clone();
        for contribution in wanted[policy]["contributions"].as_array_mut().unwrap() {
            contribution["event_id"] = ids[contribution["event_id"].as_str().unwrap()].clone().into();
        }
    }
    // The instant of the answer is some milliseconds later than that of the example.
    assert_same("sample", &wanted, ours, 1e-3);
}

fn check_lines(app: &App, told: &Value) {
    let answer = simulate(app, "application/x-ndjson").expect(200);
    assert_eq!(answer.header("content-type"), Some("application/x-ndjson"));
    let lines: Vec<Value> = answer.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (last, progress) = lines.split_last().unwrap();
    assert!(!progress.is_empty() && progress.iter().all(|line| line["progress"]["of"] == 12), "{progress:?}");
    for key in ["leads", "moves", "ranking", "candidate"] {
        assert_eq!(last[key], told[key]);
    }
}
