//! Lists page by page: nothing is left out and nothing comes twice.

use serde_json::{Value, json};

use crate::support::app::{App, Mode, shared};
use crate::support::facts::{CANARY, at, fact, unique, unique_email};
use crate::support::http::encoded;
use crate::support::in_both_modes;

in_both_modes!(
    cursors_go_through_all_leads_in_every_order,
    cursors_go_through_a_timeline,
    a_cursor_belongs_to_its_question,
    filters_hold_together,
    wrong_parameters_are_told_all_at_once,
);

/// Leads in a group of their own, many of them equal in every order.
fn crowd(app: &App, group: &str, size: usize) {
    let facts: Vec<Value> = (0..size).flat_map(|number| member(group, number)).collect();
    for piece in facts.chunks(500) {
        let position = app.post_facts(piece);
        app.projected(&position);
    }
}

fn member(group: &str, number: usize) -> Vec<Value> {
    let lead = json!({"email": unique_email("crowd")});
    let instant = |day: usize| format!("2024-01-{:02}T00:00:00Z", day + 1);
    let mut facts =
        vec![at(&instant(number % 3), fact("group.joined", lead.clone(), json!({"group": group})))];
    // A third has no name, a third no score, half no activity.
    if !number.is_multiple_of(3) {
        let name = json!({"name": format!("Name {}", number % 4)});
        facts.push(at(&instant(3), fact("profile.updated", lead.clone(), name)));
    }
    if number.is_multiple_of(2) {
        facts.push(at(&instant(4), fact("event.attended", lead.clone(), json!({"name": "Salon"}))));
    }
    if number.is_multiple_of(5) {
        facts.push(at(&instant(5), fact("email.complained", lead, json!({}))));
    }
    facts
}

fn cursors_go_through_all_leads_in_every_order(mode: Mode) {
    let app = shared(mode);
    let group = unique("crowd");
    crowd(app, &group, 90);
    for sort in ["-score", "-last_activity_at", "-created_at", "name"] {
        let whole: Vec<Value> = app.leads(&format!("group={group}&sort={sort}&limit=200"));
        let ids = |leads: &[Value]| -> Vec<String> {
            leads.iter().map(|lead| lead["id"].as_str().unwrap().to_owned()).collect()
        };
        let whole_ids = ids(&whole);
        assert_eq!(whole_ids.len(), 90, "{sort}");
        for limit in [1, 7, 89, 90] {
            assert_eq!(
                ids(&app.leads(&format!("group={group}&sort={sort}&limit={limit}"))),
                whole_ids,
                "{sort} {limit}"
            );
        }
        check_order(sort, &whole);
    }
}

/// Keys in order, missing ones last, equal ones by id.
fn check_order(sort: &str, leads: &[Value]) {
    let field = sort.trim_start_matches('-');
    for pair in leads.windows(2) {
        let [one, other] = pair else { unreachable!() };
        let (id, next_id) = (one["id"].as_str().unwrap(), other["id"].as_str().unwrap());
        let fine = match (&one[field], &other[field]) {
            // Shown with one decimal, compared exactly.
            (Value::Number(one), Value::Number(other)) => one.as_f64() >= other.as_f64(),
            (Value::String(one), Value::String(other)) if one == other => id < next_id,
            (Value::String(one), Value::String(other)) if sort == "name" => {
                one.to_lowercase() < other.to_lowercase()
            }
            (Value::String(one), Value::String(other)) => one > other,
            (Value::Null, Value::Null) => id < next_id,
            (one, _) => !one.is_null(),
        };
        assert!(fine, "{sort}: {} before {}", one[field], other[field]);
    }
}

fn cursors_go_through_a_timeline(mode: Mode) {
    let app = shared(mode);
    let email = unique_email("long");
    // Several facts at each instant.
    let viewed = |number: usize| {
        let url = json!({"url": format!("/{number}")});
        at(&format!("2024-01-01T00:{:02}:00Z", number / 4), fact("page.viewed", json!({"email": email}), url))
    };
    let position = app.post_facts(&(0..50).map(viewed).collect::<Vec<_>>());
    app.projected(&position);
    let id = app.lead_of(&email)["id"].as_str().unwrap().to_owned();
    let whole = app.pages(&format!("/v1/leads/{id}/timeline?limit=200"));
    assert_eq!(whole.len(), 50);
    assert!(whole.windows(2).all(|pair| pair[0]["occurred_at"].as_str() >= pair[1]["occurred_at"].as_str()));
    for limit in [1, 7, 49, 50] {
        assert_eq!(app.pages(&format!("/v1/leads/{id}/timeline?limit={limit}")), whole, "{limit}");
    }
}

