//! `GET /v1/changes`

use std::sync::Arc;
use std::time::Duration;

use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::Service;
use actix_web::test::{TestRequest, init_service};
use lead_domain::{EventId, LeadId};
use read_model::ChangeRow;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{END, Fake, READER, get, instant, state};

fn change(number: u128) -> ChangeRow {
    ChangeRow {
        id: EventId(Uuid::from_u128(number)),
        lead_id: LeadId(Uuid::from_u128(7)),
        at: instant(END),
        what: "stage",
        from: None,
        to: Some("lead".to_owned()),
        because_event: Some(EventId(Uuid::from_u128(number))),
        because_rule: Some("lead".to_owned()),
        because_policy: None,
        policy: "p".to_owned(),
    }
}

fn with_changes(count: u128) -> Arc<Fake> {
    let fake = Fake::default();
    *fake.changes.lock().unwrap() = (1..=count).map(change).collect();
    Arc::new(fake)
}

fn numbers(page: &Value) -> Vec<u128> {
    let id = |change: &Value| change["id"].as_str().unwrap().parse::<Uuid>().unwrap().as_u128();
    page["data"].as_array().unwrap().iter().map(id).collect()
}

#[actix_web::test]
async fn the_feed_goes_on_behind_a_cursor_and_always_has_one() {
    let fake = with_changes(5);
    let first = get(&fake, "/v1/changes?limit=3").await.json();
    assert_eq!(numbers(&first), [1, 2, 3]);
    assert_eq!(first["next_cursor"], first["data"][2]["cursor"]);
    let next = first["next_cursor"].as_str().unwrap();
    let second = get(&fake, &format!("/v1/changes?after={next}")).await.json();
    assert_eq!(numbers(&second), [4, 5]);
    let end = second["next_cursor"].as_str().unwrap();
    let nothing = get(&fake, &format!("/v1/changes?after={end}")).await.json();
    assert_eq!((numbers(&nothing), &nothing["next_cursor"]), (vec![], &json!(end)));
    fake.changes.lock().unwrap().push(change(6));
    assert_eq!(numbers(&get(&fake, &format!("/v1/changes?after={end}")).await.json()), [6]);
    let middle = first["data"][0]["cursor"].as_str().unwrap();
    assert_eq!(numbers(&get(&fake, &format!("/v1/changes?after={middle}&limit=2")).await.json()), [2, 3]);
}

#[actix_web::test]
async fn an_empty_feed_has_a_cursor_to_go_on_from() {
    let fake = with_changes(0);
    let empty = get(&fake, "/v1/changes").await.json();
    fake.changes.lock().unwrap().push(change(1));
    let next = empty["next_cursor"].as_str().unwrap();
    assert_eq!(numbers(&get(&fake, &format!("/v1/changes?after={next}")).await.json()), [1]);
    let foreign = get(&fake, "/v1/changes?after=abc").await;
    assert_eq!(foreign.problem(), (400, "invalid_cursor".to_owned()));
    assert_eq!(foreign.errors(), [("/after".to_owned(), "invalid_cursor".to_owned())]);
}

#[actix_web::test]
async fn a_change_names_its_cause() {
    let fake = Fake::default();
    let by_time = ChangeRow {
        what: "temperature",
        because_event: None,
        because_rule: Some("cooling".to_owned()),
        ..change(2)
    };
    let by_policy = ChangeRow {
        because_event: None,
        because_rule: None,
        because_policy: Some("q".to_owned()),
        policy: "q".to_owned(),
        ..change(3)
    };
    *fake.changes.lock().unwrap() = vec![change(1), by_time, by_policy];
    let page = get(&Arc::new(fake), "/v1/changes").await.json();
    let of = |place: usize, key: &str| page["data"][place][key].clone();
    assert_eq!(of(0, "because"), json!({"event_id": Uuid::from_u128(1), "rule": "lead"}));
    assert_eq!(
        (of(1, "type"), of(1, "because")),
        (json!("lead.temperature_changed"), json!({"rule": "cooling"}))
    );
    assert_eq!((of(2, "because"), of(2, "policy")), (json!({"policy": "q"}), json!("q")));
    assert_eq!(of(0, "at"), END);
}

#[actix_web::test]
async fn a_long_poll_answers_when_a_change_comes() {
    let fake = with_changes(0);
    let later = Arc::clone(&fake);
    let coming = async move {
        tokio::time::sleep(Duration::from_millis(50)).await;
        later.changes.lock().unwrap().push(change(1));
    };
    let began = std::time::Instant::now();
    let (page, ()) = tokio::join!(get(&fake, "/v1/changes?wait=20"), coming);
    assert_eq!(numbers(&page.json()), [1]);
    assert!(began.elapsed() < Duration::from_secs(15));
    let too_long = get(&fake, "/v1/changes?wait=31").await;
    assert_eq!(too_long.errors(), [("/wait".to_owned(), "out_of_range".to_owned())]);
}

#[actix_web::test]
async fn a_stream_goes_on_after_the_last_event_and_ends_with_the_process() {
    let fake = with_changes(3);
    let state = state(&fake);
    let shutdown = state.draining.clone();
    let app = init_service(service_kit::server::app(query::configure(state))).await;
    let first = get(&fake, "/v1/changes?limit=1").await.json();
    let request = TestRequest::with_uri("/v1/changes")
        .insert_header(("Authorization", format!("Bearer {READER}")))
        .insert_header(("Accept", "text/event-stream"))
        .insert_header(("Last-Event-ID", first["next_cursor"].as_str().unwrap()));
    let answer = app.call(request.to_request()).await.unwrap();
    assert_eq!(answer.headers().get("content-type").unwrap(), "text/event-stream");
    let mut body = std::pin::pin!(answer.into_body());
    assert_eq!(body.size(), BodySize::Stream);
    let chunk = std::future::poll_fn(|context| body.as_mut().poll_next(context)).await.unwrap().unwrap();
    let events: Vec<String> =
        String::from_utf8(chunk.to_vec()).unwrap().split("\n\n").map(str::to_owned).collect();
    assert_eq!(events.len(), 3, "two events and the end of the second: {events:?}");
    let lines: Vec<&str> = events[0].lines().collect();
    assert!(lines[0].starts_with("id: ") && lines[1] == "event: lead.stage_changed", "{lines:?}");
    let data: Value = serde_json::from_str(lines[2].strip_prefix("data: ").unwrap()).unwrap();
    assert_eq!(data["id"], json!(Uuid::from_u128(2)));
    assert_eq!(lines[0].strip_prefix("id: "), data["cursor"].as_str());
    shutdown.request();
    assert!(std::future::poll_fn(|context| body.as_mut().poll_next(context)).await.is_none());
}
