//! Who may do what.

use std::net::SocketAddr;

use serde_json::json;

use crate::support::app::{ADMIN_KEY, App, Mode, shared};
use crate::support::facts::{asked, unique_email};
use crate::support::http::Request;
use crate::support::in_both_modes;

in_both_modes!(
    each_key_may_do_what_its_scopes_say,
    a_key_may_come_as_bearer_or_as_the_user_of_basic,
    unknown_paths_and_methods_are_problems,
);

/// Keys of `fixtures/batea.yaml`, and what they are allowed.
const KEYS: [(&str, bool, bool); 8] = [
    ("secret-of-crm", true, true),
    ("secret-of-writer", true, false),
    ("secret-of-reader", false, true),
    ("secret-of-exporter", false, false),
    ("secret-of-eraser", false, false),
    ("secret-of-operator", true, true),
    (ADMIN_KEY, true, true),
    ("secret-of-nobody", false, false),
];

fn post(app: &App, request: Request) -> u16 {
    request.send(app.ingest()).unwrap().status
}

fn asked_request() -> Request {
    Request::post("/v1/events", "application/json", asked(&unique_email("keys")).to_string())
}

fn each_key_may_do_what_its_scopes_say(mode: Mode) {
    let app = shared(mode);
    let id = app.post_fact(&asked(&unique_email("keys")));
    let reads = ["", "/timeline", "/score"]
        .map(|path| format!("/v1/leads/{}{path}", id["lead_id"].as_str().unwrap()));
    app.projected(id["position"].as_str().unwrap());
    for (key, may_write, may_read) in KEYS {
        let known = key != "secret-of-nobody";
        let refused = if known { 403 } else { 401 };
        let written = post(app, asked_request().key(key));
        assert_eq!(written, if may_write { 202 } else { refused }, "{key} writes");
        for path in ["/v1/leads".to_owned()].iter().chain(&reads) {
            let answer = Request::get(path).key(key).send(app.query()).unwrap();
            assert_eq!(answer.status, if may_read { 200 } else { refused }, "{key} reads {path}");
            if !may_read {
                assert_eq!(answer.problem(), if known { "forbidden_scope" } else { "unauthorized" });
                assert_eq!(answer.header("www-authenticate").is_some(), !known, "{key}");
            }
        }
    }
    // A wrong key is refused before the body is looked at, and whether a lead is there.
    let broken = Request::post("/v1/events", "application/json", "{").key("secret-of-nobody");
    assert_eq!(post(app, broken), 401);
    let nobody = "/v1/leads/00000000-0000-8000-8000-000000000000";
    assert_eq!(Request::get(nobody).key("secret-of-writer").send(app.query()).unwrap().status, 403);
    for open in ["/openapi.json", "/docs"] {
        assert_eq!(Request::get(open).send(app.query()).unwrap().status, 200, "{open}");
    }
}

fn a_key_may_come_as_bearer_or_as_the_user_of_basic(mode: Mode) {
    let app = shared(mode);
    let status = |headers: &[&str]| {
        let request = headers
            .iter()
            .fold(Request::get("/v1/leads?limit=1"), |request, value| request.header("Authorization", value));
        request.send(app.query()).unwrap().status
    };
    // `secret-of-reader:` and `secret-of-nobody:` in base64.
    for good in ["Bearer secret-of-reader", "bearer secret-of-reader", "Basic c2VjcmV0LW9mLXJlYWRlcjo="] {
        assert_eq!(status(&[good]), 200, "{good}");
    }
    let bad = [
        "",
        "Bearer",
        "Bearer ",
        "Bearer secret-of-reade",
        "Bearer secret-of-reader2",
        "secret-of-reader",
        "Basic c2VjcmV0LW9mLW5vYm9keTo=",
        "Basic !!!",
        "Digest secret-of-reader",
        "Bearer \u{e9}\u{ff}",
    ];
    for bad in bad {
        assert_eq!(status(&[bad]), 401, "{bad}");
    }
    assert_eq!(status(&[]), 401);
    // Never in the address, where logs of others would keep it.
    let answer = Request::get("/v1/leads?key=secret-of-reader").send(app.query()).unwrap();
    assert_eq!(answer.status, 401);
}

fn unknown_paths_and_methods_are_problems(mode: Mode) {
    let app = shared(mode);
    let check = |method: &str, path: &str, to: SocketAddr, status: u16, allow: Option<&str>| {
        let mut request = Request::new(method, path).key(ADMIN_KEY);
        if method == "POST" {
            request = Request::post(path, "application/json", json!({}).to_string()).key(ADMIN_KEY);
        }
        let answer = request.send(to).unwrap();
        assert_eq!(answer.status, status, "{method} {path}");
        answer.problem();
        if let Some(method) = allow {
            let allowed = answer.header("allow").unwrap_or_default();
            assert!(allowed.split(", ").any(|one| one == method), "{path}: {allowed:?}");
        }
    };
    let (ingest, query) = (app.ingest(), app.query());
    for path in ["/", "/v1", "/v1/", "/v1/event", "/v2/leads", "/v1/leads/", "/f", "/f/", "/%00", "/%ff"] {
        check("GET", path, ingest, 404, None);
    }
    for path in ["/v1/nothing", "/v1/leads/a/b", "/v1/leads/a/history/x", "//v1//leads"] {
        check("GET", path, query, 404, None);
    }
    check("GET", "/v1/events", ingest, 405, Some("POST"));
    check("DELETE", "/f/contact", ingest, 405, Some("POST"));
    check("POST", "/v1/leads", query, 405, Some("GET"));
    check("PUT", "/v1/leads/00000000-0000-8000-8000-000000000000/score", query, 405, Some("GET"));
    check("TRACE", "/v1/leads", query, 405, Some("GET"));
}