fn a_cursor_belongs_to_its_question(mode: Mode) {
    let app = shared(mode);
    let group = unique("cursor");
    crowd(app, &group, 3);
    let page = app.get(&format!("/v1/leads?group={group}&limit=1")).expect(200).json();
    let cursor = page["next_cursor"].as_str().unwrap().to_owned();
    assert!(!cursor.to_lowercase().contains(CANARY));
    let with = |question: &str, cursor: &str| app.get(&format!("/v1/leads?{question}&cursor={cursor}"));
    with(&format!("group={group}&limit=2"), &cursor).expect(200);
    let mut bent = cursor.clone();
    let last = if bent.ends_with('A') { 'B' } else { 'A' };
    bent.pop();
    bent.push(last);
    for (question, cursor) in [
        (format!("group={group}&sort=name"), cursor.as_str()),
        ("group=other".to_owned(), cursor.as_str()),
        (format!("group={group}"), bent.as_str()),
        (format!("group={group}"), "x"),
        (format!("group={group}"), "%00%ff"),
    ] {
        let answer = with(&question, cursor).expect(400);
        assert!(
            ["invalid_cursor", "invalid_parameter"].contains(&answer.problem().as_str()),
            "{}",
            answer.text()
        );
    }
}

fn filters_hold_together(mode: Mode) {
    let app = shared(mode);
    let group = unique("filters");
    let email = unique_email("filter");
    let company = format!("Été & {} SA", unique("Ferro"));
    let lead = json!({"email": email});
    let position = app.post_facts(&[
        at("2024-01-01T00:00:00Z", fact("group.joined", lead.clone(), json!({"group": group}))),
        at("2024-01-02T00:00:00Z", fact("role.added", lead.clone(), json!({"role": "partner"}))),
        at("2024-01-03T00:00:00Z", fact("owner.assigned", lead.clone(), json!({"owner": "kim"}))),
        at("2024-01-04T00:00:00Z", fact("profile.updated", lead.clone(), json!({"company": company, "country": "FR"}))),
        json!({"type": "lead.accepted", "occurred_at": "2024-01-05T00:00:00Z", "lead": lead, "campaign": "spring",
            "channel": "email", "data": {}}),
        fact("message.received", lead, json!({"channel": "email"})),
    ]);
    app.projected(&position);
    let found = |filters: &str| app.leads(&format!("group={group}&{filters}")).len();
    let part = encoded(&company.to_uppercase().chars().take(12).collect::<String>());
    let holding = [
        "stage=prospect,customer".to_owned(),
        "temperature=warm,hot".to_owned(),
        "min_score=39".to_owned(),
        "disposition=open".to_owned(),
        "role=partner,press".to_owned(),
        "owner=kim,lou".to_owned(),
        "source=crm".to_owned(),
        "campaign=spring".to_owned(),
        "channel=email,ads".to_owned(),
        "country=fr,be".to_owned(),
        format!("email={}", email.to_uppercase()),
        format!("q={part}"),
        "created_from=2024-01-01T00:00:00Z".to_owned(),
        "created_to=2024-01-01T00:00:00.001Z".to_owned(),
    ];
    for filter in &holding {
        assert_eq!(found(filter), 1, "{filter}");
    }
    assert_eq!(found(&holding.join("&")), 1);
    for filter in [
        "stage=lead",
        "temperature=hot,cold",
        "min_score=41",
        "disposition=refused",
        "role=press",
        "owner=lou",
        "source=website",
        "campaign=salon",
        "channel=ads",
        "country=BE",
        "email=nobody%40example.com",
        "q=nothing",
        "created_from=2024-01-01T00:00:00.001Z",
        "created_to=2024-01-01T00:00:00Z",
    ] {
        assert_eq!(found(filter), 0, "{filter}");
    }
}

fn wrong_parameters_are_told_all_at_once(mode: Mode) {
    let app = shared(mode);
    let answer =
        app.get("/v1/leads?stage=boss&limit=0&created_from=yesterday&q=ab&sort=age&color=red").expect(400);
    assert_eq!(answer.problem(), "invalid_parameter");
    let mut pointers: Vec<String> = answer.json()["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["pointer"].as_str().unwrap().to_owned())
        .collect();
    pointers.sort();
    assert_eq!(pointers, ["/color", "/created_from", "/limit", "/q", "/sort", "/stage"]);
    for path in [
        "/v1/leads?limit=201",
        "/v1/leads?min_score=NaN",
        "/v1/leads?q=%00%00%00",
        "/v1/leads?q=%ff%fe%fd",
        "/v1/leads?email=nobody",
        "/v1/leads?created_from=0000-00-00T00:00:00Z",
        "/v1/leads?min_score=1e999",
    ] {
        app.get(path).expect(400).problem();
    }
    for path in [
        "/v1/leads/nobody",
        "/v1/leads/%00",
        "/v1/leads/00000000-0000-0000-0000-000000000000",
        "/v1/leads/00000000-0000-0000-0000-000000000000/timeline",
        "/v1/leads/x/score",
    ] {
        let answer = app.get(path);
        assert!([400, 404].contains(&answer.status), "{path}: {}", answer.status);
        answer.problem();
    }
}
