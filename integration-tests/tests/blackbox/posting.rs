//! Facts from back ends: their forms, their answers, and what makes a repeat harmless.

use serde_json::{Value, json};

use crate::support::app::{App, Mode, shared};
use crate::support::facts::{CANARY, asked, at, fact, unique, unique_email, with_id};
use crate::support::http::{Answer, Request};
use crate::support::in_both_modes;

in_both_modes!(
    one_fact_is_answered_by_itself,
    an_array_is_answered_fact_by_fact,
    ndjson_is_answered_line_by_line,
    a_cloud_event_is_a_fact,
    nothing_is_recorded_when_no_fact_is_valid,
    a_fact_under_a_known_id_counts_once,
    a_request_under_a_known_key_counts_once,
    of_two_contents_under_one_id_the_first_stays,
    a_late_fact_takes_its_place_in_the_history,
    a_fact_of_the_future_happened_when_it_was_received,
    a_reader_finds_its_own_write,
);

fn timeline(app: &App, lead: &Value) -> Vec<Value> {
    app.pages(&format!("/v1/leads/{}/timeline", lead["id"].as_str().unwrap()))
}

fn one_fact_is_answered_by_itself(mode: Mode) {
    let app = shared(mode);
    let email = unique_email("one");
    let answer = app.post_fact(&asked(&email));
    let keys: Vec<&String> = answer.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["event_id", "lead_id", "position", "stored"]);
    assert_eq!(answer["stored"], "log");
    let path = format!("/v1/leads/{}", answer["lead_id"].as_str().unwrap());
    let lead = app.get_at(&path, answer["position"].as_str().unwrap()).expect(200).json();
    assert_eq!(lead["email"], email);
    assert_eq!(timeline(app, &lead)[0]["event_id"], answer["event_id"]);

    let campaign = fact("campaign.defined", Value::Null, json!({"campaign": unique("spring")}));
    assert_eq!(app.post_fact(&campaign)["lead_id"], Value::Null);
}

/// Two good facts with a bad one between them.
fn mixed(group: &str) -> Vec<Value> {
    let join =
        |word: &str| fact("group.joined", json!({"email": unique_email(word)}), json!({"group": group}));
    vec![
        join("first"),
        fact("order.placed", json!({"email": unique_email("bad")}), json!({})),
        join("second"),
    ]
}

fn check_mixed(app: &App, answer: &Answer, group: &str) {
    let answer = answer.json();
    let indexes = |list: &str| -> Vec<u64> {
        answer[list].as_array().unwrap().iter().map(|entry| entry["index"].as_u64().unwrap()).collect()
    };
    assert_eq!((indexes("accepted"), indexes("rejected")), (vec![0, 2], vec![1]), "{answer}");
    let problem = &answer["rejected"][0]["problem"];
    assert_eq!((&problem["status"], &problem["code"]), (&json!(422), &json!("invalid_fact")), "{answer}");
    assert_eq!(problem["errors"][0]["pointer"], "/data/order");
    app.projected(answer["position"].as_str().unwrap());
    assert_eq!(app.leads(&format!("group={group}")).len(), 2);
}

fn an_array_is_answered_fact_by_fact(mode: Mode) {
    let app = shared(mode);
    let group = unique("array");
    let answer = app.post("application/json", json!(mixed(&group)).to_string()).expect(202);
    check_mixed(app, &answer, &group);

    let one =
        app.post("application/json", json!([asked(&unique_email("alone"))]).to_string()).expect(202).json();
    assert_eq!(one["accepted"].as_array().map(Vec::len), Some(1));
}

fn ndjson_is_answered_line_by_line(mode: Mode) {
    let app = shared(mode);
    let group = unique("lines");
    let lines: Vec<String> = mixed(&group).iter().map(Value::to_string).collect();
    let answer = app.post("application/x-ndjson", lines.join("\n") + "\n").expect(202);
    check_mixed(app, &answer, &group);

    // A line that is no JSON spoils itself, not its neighbours.
    let torn = format!("{}\n{{\"type\": \n", asked(&unique_email("torn")));
    let answer = app.post("application/x-ndjson", torn).expect(202).json();
    assert_eq!(answer["rejected"][0]["problem"]["status"], 400);
}

fn a_cloud_event_is_a_fact(mode: Mode) {
    let app = shared(mode);
    let email = unique_email("cloud");
    let event = json!({
        "specversion": "1.0", "id": unique("ce"), "source": "crm", "type": "com.example.lead.accepted",
        "time": "2024-02-03T09:10:00Z", "data": {"lead": {"email": email}, "data": {"by": "kim"}},
    });
    let answer = app.post("application/cloudevents+json", event.to_string()).expect(202).json();
    app.projected(answer["position"].as_str().unwrap());
    let lead = app.lead_of(&email);
    assert_eq!(
        (&lead["stage"], &lead["created_at"]),
        (&json!("prospect"), &json!("2024-02-03T09:10:00.000Z"))
    );
}

fn nothing_is_recorded_when_no_fact_is_valid(mode: Mode) {
    let app = shared(mode);
    let bad = fact("order.placed", json!({"email": unique_email("none")}), json!({}));
    let answer = app.post("application/json", json!([bad, bad]).to_string()).expect(422);
    assert_eq!(answer.problem(), "invalid_fact");
    let pointers: Vec<Value> =
        answer.json()["errors"].as_array().unwrap().iter().map(|error| error["pointer"].clone()).collect();
    assert_eq!(pointers, ["/0/data/order", "/1/data/order"]);
    for empty in ["[]", ""] {
        let answer = app.post("application/json", empty);
        assert!([400, 422].contains(&answer.status), "{empty:?}: {}", answer.status);
        answer.problem();
    }
}

