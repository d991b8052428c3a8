//! The company changes its rules: reads go on, the new policy takes over in one step, nothing is lost or told twice.

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::app::{App, Mode, Setup, fixture};
use crate::support::facts::{at, fact, histories, quiet_facts};
use crate::support::in_both_modes;
use crate::support::process::run;

in_both_modes!(
    a_changed_policy_takes_over_in_one_step_while_facts_come_and_reads_go_on,
    a_rebuild_changes_no_byte_and_verify_finds_nothing,
    an_operator_brings_an_old_policy_back,
    what_time_changes_is_announced_once,
);

const PEOPLE: usize = 60;
const LONGEST: Duration = Duration::from_secs(60);

/// The company's file with another policy.
fn changed(app: &App, policy: &Value) {
    let path = app.folder().join("changed.yaml");
    fs::write(&path, format!("{}\npolicy: {policy}\n", fixture("batea.yaml"))).unwrap();
    app.set("BATEA_CONFIG", path.to_str().unwrap());
}

/// The program whose policy counts.
const fn folding(mode: Mode) -> &'static str {
    match mode {
        Mode::Embedded => "batea",
        Mode::Distributed => "batea-qualification",
    }
}

fn restart(app: &App) {
    let name = app.names().into_iter().find(|name| name.starts_with(folding(app.mode))).unwrap();
    app.stop(&name);
    app.launch(&name);
}

fn active(app: &App) -> String {
    app.get("/v1/policy").expect(200).json()["active"]["version"].as_str().unwrap().to_owned()
}

fn until(what: &str, holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < LONGEST, "not within {LONGEST:?}: {what}");
        thread::yield_now();
    }
}

fn other_policy() -> Value {
    json!({"temperature": {"warm": 10, "hot": 30, "hysteresis": 2}, "half_life_days": 400})
}

fn changes(app: &App) -> Vec<Value> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let page = app.get(&format!("/v1/changes?limit=200{after}")).expect(200).json();
        let mut rows = page["data"].as_array().unwrap().clone();
        // Sealed anew for each answer.
        rows.iter_mut().for_each(|row| row["cursor"] = Value::Null);
        if rows.is_empty() {
            return all;
        }
        all.extend(rows);
        after = format!("&after={}", page["next_cursor"].as_str().unwrap());
    }
}

fn a_changed_policy_takes_over_in_one_step_while_facts_come_and_reads_go_on(mode: Mode) {
    let app = Setup::new(mode).start();
    let facts = [histories(41, PEOPLE, 600), quiet_facts(PEOPLE, 300)].concat();
    app.projected(&app.post_facts(&facts[..600]));
    let before = active(&app);
    let leads = app.leads("anonymous=true&limit=200").len();
    let told = changes(&app).len();
    changed(&app, &other_policy());
    restart(&app);
    let mut position = None;
    for some in facts[600..].chunks(30) {
        position = Some(app.post_facts(some));
        let page = app.get("/v1/leads?anonymous=true&limit=200").expect(200).json();
        let rows = page["data"].as_array().unwrap();
        assert_eq!(rows.len(), leads, "no lead is missing meanwhile");
        let versions: std::collections::BTreeSet<String> =
            rows.iter().map(|lead| lead["policy"].to_string()).collect();
        assert_eq!(versions.len(), 1, "one page is of one policy");
    }
    app.projected(&position.unwrap());
    until("the policy takes over", || active(&app) != before);
    let known = app.get("/v1/policy").expect(200).json()["known"].clone();
    assert_eq!((&known[0]["version"], &known[0]["active_to"]), (&json!(before), &known[1]["active_from"]));
    let by_policy = changes(&app).split_off(told);
    let by_policy: Vec<_> = by_policy.iter().filter(|one| one["because"]["policy"].is_string()).collect();
    assert!(!by_policy.is_empty());
    assert!(by_policy.iter().all(|one| one["because"]["policy"] == active(&app).as_str()));

    // One lead, under both.
    let id = app.leads("temperature=hot,warm&limit=1")[0]["id"].as_str().unwrap().to_owned();
    let now = app.get(&format!("/v1/leads/{id}/score")).expect(200).json();
    let then = app.get(&format!("/v1/leads/{id}/score?policy={before}")).expect(200).json();
    assert_eq!((&now["half_life_days"], &then["half_life_days"]), (&json!(400.0), &json!(30.0)));
    assert_eq!(then["policy"], before.as_str());

    let rows = app.into_dump();
    let fresh = Setup::new(mode).start();
    changed(&fresh, &other_policy());
    restart(&fresh);
    until("the policy takes over", || active(&fresh) != before);
    fresh.projected(&fresh.post_facts(&facts));
    assert!(rows == fresh.into_dump(), "rows filled while facts came are those of a fresh start");
}

