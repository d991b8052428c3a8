//! `POST /v1/policy/simulations`

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use actix_web::http::Method;
use actix_web::test::TestRequest;
use serde_json::{Value, json};
use service_kit::lifecycle::{Lifecycle, Shutdown};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Answer, Fake, READER, SENDER, ada, email, get, send, state};

const PATH: &str = "/v1/policy/simulations";

fn request(body: &Value) -> TestRequest {
    bare().insert_header(("Content-Type", "application/json")).set_payload(body.to_string())
}

fn bare() -> TestRequest {
    TestRequest::with_uri(PATH)
        .method(Method::POST)
        .insert_header(("Authorization", format!("Bearer {READER}")))
}

async fn simulate(fake: &Arc<Fake>, policy: Value) -> Answer {
    send(fake, request(&json!({"policy": policy}))).await
}

fn lines(answer: &Answer) -> Vec<Value> {
    let text = String::from_utf8(answer.bytes.clone()).unwrap();
    assert!(text.ends_with('\n'));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[actix_web::test]
async fn a_candidate_is_compared_with_the_active_policy_over_every_lead() {
    let fake = Arc::new(Fake::with_ada_and_ben());
    let answer = simulate(&fake, json!({"temperature": {"warm": 1, "hysteresis": 0.5}})).await;
    assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (200, "no-store"));
    let told = answer.json();
    let keys: Vec<&String> = told.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["active", "as_of", "candidate", "leads", "moves", "ranking", "sample"]);
    assert_eq!(told["leads"], 2);
    assert!(told["as_of"].as_str().unwrap().starts_with("2026-06-01T08:00:0"));
    assert_ne!(told["active"]["version"], told["candidate"]["version"]);
    let moved =
        json!({"stage": [], "temperature": [{"from": "cold", "to": "warm", "leads": 2}], "grade": []});
    assert_eq!(told["moves"], moved);
    let sample = told["sample"].as_array().unwrap();
    let mut ids = [ada(), email("ben@example.org")];
    ids.sort_unstable();
    assert_eq!(sample.iter().map(|one| one["lead_id"].clone()).collect::<Vec<_>>(), ids.map(|id| json!(id)));
    for policy in ["active", "candidate"] {
        assert!(sample.iter().all(|one| one[policy]["policy"] == told[policy]["version"]));
        assert!(sample.iter().all(|one| one[policy]["as_of"] == told["as_of"]));
    }
    let ages: Vec<&Value> = told["ranking"].as_array().unwrap().iter().map(|one| &one["age_days"]).collect();
    assert_eq!(ages, [1, 7, 14, 30]);
    let nothing = json!({"auc": null, "auc_95": null, "top_decile_lift": null});
    assert_eq!(told["ranking"][3]["active"], nothing);
}

#[actix_web::test]
async fn an_explanation_in_the_sample_is_the_one_that_the_lead_shows() {
    let fake = Arc::new(Fake::with_ada_and_ben());
    let asked = request(&json!({"policy": {"temperature": {"warm": 1, "hysteresis": 0.5}}}));
    let answer = send(&fake, asked.insert_header(("Accept-Language", "fr"))).await;
    assert_eq!((answer.header("content-language"), answer.header("vary")), ("fr", "Accept-Language"));
    let told = answer.json();
    let at = told["as_of"].as_str().unwrap();
    let uri = format!("/v1/leads/{}/score?as_of={at}", told["sample"][0]["lead_id"].as_str().unwrap());
    let request = TestRequest::with_uri(&uri).insert_header(("Accept-Language", "fr"));
    let shown =
        send(&fake, request.insert_header(("Authorization", format!("Bearer {READER}")))).await.json();
    assert_eq!(told["sample"][0]["active"], shown);
}

#[actix_web::test]
async fn progress_lines_come_first_for_those_who_accept_lines() {
    let fake = Arc::new(Fake::with_ada_and_ben());
    let asked = request(&json!({"policy": {}})).insert_header(("Accept", "application/x-ndjson"));
    let answer = send(&fake, asked).await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/x-ndjson"));
    let lines = lines(&answer);
    assert_eq!(lines[0], json!({"progress": {"leads": 0, "of": 2}}));
    let last = lines.last().unwrap();
    assert_eq!(last["leads"], 2);
    assert!(lines[..lines.len() - 1].iter().all(|line| line["progress"].is_object()), "{lines:?}");
    assert_eq!(last["active"], last["candidate"], "an empty mapping is the default policy");
}

