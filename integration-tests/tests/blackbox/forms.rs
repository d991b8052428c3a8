//! From a website's form to a lead.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::app::{App, Mode, shared};
use crate::support::facts::{CANARY, unique, unique_email};
use crate::support::http::{Request, urlencoded};
use crate::support::{in_both_modes, process::eventually};

const URLENCODED: &str = "application/x-www-form-urlencoded";

in_both_modes!(
    a_form_post_becomes_a_lead,
    a_script_is_told_where_to_go_next,
    a_multipart_post_becomes_a_lead,
    a_tick_is_a_consent,
    a_person_comes_back_only_to_places_of_the_site,
    a_form_without_a_reachable_person_is_answered_with_the_fields_to_correct,
    a_form_that_does_not_exist_is_not_found,
    only_pages_of_the_site_may_post,
    a_form_has_a_page_of_its_own,
);

/// The lead, as soon as it is there: the answer to a form has no position.
fn lead_of(app: &App, email: &str) -> Value {
    eventually("the lead is there", Duration::from_secs(30), || {
        let leads = app.leads(&format!("email={email}"));
        leads.into_iter().next()
    })
}

fn a_form_post_becomes_a_lead(mode: Mode) {
    let app = shared(mode);
    let email = unique_email("form");
    let name = format!("Ada {CANARY}");
    let body =
        urlencoded(&[("email", &email), ("name", &name), ("message", "Please call me"), ("_next", "")]);
    let answer = app.send(Request::post("/f/contact", URLENCODED, body)).expect(303);
    assert!(answer.header("location").is_some_and(|next| next.ends_with("/merci")), "{:?}", answer.headers);

    let lead = lead_of(app, &email);
    assert_eq!(lead["name"], name);
    assert_eq!(lead["stage"], "lead");
    assert_eq!(lead["temperature"], "warm");
    assert_eq!(lead["score"], 35.0);
    let timeline = app.pages(&format!("/v1/leads/{}/timeline", lead["id"].as_str().unwrap()));
    assert_eq!(timeline.len(), 1);
    assert_eq!(timeline[0]["type"], "form.submitted");
    assert_eq!(timeline[0]["source"], "main");
    assert_eq!(timeline[0]["data"]["form"], "contact");
    assert_eq!(timeline[0]["data"]["fields"]["message"], "Please call me");
}

fn a_script_is_told_where_to_go_next(mode: Mode) {
    let app = shared(mode);
    let email = unique_email("script");
    let body = json!({"e-mail": email, "Prénom": "Ada", "Nom": format!("L {CANARY}"), "_next": "/after"});
    let request = Request::post("/f/contact", "application/json", body.to_string())
        .header("Accept", "application/json")
        .header("Origin", "https://www.example.com");
    let first = app.send(request.clone()).expect(202);
    assert_eq!(first.header("access-control-allow-origin"), Some("https://www.example.com"));
    let told = first.json();
    assert!(told["next"].as_str().is_some_and(|next| next.ends_with("/after")), "{told}");
    assert!(told["event_id"].is_string(), "{told}");

    // Known by now, and told nothing about it.
    assert_eq!(lead_of(app, &email)["last_name"], format!("L {CANARY}"));
    let second = app.send(request).expect(202).json();
    assert_eq!(second["next"], told["next"]);
    assert_eq!(second.as_object().map(|keys| keys.len()), Some(2));
}