/// Runs a command on the store; of the embedded server only while it does not run.
fn on_store(app: &App, arguments: &[&str]) -> String {
    let output = run(&mut app.command(folding(app.mode), arguments));
    String::from_utf8(output.stdout).unwrap()
}

fn a_rebuild_changes_no_byte_and_verify_finds_nothing(mode: Mode) {
    let app = Setup::new(mode).start();
    app.projected(&app.post_facts(&histories(42, PEOPLE, 400)));
    let told = changes(&app);
    if mode == Mode::Embedded {
        let refused = app.command("batea", &["verify"]).output().unwrap();
        assert!(!refused.status.success(), "the server runs");
        assert!(String::from_utf8_lossy(&refused.stderr).contains("in use"), "{refused:?}");
        app.stop("batea");
    }
    let rows = app.dump();
    assert!(on_store(&app, &["verify"]).ends_with(": 0 rows differ\n"));
    assert_eq!(on_store(&app, &["rebuild"]), "all leads were folded anew\n");
    assert!(rows == app.dump(), "a rebuild changes no byte");
    assert!(on_store(&app, &["verify"]).ends_with(": 0 rows differ\n"));
    if mode == Mode::Embedded {
        app.launch("batea");
    }
    // Meanwhile the clock tells what cooled since 2024.
    let mut feed = changes(&app);
    let newer = feed.split_off(told.len());
    assert_eq!(feed, told);
    let by_time = |one: &Value| ["cooling", "inactivity"].iter().any(|rule| one["because"]["rule"] == *rule);
    assert!(newer.iter().all(by_time), "a rebuild announces nothing");
}

fn an_operator_brings_an_old_policy_back(mode: Mode) {
    let app = Setup::new(mode).start();
    app.projected(&app.post_facts(&histories(43, PEOPLE, 100)));
    let first = active(&app);
    changed(&app, &other_policy());
    restart(&app);
    until("the policy takes over", || active(&app) != first);
    let second = active(&app);
    if mode == Mode::Embedded {
        app.stop("batea");
    }
    on_store(&app, &["policy", "activate", &first]);
    let unknown = app.command(folding(mode), &["policy", "activate", "0123"]).output().unwrap();
    assert!(!unknown.status.success());
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("no policy of this version"), "{unknown:?}");
    if mode == Mode::Embedded {
        app.launch("batea");
    } else {
        restart(&app);
    }
    assert_eq!(active(&app), first, "a process that starts with the other file follows it");
    let known = app.get("/v1/policy").expect(200).json()["known"].clone();
    let versions: Vec<_> = known.as_array().unwrap().iter().map(|one| one["version"].clone()).collect();
    assert_eq!(versions, [first.as_str(), second.as_str(), first.as_str()]);
}

/// The clock of the process that folds stands a moment before a lead cools.
fn what_time_changes_is_announced_once(mode: Mode) {
    let app = Setup::new(mode).clock("2026-03-31T12:00:00Z").start();
    let hot = fact(
        "form.submitted",
        json!({"email": "kanarie@example.com"}),
        json!({"form": "f", "intent": "demo"}),
    );
    let told = app.post_fact(&at("2026-03-01T00:00:00Z", hot));
    app.projected(told["position"].as_str().unwrap());
    let id = app.lead_of("kanarie@example.com")["id"].as_str().unwrap().to_owned();
    until("it was hot, and cooled", || changes(&app).len() == 3);
    let warm_until = app.get(&format!("/v1/leads/{id}")).expect(200).json()["warm_until"].clone();
    app.stop_all();
    // Eight tenths of a second before it is cold.
    let instant = warm_until.as_str().unwrap();
    let (head, millis) = instant.strip_suffix('Z').unwrap().rsplit_once('.').unwrap();
    let (head, second) = head.rsplit_once(':').unwrap();
    let second = second.parse::<u32>().unwrap().checked_sub(1).unwrap_or(0);
    app.set("BATEA_CLOCK", &format!("{head}:{second:02}.{millis}Z"));
    app.launch_all();
    until("it cooled down", || changes(&app).len() == 4);
    let last = changes(&app).pop().unwrap();
    assert_eq!((&last["at"], &last["to"]), (&warm_until, &json!("cold")));
    assert_eq!(last["because"], json!({"rule": "cooling"}));
    let history = app.get(&format!("/v1/leads/{id}/history")).expect(200).json();
    let steps: Vec<_> = history["data"].as_array().unwrap().iter().map(|step| step["at"].clone()).collect();
    let announced: Vec<_> = changes(&app).iter().map(|change| change["at"].clone()).collect();
    assert_eq!(announced, steps, "the feed tells what the history tells");
}
