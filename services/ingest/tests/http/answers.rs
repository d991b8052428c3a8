//! `POST /v1/events`: requests that are refused as a whole, and a log that is away.

use actix_web::http::Method;
use serde_json::{Value, json};

use crate::support::{Request, Service};

fn fact() -> Value {
    json!({"type": "lead.reopened", "lead": {"email": "ada@example.com"}})
}

async fn refusal(service: &Service, request: Request) -> (u16, String) {
    let refusal = service.send(request).await.problem();
    assert_eq!(service.appends(), Vec::<usize>::new(), "nothing is recorded");
    refusal
}

fn told(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[actix_web::test]
async fn a_key_with_the_scope_is_required_before_anything_else() {
    let service = Service::new();
    let post = || Request::post("/v1/events", "text/plain", "x");
    assert_eq!(refusal(&service, post()).await, told(401, "unauthorized"));
    let unknown = post().header("Authorization", "Bearer nobody");
    assert_eq!(refusal(&service, unknown).await, told(401, "unauthorized"));
    let reader = post().header("Authorization", "Bearer reader-key");
    assert_eq!(refusal(&service, reader).await, told(403, "forbidden_scope"));
    // `crm-key` and an empty password.
    let basic = Request::post("/v1/events", "application/json", fact().to_string())
        .header("Authorization", "Basic Y3JtLWtleTo=");
    assert_eq!(service.send(basic).await.status, 202);
}

#[actix_web::test]
async fn only_the_types_of_body_that_carry_facts_are_read() {
    let service = Service::new();
    for media in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/xml",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-16",
        "nonsense",
        "",
    ] {
        let answer = refusal(&service, Request::events(media, fact().to_string())).await;
        assert_eq!(answer, told(415, "unsupported_media_type"), "{media}");
    }
    let without = Request::new(Method::POST, "/v1/events").header("Authorization", "Bearer crm-key");
    assert_eq!(refusal(&service, without).await, told(415, "unsupported_media_type"));
    let zipped = Request::json(&fact()).header("Content-Encoding", "gzip");
    assert_eq!(refusal(&service, zipped).await, told(415, "unsupported_encoding"));
    let with_charset = Request::events("Application/JSON; charset=\"UTF-8\"", fact().to_string());
    assert_eq!(service.send(with_charset).await.status, 202);
}

#[actix_web::test]
async fn malformed_json_is_told_by_its_place_and_never_repeated() {
    let service = Service::new();
    for body in [
        "",
        "secret",
        "{\"type\": \"secret}",
        "{\"type\": \"note.added\",\n \"lead\": {\"email\": secret}}",
        "{\"a\": 1} secret",
        "{\"a\": 1e999}",
        "{\"secret\": 1, \"secret\": 2}",
        "{\"a\": \"\\ud800\"}",
        "{\"a\": \"\u{1}secret\"}",
        &"[".repeat(500_000),
        &"{\"a\":".repeat(150_000),
        &format!("{}{}", "[".repeat(200), "]".repeat(200)),
    ] {
        let answer = service.send(Request::events("application/json", body)).await;
        assert_eq!(answer.problem(), told(400, "unreadable_json"), "{}", answer.body);
        assert!(answer.body.contains("at line ") && answer.body.contains("column "), "{}", answer.body);
        assert!(!answer.body.contains("secret"), "{}", answer.body);
    }
    assert_eq!(service.appends(), Vec::<usize>::new());
}

#[actix_web::test]
async fn nesting_beyond_32_levels_is_refused() {
    let service = Service::new();
    let nested = |levels: usize| (0..levels).fold(json!(1), |inner, _| json!([inner]));
    let with = |levels: usize| {
        json!({"type": "activity.recorded", "lead": {"email": "a@example.com"},
            "data": {"name": "n", "properties": {"x": nested(levels)}}})
    };
    let answer = service.send(Request::json(&with(30))).await;
    assert_eq!(answer.problem(), told(422, "invalid_fact"));
    assert_eq!(answer.errors()[0].1, "too_deep");
    assert_eq!(service.send(Request::json(&with(29))).await.status, 202);
}