fn a_fact_under_a_known_id_counts_once(mode: Mode) {
    let app = shared(mode);
    let email = unique_email("again");
    let fact = with_id(&unique("id"), asked(&email));
    let first = app.post_fact(&fact);
    let second = app.post_fact(&fact);
    assert_eq!((&first["event_id"], &first["lead_id"]), (&second["event_id"], &second["lead_id"]));
    let twice = app.post_facts(&[fact.clone(), fact]);
    app.projected(&twice);
    let lead = app.lead_of(&email);
    assert_eq!(timeline(app, &lead).len(), 1);
    assert_eq!((&lead["score"], &lead["incomplete"]), (&json!(35.0), &json!(false)));
}

fn a_request_under_a_known_key_counts_once(mode: Mode) {
    let app = shared(mode);
    let (one, two) = (unique_email("key"), unique_email("key"));
    let body = json!([asked(&one), asked(&two)]).to_string();
    let request = Request::post("/v1/events", "application/json", body).key("secret-of-crm");
    let request = request.header("Idempotency-Key", &unique("request"));
    let first = app.send(request.clone()).expect(202).json();
    let second = app.send(request).expect(202).json();
    assert_eq!(first["accepted"], second["accepted"]);
    app.projected(second["position"].as_str().unwrap());
    for email in [one, two] {
        let lead = app.lead_of(&email);
        assert_eq!(timeline(app, &lead).len(), 1);
        assert_eq!(lead["score"], 35.0);
    }
}

fn of_two_contents_under_one_id_the_first_stays(mode: Mode) {
    let app = shared(mode);
    let email = unique_email("conflict");
    let id = unique("id");
    let named =
        |name: &str| with_id(&id, fact("profile.updated", json!({"email": email}), json!({"name": name})));
    let first = app.post_fact(&named(&format!("First {CANARY}")));
    app.projected(first["position"].as_str().unwrap());
    let second = app.post_fact(&named(&format!("Second {CANARY}")));
    assert_eq!(first["event_id"], second["event_id"]);
    app.projected(second["position"].as_str().unwrap());
    let lead = app.lead_of(&email);
    assert_eq!(lead["name"], format!("First {CANARY}"));
    assert_eq!(lead["incomplete"], false);
    assert_eq!(timeline(app, &lead).len(), 1);
}

fn a_late_fact_takes_its_place_in_the_history(mode: Mode) {
    let app = shared(mode);
    let email = unique_email("late");
    let lead = json!({"email": email});
    let company = |name: &str| fact("profile.updated", lead.clone(), json!({"company": name}));
    let order = |kind: &str| fact(kind, lead.clone(), json!({"order": "O-1"}));
    let position = app.post_facts(&[
        at("2024-03-01T00:00:00Z", company("New")),
        at("2024-03-03T00:00:00Z", order("order.cancelled")),
    ]);
    app.projected(&position);
    assert_eq!(app.lead_of(&email)["stage"], "suspect");

    let late = app.post_facts(&[
        at("2024-02-01T00:00:00Z", company("Old")),
        at("2024-03-02T00:00:00Z", order("order.placed")),
    ]);
    app.projected(&late);
    let found = app.lead_of(&email);
    assert_eq!((&found["company"], &found["stage"]), (&json!("New"), &json!("suspect")));
    assert_eq!(found["created_at"], "2024-02-01T00:00:00.000Z");
    let path = format!("/v1/leads/{}", found["id"].as_str().unwrap());
    let between = app.get(&format!("{path}?as_of=2024-03-02T12:00:00Z")).expect(200).json();
    assert_eq!(between["stage"], "customer");
    app.get(&format!("{path}?as_of=2024-01-01T00:00:00Z")).expect(404);
}

fn a_fact_of_the_future_happened_when_it_was_received(mode: Mode) {
    let app = shared(mode);
    let email = unique_email("future");
    let answer = app.post_fact(&at("2999-01-01T00:00:00Z", asked(&email)));
    app.projected(answer["position"].as_str().unwrap());
    let lead = app.lead_of(&email);
    let event = &timeline(app, &lead)[0];
    assert_eq!(event["occurred_at"], event["received_at"]);
    assert_eq!(lead["created_at"], event["received_at"]);
}

fn a_reader_finds_its_own_write(mode: Mode) {
    let app = shared(mode);
    for _ in 0..20 {
        let answer = app.post_fact(&asked(&unique_email("own")));
        let path = format!("/v1/leads/{}", answer["lead_id"].as_str().unwrap());
        app.get_at(&path, answer["position"].as_str().unwrap()).expect(200);
    }
    let never = app.get("/v1/leads?min_position=0-999999999").expect(409);
    assert_eq!((never.problem().as_str(), never.retry_after()), ("position_not_reached", Some(1)));
    for nonsense in ["x", "0", "-1", "99999999999-1"] {
        let answer = app.get(&format!("/v1/leads?min_position={nonsense}"));
        assert!([400, 409].contains(&answer.status), "{nonsense}: {}", answer.status);
        answer.problem();
    }
}
