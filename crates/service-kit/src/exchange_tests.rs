use actix_web::{HttpResponse, web};
use serde_json::{Value, json};

use crate::problem::{Code, Problem};
use crate::raw_http::{Answer, start};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(web::resource("/numbers/{number}").route(web::get().to(number)));
    cfg.service(web::resource("/page").route(web::get().to(page)));
    cfg.service(web::resource("/panics").route(web::get().to(panics)));
    cfg.service(web::resource("/conflict").route(web::post().to(conflict)));
    cfg.service(web::resource("/own").route(web::get().to(own)));
}

async fn number(number: web::Path<u32>) -> String {
    number.to_string()
}

#[derive(serde::Deserialize)]
struct Page {
    limit: u32,
}

async fn page(page: web::Query<Page>) -> String {
    page.limit.to_string()
}

async fn panics() -> HttpResponse {
    let words = "personal words";
    words.parse::<u16>().map(|_| HttpResponse::Ok().finish()).expect(words)
}

async fn conflict(_body: web::Json<Value>) -> Result<HttpResponse, Problem> {
    Err(Problem::new(Code::Conflict).error("/a", "taken", "Taken."))
}

async fn own() -> HttpResponse {
    HttpResponse::BadRequest().body("a page of our own")
}

async fn ask(head: &str, body: &str) -> Answer {
    let traced =
        format!("{head}\ntraceparent: 00-{TRACE}-00f067aa0ba902b7-01\nContent-Length: {}", body.len());
    start(routes).send(&traced, body.as_bytes()).await
}

/// What a problem document says, without its words.
fn gist(answer: &Answer) -> (u16, Value) {
    let problem = answer.json();
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    assert_eq!((&problem["status"], &problem["trace_id"]), (&json!(answer.status), &json!(TRACE)));
    (answer.status, problem["code"].clone())
}

#[tokio::test]
async fn every_refusal_of_the_framework_is_a_problem_document() {
    assert_eq!(gist(&ask("GET /nowhere HTTP/1.1", "").await), (404, json!("not_found")));
    assert_eq!(gist(&ask("GET /numbers/seven HTTP/1.1", "").await), (404, json!("not_found")));
    assert_eq!(gist(&ask("GET /page?limit=many HTTP/1.1", "").await), (400, json!("invalid_parameter")));
    let json = "POST /conflict HTTP/1.1\nContent-Type: application/json";
    assert_eq!(gist(&ask(json, "{").await), (400, json!("bad_request")));
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    for method in ["POST", "TRACE", "DELETE", "BREW"] {
        let answer = ask(&format!("{method} /numbers/7 HTTP/1.1"), "").await;
        assert_eq!(gist(&answer), (405, json!("method_not_allowed")), "{method}");
        assert_eq!(answer.header("allow"), Some("GET, HEAD"));
    }
    assert_eq!(ask("GET /conflict HTTP/1.1", "").await.header("allow"), Some("POST"));
}

#[tokio::test]
async fn head_is_answered_like_get_without_the_body() {
    let answer = ask("HEAD /numbers/7 HTTP/1.1", "").await;
    assert_eq!((answer.status, answer.header("content-length"), answer.body.as_str()), (200, Some("1"), ""));
}

#[tokio::test]
async fn a_panic_in_a_handler_is_an_internal_problem_that_says_nothing() {
    let answer = ask("GET /panics HTTP/1.1", "").await;
    assert_eq!(gist(&answer), (500, json!("internal")));
    assert!(!answer.body.contains("personal"), "{}", answer.body);
}

#[tokio::test]
async fn problems_and_pages_of_handlers_pass_unchanged() {
    let answer = ask("POST /conflict HTTP/1.1\nContent-Type: application/json", "{}").await;
    assert_eq!(gist(&answer), (409, json!("conflict")));
    assert_eq!(answer.json()["errors"], json!([{"pointer": "/a", "code": "taken", "detail": "Taken."}]));
    assert_eq!(ask("GET /own HTTP/1.1", "").await.body, "a page of our own");
}