#[actix_web::test]
async fn everything_wrong_with_a_policy_is_told_with_pointers_into_the_body() {
    let fake = Arc::new(Fake::with_ada_and_ben());
    let wrong = json!({"half_life_day": 14, "temperature": {"hot": "x"}, "points": [{"rule": "a", "when": {"typ": "x"}}]});
    let answer = simulate(&fake, wrong).await;
    assert_eq!(answer.problem(), (422, "invalid_policy".to_owned()));
    let pointers: Vec<String> = answer.errors().into_iter().map(|(pointer, _)| pointer).collect();
    for pointer in ["/policy/half_life_day", "/policy/temperature/hot", "/policy/points/0/when/typ"] {
        assert!(pointers.contains(&pointer.to_owned()), "{pointer} is not among {pointers:?}");
    }
    assert_eq!(fake.pages.load(Ordering::SeqCst), 0);
}

#[actix_web::test]
async fn a_body_is_an_object_with_one_key() {
    let fake = Arc::new(Fake::with_ada_and_ben());
    let of = |pointer: &str, code: &str| vec![(pointer.to_owned(), code.to_owned())];
    for (body, errors) in [
        (json!([]), of("", "wrong_type")),
        (json!({}), of("/policy", "required")),
        (json!({"policy": {}, "polcy": {}}), of("/polcy", "unknown_key")),
        (json!({"policy": 7}), of("/policy", "wrong_type")),
    ] {
        let answer = send(&fake, request(&body)).await;
        assert_eq!(answer.problem(), (422, "invalid_policy".to_owned()), "{body}");
        assert_eq!(answer.errors(), errors, "{body}");
    }
}

#[actix_web::test]
async fn a_policy_of_too_many_patterns_is_refused_unbuilt() {
    let fake = Arc::new(Fake::with_ada_and_ben());
    let rule = |number| json!({"rule": format!("r{number}"), "when": {"source": {"matches": r"\w{60}"}}, "points": 1});
    let answer = simulate(&fake, json!({"points": (0..201).map(rule).collect::<Vec<_>>()})).await;
    assert_eq!(answer.errors(), [("/policy".to_owned(), "too_many".to_owned())]);
}