fn a_multipart_post_becomes_a_lead(mode: Mode) {
    let app = shared(mode);
    let email = unique_email("multipart");
    let part = |name: &str, value: &str| {
        format!("--frontier\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let body = part("email", &email)
        + &part("société", "Ferro")
        + &part("tel", "06 12 34 56 78")
        + "--frontier--\r\n";
    app.send(Request::post("/f/quote", "multipart/form-data; boundary=frontier", body)).expect(303);
    let lead = lead_of(app, &email);
    assert_eq!(lead["company"], "Ferro");
    assert_eq!(lead["temperature"], "hot");
}

fn a_tick_is_a_consent(mode: Mode) {
    let app = shared(mode);
    let email = unique_email("tick");
    app.send(Request::post("/f/quote", URLENCODED, urlencoded(&[("email", &email), ("newsletter", "on")])))
        .expect(303);
    let lead = eventually("the consent is there", Duration::from_secs(30), || {
        Some(lead_of(app, &email)).filter(|lead| lead["consents"] != json!([]))
    });
    assert_eq!(lead["consents"][0]["purpose"], "marketing");
    assert_eq!(lead["consents"][0]["status"], "given");
}

fn a_person_comes_back_only_to_places_of_the_site(mode: Mode) {
    let app = shared(mode);
    let next = |next: &str| {
        let body = urlencoded(&[("email", &unique_email("next")), ("_next", next)]);
        let answer = app.send(Request::post("/f/contact", URLENCODED, body)).expect(303);
        answer.header("location").unwrap().to_owned()
    };
    assert_eq!(next("https://www.example.com/thanks"), "https://www.example.com/thanks");
    assert!(next("/thanks").ends_with("/thanks"));
    let foreign = [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "https://www.example.com@evil.example/",
        "https://www.example.com.evil.example/",
        "/a\r\nX-Injected: 1",
    ];
    for place in foreign {
        let location = next(place);
        assert!(location.ends_with("/merci"), "{place:?}: {location}");
    }
}

fn a_form_without_a_reachable_person_is_answered_with_the_fields_to_correct(mode: Mode) {
    let app = shared(mode);
    let request =
        |body: String| Request::post("/f/contact", URLENCODED, body).header("Accept", "application/json");
    let answer = app.send(request(urlencoded(&[("email", "ada at example"), ("name", "Ada")]))).expect(422);
    assert_eq!(answer.problem(), "invalid_form");
    assert!(!answer.json()["errors"].as_array().unwrap().is_empty());
    let none = app.send(request(urlencoded(&[("name", "Ada")]))).expect(422);
    assert_eq!(none.problem(), "invalid_form");

    // One way to reach the person is enough; the other stays among the fields.
    let email = unique_email("half");
    app.send(request(urlencoded(&[("email", &email), ("phone", "12")]))).expect(202);
    assert_eq!(lead_of(app, &email)["email"], email);
}

fn a_form_that_does_not_exist_is_not_found(mode: Mode) {
    let app = shared(mode);
    let body = urlencoded(&[("email", &unique_email("nowhere"))]);
    let answer = app.send(Request::post("/f/nowhere", URLENCODED, body).header("Accept", "application/json"));
    assert_eq!(answer.expect(404).problem(), "unknown_form");
}

fn only_pages_of_the_site_may_post(mode: Mode) {
    let app = shared(mode);
    let post = |origin: &str, email: &str| {
        let body = urlencoded(&[("email", email)]);
        let request = Request::post("/f/contact", URLENCODED, body).header("Origin", origin);
        app.send(request.header("Accept", "application/json"))
    };
    for origin in
        ["https://evil.example", "http://www.example.com", "https://www.example.com.evil.example", "null"]
    {
        let answer = post(origin, &unique_email("foreign")).expect(403);
        assert_eq!(answer.problem(), "forbidden_origin", "{origin}");
        assert_eq!(answer.header("access-control-allow-origin"), None, "{origin}");
    }
    post("https://www.example.com", &unique_email("own")).expect(202);

    let preflight = |origin: &str| {
        let ask = Request::new("OPTIONS", "/f/contact").header("Origin", origin);
        let ask = ask.header("Access-Control-Request-Method", "POST");
        app.send(ask.header("Access-Control-Request-Headers", "content-type"))
    };
    let allowed = preflight("https://www.example.com");
    assert!((200..300).contains(&allowed.status), "{}", allowed.status);
    assert_eq!(allowed.header("access-control-allow-origin"), Some("https://www.example.com"));
    assert_eq!(preflight("https://evil.example").header("access-control-allow-origin"), None);
}

fn a_form_has_a_page_of_its_own(mode: Mode) {
    let app = shared(mode);
    let page = app.send(Request::get("/f/contact")).expect(200);
    assert!(page.header("content-type").is_some_and(|kind| kind.starts_with("text/html")));
    let text = page.text();
    assert!(text.contains("<form") && text.contains("email"), "{text}");
    let scripted = unique("<script>");
    assert!(!app.send(Request::get(&format!("/f/contact?x={scripted}"))).text().contains(&scripted));
}