#[actix_web::test]
async fn bytes_that_are_not_utf8_are_refused() {
    let service = Service::new();
    let body = b"{\"type\": \"note.added\", \"data\": {\"text\": \"\xc3\x28\"}}";
    let answer = refusal(&service, Request::events("application/json", &body[..])).await;
    assert_eq!(answer, told(400, "invalid_utf8"));
}

#[actix_web::test]
async fn a_body_may_have_a_mebibyte_and_a_thousand_facts() {
    let service = Service::new();
    let large = Request::events("application/json", " ".repeat((1 << 20) + 1));
    assert_eq!(refusal(&service, large).await, told(413, "body_too_large"));
    let many = vec![json!({}); 1_001];
    let answer = refusal(&service, Request::json(&many.clone().into())).await;
    assert_eq!(answer, told(413, "too_many_facts"));
    let lines = "{}\n".repeat(1_001);
    assert_eq!(
        refusal(&service, Request::events("application/x-ndjson", lines)).await,
        told(413, "too_many_facts")
    );

    let full = vec![fact(); 1_000];
    let answer = service.send(Request::json(&full.into())).await;
    assert_eq!((answer.status, answer.json()["accepted"].as_array().unwrap().len()), (202, 1_000));
    assert_eq!(service.appends(), [1_000]);
}

#[actix_web::test]
async fn a_fact_as_large_as_a_body_is_taken_and_one_that_grows_beyond_the_log_is_not() {
    let service = Service::new();
    let with = |filling: String| {
        let head = r#"{"type": "activity.recorded", "lead": {"email": "a@example.com"}, "data": {"name": "n", "properties": {"x": ["#;
        let body = format!("{head}{filling}]}}}}}}");
        Request::events("application/json", body)
    };
    assert_eq!(service.send(with(format!("\"{}\"", "x".repeat((1 << 20) - 120)))).await.status, 202);
    // Stored as 100000000000000.0, three times as long.
    let answer = service.send(with(vec!["1e14"; 200_000].join(","))).await;
    assert_eq!(answer.problem(), told(413, "body_too_large"));
    assert_eq!(service.appends(), [1]);
}

#[actix_web::test]
async fn the_problems_of_a_fact_never_outgrow_it() {
    let service = Service::new();
    let nul = vec![json!("\u{0}"); 50_000];
    let answer = service.send(Request::json(&json!({"type": "note.added", "data": {"text": nul}}))).await;
    assert_eq!((answer.status, answer.errors().len()), (422, 50));
    let keys: serde_json::Map<String, Value> = (0..200).map(|n| (format!("k{n}"), json!(1))).collect();
    let answer = service.send(Request::json(&keys.into())).await;
    assert_eq!((answer.status, answer.errors().len()), (422, 50));
}

#[actix_web::test]
async fn an_unusable_idempotency_key_is_refused() {
    let service = Service::new();
    let request = Request::json(&fact()).header("Idempotency-Key", "a b");
    assert_eq!(refusal(&service, request).await, told(400, "invalid_idempotency_key"));
}

#[actix_web::test]
async fn a_log_that_is_away_is_told_with_a_whole_number_of_seconds() {
    let service = Service::without_a_log();
    for request in [
        Request::json(&fact()),
        Request::json(&json!([fact()])),
        Request::form("/f/contact", "email=ada@example.com"),
    ] {
        let answer = service.send(request).await;
        assert_eq!(answer.problem(), told(503, "log_unavailable"));
        assert_eq!(answer.header("retry-after"), Some("1"));
    }
}

#[actix_web::test]
async fn other_methods_and_paths_are_problems_too() {
    let service = Service::new();
    assert_eq!(refusal(&service, Request::get("/v1/events")).await, told(405, "method_not_allowed"));
    assert_eq!(refusal(&service, Request::get("/v1/other")).await, told(404, "not_found"));
    let delete = Request::new(Method::DELETE, "/f/contact");
    assert_eq!(refusal(&service, delete).await, told(405, "method_not_allowed"));
}