#[actix_web::test]
async fn what_is_no_json_is_refused() {
    let fake = Arc::new(Fake::with_ada_and_ben());
    let json = || bare().insert_header(("Content-Type", "application/json"));
    for (request, expected) in [
        (json().set_payload("{"), (400, "unreadable_json")),
        (json().set_payload(r#"{"policy": {}, "policy": {}}"#), (400, "unreadable_json")),
        (json().set_payload(vec![b'"', 0xff, b'"']), (400, "invalid_utf8")),
        (json().set_payload(vec![b' '; (1 << 20) + 1]), (413, "body_too_large")),
        (json().insert_header(("Content-Encoding", "gzip")).set_payload("{}"), (415, "unsupported_encoding")),
        (bare().set_payload("{}"), (415, "unsupported_media_type")),
        (
            bare().insert_header(("Content-Type", "application/yaml")).set_payload("policy: {}"),
            (415, "unsupported_media_type"),
        ),
    ] {
        assert_eq!(send(&fake, request).await.problem(), (expected.0, expected.1.to_owned()));
    }
}

#[actix_web::test]
async fn only_who_may_read_may_simulate_and_only_by_post() {
    let fake = Arc::new(Fake::with_ada_and_ben());
    let nobody = TestRequest::with_uri(PATH).method(Method::POST);
    assert_eq!(send(&fake, nobody).await.problem(), (401, "unauthorized".to_owned()));
    let sender = TestRequest::with_uri(PATH).method(Method::POST);
    let sender = sender.insert_header(("Authorization", format!("Bearer {SENDER}")));
    assert_eq!(send(&fake, sender).await.problem(), (403, "forbidden_scope".to_owned()));
    let got = get(&fake, PATH).await;
    assert_eq!((got.problem(), got.header("allow")), ((405, "method_not_allowed".to_owned()), "POST"));
    let parameter = request(&json!({"policy": {}})).uri(&format!("{PATH}?as_off=1"));
    assert_eq!(send(&fake, parameter).await.problem(), (400, "invalid_parameter".to_owned()));
}

#[actix_web::test]
async fn without_a_policy_or_a_read_model_callers_are_asked_to_come_back() {
    let unavailable = (503, "read_model_unavailable".to_owned());
    let fake = Arc::new(Fake { no_policy: true, ..Fake::default() });
    assert_eq!(simulate(&fake, json!({})).await.problem(), unavailable);
    let away = || read_model::StoreError::Unavailable("connection refused".to_owned());
    let fake = Arc::new(Fake { failure: Some(away), ..Fake::default() });
    assert_eq!(simulate(&fake, json!({})).await.problem(), unavailable);
}

/// The service on a port, as callers meet it.
struct Running {
    address: SocketAddr,
    shutdown: Shutdown,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shutdown.request();
    }
}

impl Running {
    fn start(fake: &Arc<Fake>) -> Self {
        let configure = query::configure(state(fake));
        let listener =
            service_kit::server::listen("test", &"127.0.0.1:0".parse().unwrap(), configure).unwrap();
        let address = listener.address();
        let mut lifecycle = Lifecycle::new();
        let shutdown = lifecycle.shutdown();
        lifecycle.serve(listener);
        drop(tokio::spawn(lifecycle.run()));
        Self { address, shutdown }
    }

    async fn ask(&self, accept: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let body = r#"{"policy": {}}"#;
        let head = format!(
            "POST {PATH} HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {READER}\r\nAccept: {accept}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
        stream
    }
}

/// Reads until this text has come so often.
async fn read_until(stream: &mut TcpStream, wanted: &str, times: usize) -> String {
    let mut read = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&read).into_owned();
        if text.matches(wanted).count() >= times {
            return text;
        }
        let mut piece = [0; 4_096];
        let length = stream.read(&mut piece).await.unwrap();
        assert!(length > 0, "no {wanted} in {text}");
        read.extend_from_slice(&piece[..length]);
    }
}

fn endless() -> Arc<Fake> {
    Arc::new(Fake { endless: Some(Duration::from_millis(20)), ..Fake::with_ada_and_ben() })
}

/// Hangs up on a simulation without end, and waits until the next one is let in.
async fn hang_up_and_ask_again(fake: &Arc<Fake>, server: &Running, running: TcpStream) {
    let mut second = server.ask("application/json").await;
    let refused = read_until(&mut second, "}", 1).await;
    assert!(refused.starts_with("HTTP/1.1 429 ") && refused.contains("retry-after: 10"), "{refused}");
    assert!(refused.contains("too_many_requests"), "{refused}");

    drop(running);
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let mut next = server.ask("application/x-ndjson").await;
        if read_until(&mut next, "\r\n\r\n", 1).await.starts_with("HTTP/1.1 200") {
            break;
        }
        assert!(Instant::now() < deadline, "the simulation goes on for nobody");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // The last one was hung up on, too: reading ends.
    loop {
        let before = fake.pages.load(Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(300)).await;
        if fake.pages.load(Ordering::SeqCst) == before {
            return;
        }
        assert!(Instant::now() < deadline, "people are read for nobody");
    }
}

#[actix_web::test]
async fn one_simulation_runs_at_a_time_and_ends_when_its_caller_hangs_up() {
    let fake = endless();
    let server = Running::start(&fake);
    let mut first = server.ask("application/x-ndjson").await;
    let lines = read_until(&mut first, "progress", 2).await;
    assert!(lines.starts_with("HTTP/1.1 200 ") && lines.contains("application/x-ndjson"), "{lines}");
    hang_up_and_ask_again(&fake, &server, first).await;
}

#[actix_web::test]
async fn a_document_that_takes_long_begins_with_blanks_and_ends_when_its_caller_hangs_up() {
    let fake = endless();
    let server = Running::start(&fake);
    let mut first = server.ask("application/json").await;
    let began = read_until(&mut first, "\r\n\r\n1\r\n \r\n", 1).await;
    assert!(
        began.starts_with("HTTP/1.1 200 ") && began.contains("content-type: application/json"),
        "{began}"
    );
    hang_up_and_ask_again(&fake, &server, first).await;
}
