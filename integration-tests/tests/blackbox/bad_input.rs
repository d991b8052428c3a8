//! Whatever comes in: never a 5xx, never half of it recorded, and the next request is served.

use std::net::SocketAddr;

use serde_json::{Value, json};

use crate::support::app::{ADMIN_KEY, App, Mode, shared};
use crate::support::facts::{CANARY, asked, fact, unique, unique_email};
use crate::support::http::{Request, send_bytes, urlencoded};
use crate::support::in_both_modes;

in_both_modes!(
    facts_that_cannot_be_are_refused_with_a_pointer,
    bodies_that_cannot_be_read_are_refused,
    bodies_that_are_too_large_are_refused,
    forms_that_cannot_be_read_are_refused,
    requests_that_are_no_http_are_refused,
    numbers_and_dates_at_the_edge_are_kept_or_refused,
);

/// After all that the app still records and projects, and knows nobody of the group.
fn check_nothing_recorded(app: &App, group: &str) {
    let answer = app.post_fact(&asked(&unique_email("after")));
    app.projected(answer["position"].as_str().unwrap());
    assert_eq!(app.leads(&format!("group={group}&anonymous=true")), Vec::<Value>::new());
}

fn facts_that_cannot_be_are_refused_with_a_pointer(mode: Mode) {
    let app = shared(mode);
    let group = unique("bad");
    let good = fact("group.joined", json!({"email": unique_email("bad")}), json!({"group": group}));
    let with = |pointer: &str, value: Value| {
        let mut fact = good.clone();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        fact.pointer_mut(parent).unwrap()[key] = value;
        fact
    };
    let long = |characters: usize| json!("x".repeat(characters));
    let cases: Vec<(&str, Value)> = vec![
        ("/type", with("/type", json!("group.left the building"))),
        ("/type", with("/type", json!(7))),
        ("/type", with("/type", Value::Null)),
        ("/type", with("/type", json!("form.quarantined"))),
        ("/data/group", with("/data/group", json!(""))),
        ("/data/group", with("/data/group", json!("  "))),
        ("/data/group", with("/data/group", Value::Null)),
        ("/data/group", with("/data/group", json!(["a"]))),
        ("/data/group", with("/data/group", json!({"a": 1}))),
        ("/data/group", with("/data/group", long(1_025))),
        ("/data/group", with("/data/group", json!("a\u{0}b"))),
        ("/data/machine", with("/data/machine", json!("yes"))),
        ("/data/utm", with("/data/utm", json!("x"))),
        ("/data", with("/data", json!([]))),
        ("/id", with("/id", long(129))),
        ("/id", with("/id", json!(1))),
        ("/occurred_at", with("/occurred_at", json!("yesterday"))),
        ("/occurred_at", with("/occurred_at", json!("2024-01-01"))),
        ("/occurred_at", with("/occurred_at", json!("2024-02-30T00:00:00Z"))),
        ("/occurred_at", with("/occurred_at", json!("2024-01-01T25:00:00Z"))),
        ("/occurred_at", with("/occurred_at", json!("2024-01-01T00:00:00"))),
        ("/occurred_at", with("/occurred_at", json!("+292278994-08-17T07:12:55Z"))),
        ("/occurred_at", with("/occurred_at", json!("-0001-01-01T00:00:00Z"))),
        ("/occurred_at", with("/occurred_at", json!(1_704_067_200))),
        ("/campaign", with("/campaign", long(1_025))),
        ("/channel", with("/channel", json!(true))),
        ("/source", with("/source", json!({}))),
        ("/colour", with("/colour", json!("red"))),
        ("/lead", with("/lead", json!({}))),
        ("/lead", with("/lead", Value::Null)),
        ("/lead", with("/lead", json!("ada"))),
        ("/lead/email", with("/lead/email", json!("ada at example.com"))),
        ("/lead/email", with("/lead/email", json!("ada@"))),
        ("/lead/email", with("/lead/email", json!("a\u{0}da@example.com"))),
        ("/lead/email", with("/lead/email", json!(format!("{}@example.com", "a".repeat(65))))),
        ("/lead/email", with("/lead/email", json!(["a@example.com", "b@example.com"]))),
        ("/lead/phone", with("/lead/phone", json!("12"))),
        ("/lead/phone", with("/lead/phone", json!("call me"))),
        ("/lead/phone", with("/lead/phone", json!(33_612_345_678_u64))),
        ("/lead/external_id", with("/lead/external_id", json!("null"))),
        ("/lead/external_id", with("/lead/external_id", json!("0"))),
        ("/lead/external_id", with("/lead/external_id", long(129))),
        ("/lead/anonymous_id", with("/lead/anonymous_id", json!("undefined"))),
        ("/lead/lead_id", with("/lead", json!({"lead_id": "ada"}))),
        ("/lead/lead_id", with("/lead/lead_id", json!("00000000-0000-8000-8000-000000000000"))),
        ("/lead/telephone", with("/lead/telephone", json!("+33612345678"))),
    ];
    for (pointer, fact) in cases {
        let answer = app.post("application/json", fact.to_string()).expect(422);
        assert_eq!(answer.problem(), "invalid_fact");
        let errors = answer.json()["errors"].clone();
        let told = errors.as_array().unwrap().iter().any(|error| error["pointer"] == pointer);
        assert!(told, "{pointer} is not told for {fact}: {errors}");
        let about_data = answer.text().to_lowercase();
        assert!(!about_data.contains(CANARY), "the answer repeats what was posted: {about_data}");
    }
    check_nothing_recorded(app, &group);
}

/// A JSON fact of a group, as text that can be spoilt.
fn member(group: &str) -> String {
    fact("group.joined", json!({"email": unique_email("spoilt")}), json!({"group": group})).to_string()
}

fn bodies_that_cannot_be_read_are_refused(mode: Mode) {
    let app = shared(mode);
    let group = unique("unread");
    let good = member(&group);
    let deep = |depth: usize| {
        format!("{{\"type\":\"note.added\",\"data\":{}1{}}}", "[".repeat(depth), "]".repeat(depth))
    };
    let broken: Vec<(&str, Vec<u8>)> = vec![
        ("empty", Vec::new()),
        ("half", good.as_bytes()[..good.len() / 2].to_vec()),
        ("trailing", format!("{good} x").into_bytes()),
        ("two", format!("{good}{good}").into_bytes()),
        ("invalid UTF-8", [good.as_bytes(), b"\xff"].concat()),
        (
            "UTF-8 in a text",
            good.replace("example", "\u{1}")
                .into_bytes()
                .into_iter()
                .map(|byte| if byte == 1 { 0xC3 } else { byte })
                .collect(),
        ),
        ("UTF-16", good.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("NUL", [good.as_bytes(), b"\0"].concat()),
        ("lone surrogate", good.replace(CANARY, "\\ud800").into_bytes()),
        ("10,000 deep", deep(10_000).into_bytes()),
        ("100,000 deep", deep(100_000).into_bytes()),
        ("open only", "[".repeat(500_000).into_bytes()),
        ("1e400", good.replace("\"group\":\"", "\"n\":1e400,\"group\":\"").into_bytes()),
        ("-1e400", good.replace("\"group\":\"", "\"n\":-1e400,\"group\":\"").into_bytes()),
        ("NaN", good.replace("\"group\":\"", "\"n\":NaN,\"group\":\"").into_bytes()),
        ("comment", format!("/* hi */ {good}").into_bytes()),
    ];
    for (what, body) in broken {
        let answer = app.post("application/json", body);
        assert!([400, 413, 422].contains(&answer.status), "{what}: {} {}", answer.status, answer.text());
        answer.problem();
    }
    for (what, body, statuses) in [
        ("a string", "\"ada\"", vec![422]),
        ("a number", "7", vec![422]),
        ("null", "null", vec![422]),
        ("33 deep", &deep(33), vec![422]),
        ("an array of arrays", &format!("[[{good}]]"), vec![422]),
    ] {
        let answer = app.post("application/json", body);
        assert!(statuses.contains(&answer.status), "{what}: {} {}", answer.status, answer.text());
        answer.problem();
    }
    for kind in [
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "x",
        "",
        "application/json; charset=utf-16",
    ] {
        assert_eq!(app.post(kind, good.clone()).expect(415).problem(), "unsupported_media_type", "{kind}");
    }
    for encoding in ["gzip", "br", "zstd", "deflate", "gzip, identity", "x"] {
        let request = Request::post("/v1/events", "application/json", good.clone()).key("secret-of-crm");
        let answer = app.send(request.header("Content-Encoding", encoding)).expect(415);
        assert_eq!(answer.problem(), "unsupported_encoding", "{encoding}");
    }
    for key in ["", "a b", &"k".repeat(300)] {
        let request = Request::post("/v1/events", "application/json", good.clone()).key("secret-of-crm");
        let answer = app.send(request.header("Idempotency-Key", key)).expect(400);
        assert_eq!(answer.problem(), "invalid_idempotency_key");
    }
    check_nothing_recorded(app, &group);
}

fn bodies_that_are_too_large_are_refused(mode: Mode) {
    let app = shared(mode);
    let group = unique("large");
    let many = |count: usize| format!("[{}]", vec!["1"; count].join(","));
    assert_eq!(app.post("application/json", many(1_001)).expect(413).problem(), "too_many_facts");
    let lines = format!("{}\n", member(&group)).repeat(1_001);
    assert_eq!(app.post("application/x-ndjson", lines).expect(413).problem(), "too_many_facts");

    let padded = |size: usize| format!("{}{}", member(&group), " ".repeat(size));
    for size in [1 << 20, 2 << 20, 16 << 20] {
        let answer = app.post("application/json", padded(size)).expect(413);
        assert_eq!(answer.problem(), "body_too_large", "{size}");
    }
    // By chunks the size is known only when it is too much.
    let chunk = format!("{:x}\r\n{}\r\n", 64 * 1024, " ".repeat(64 * 1024)).repeat(32);
    let head = Request::post("/v1/events", "application/json", "").key("secret-of-crm");
    let request = head.header("Transfer-Encoding", "chunked").to_bytes();
    let answer =
        send_bytes(app.ingest(), [request, chunk.into_bytes(), b"0\r\n\r\n".to_vec()].concat()).unwrap();
    assert_eq!(answer.expect(413).problem(), "body_too_large");

    let keys: String = (0..5_000).map(|key| format!("\"k{key}\":1,")).collect();
    let wide = member(&group).replace("\"data\":{", &format!("\"data\":{{{keys}"));
    let answer = app.post("application/json", wide);
    assert!([413, 422].contains(&answer.status), "{}", answer.status);
    answer.problem();
    let path = format!("/v1/leads?q={}", "x".repeat(200_000));
    let answer = app.get(&path);
    assert!((400..500).contains(&answer.status), "{}", answer.status);
    check_nothing_recorded(app, &group);
}

fn forms_that_cannot_be_read_are_refused(mode: Mode) {
    let app = shared(mode);
    let urlencoded_kind = "application/x-www-form-urlencoded";
    let email = unique_email("badform");
    let field = format!("email={}", email.replace('@', "%40"));
    let part = |head: &str, value: &str| format!("--f\r\n{head}\r\n\r\n{value}\r\n");
    let mail_part = part("Content-Disposition: form-data; name=\"email\"", &email);
    let many: Vec<(String, String)> = (0..300).map(|field| (format!("f{field}"), "x".to_owned())).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let cases: Vec<(&str, &str, Vec<u8>)> = vec![
        ("NUL", urlencoded_kind, format!("{field}&name=a%00b").into_bytes()),
        ("invalid UTF-8", urlencoded_kind, format!("{field}&name=%ff%fe").into_bytes()),
        ("raw invalid UTF-8", urlencoded_kind, [field.as_bytes(), b"&name=\xff"].concat()),
        ("too many fields", urlencoded_kind, format!("{field}&{}", urlencoded(&many)).into_bytes()),
        ("too large", urlencoded_kind, format!("{field}&message={}", "x".repeat(2 << 20)).into_bytes()),
        ("no JSON", "application/json", b"{\"email\"".to_vec()),
        ("JSON, but no object", "application/json", b"[1]".to_vec()),
        (
            "deep JSON",
            "application/json",
            format!("{{\"email\":\"{email}\",\"x\":{}}}", "[".repeat(10_000)).into_bytes(),
        ),
        ("no boundary", "multipart/form-data", b"--f--\r\n".to_vec()),
        ("torn multipart", "multipart/form-data; boundary=f", mail_part.clone().into_bytes()),
        (
            "no name",
            "multipart/form-data; boundary=f",
            (mail_part + &part("Content-Type: text/plain", "x") + "--f--\r\n").into_bytes(),
        ),
        ("garbage", "multipart/form-data; boundary=f", vec![0; 1_000]),
        ("no type", "text/plain", field.clone().into_bytes()),
    ];
    for (what, kind, body) in cases {
        let answer = app.send(Request::post("/f/contact", kind, body).header("Accept", "application/json"));
        assert!((400..500).contains(&answer.status), "{what}: {} {}", answer.status, answer.text());
        answer.problem();
        assert!(!answer.text().to_lowercase().contains(CANARY), "{what}: {}", answer.text());
    }
    let compressed = Request::post("/f/contact", urlencoded_kind, field).header("Content-Encoding", "gzip");
    app.send(compressed.header("Accept", "application/json")).expect(415);
    let answer = app.post_fact(&asked(&unique_email("after")));
    app.projected(answer["position"].as_str().unwrap());
    assert_eq!(app.leads(&format!("email={email}")), Vec::<Value>::new());
}

fn requests_that_are_no_http_are_refused(mode: Mode) {
    let app = shared(mode);
    let group = unique("raw");
    let body = member(&group);
    let head = format!(
        "POST /v1/events HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {ADMIN_KEY}\r\nContent-Type: application/json\r\n"
    );
    let length = format!("Content-Length: {}\r\n", body.len());
    let raw: Vec<(&str, String)> = vec![
        ("nonsense", "HELO example.com\r\n\r\n".to_owned()),
        ("binary", "\u{1}\u{2}\u{3}\r\n\r\n".to_owned()),
        ("two lengths", format!("{head}{length}Content-Length: 1\r\n\r\n{body}")),
        ("length and chunks", format!("{head}{length}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")),
        ("negative length", format!("{head}Content-Length: -1\r\n\r\n{body}")),
        ("wrong chunk size", format!("{head}Transfer-Encoding: chunked\r\n\r\nxyz\r\n{body}\r\n0\r\n\r\n")),
        ("unknown transfer encoding", format!("{head}Transfer-Encoding: gzip\r\n\r\n{body}")),
        ("NUL in a header", format!("{head}X-Name: a\u{0}b\r\n{length}\r\n{body}")),
        ("too many headers", format!("{head}{}{length}\r\n{body}", "X-Name: a\r\n".repeat(500))),
        ("huge header", format!("{head}X-Name: {}\r\n{length}\r\n{body}", "a".repeat(500_000))),
    ];
    for (what, bytes) in raw {
        // Closing without an answer is an answer, too.
        let status = send_bytes(app.ingest(), bytes.into_bytes()).map_or(400, |answer| answer.status);
        assert!((400..500).contains(&status), "{what}: {status}");
    }
    check_nothing_recorded(app, &group);
    check_slow_body(app.ingest(), &head);
}

/// Who promises a body and does not send it is told so, and holds nobody up.
fn check_slow_body(ingest: SocketAddr, head: &str) {
    let answer = send_bytes(ingest, format!("{head}Content-Length: 100\r\n\r\n{{").into_bytes());
    let status = answer.map_or(408, |answer| answer.status);
    assert!([400, 408].contains(&status), "{status}");
}

fn numbers_and_dates_at_the_edge_are_kept_or_refused(mode: Mode) {
    let app = shared(mode);
    let order = |amount: &str| {
        let lead = json!({"email": unique_email("edge")}).to_string();
        let money = format!("{{\"amount_minor\":{amount},\"currency\":\"EUR\"}}");
        format!(
            "{{\"type\":\"order.placed\",\"lead\":{lead},\"data\":{{\"order\":\"O\",\"amount\":{money}}}}}"
        )
    };
    for good in ["0", "1", "129900", "9007199254740991", "1e3", "5.0"] {
        app.post("application/json", order(good)).expect(202);
    }
    for bad in ["-1", "0.5", "1e300", "18446744073709551616", "9007199254740993", "\"1\"", "null", "true"] {
        let answer = app.post("application/json", order(bad)).expect(422);
        assert!(answer.text().contains("/data/amount"), "{bad}: {}", answer.text());
    }
    let extra = "{\"a\":1e308,\"b\":-1e-308,\"c\":18446744073709551615,\"d\":0.1,\"e\":1e-400,\"f\":123456789012345678901234567890}";
    let email = unique_email("numbers");
    let body = format!(
        "{{\"type\":\"note.added\",\"lead\":{{\"email\":\"{email}\"}},\"data\":{{\"text\":\"x\",\"n\":{extra}}}}}"
    );
    let mut position = app.post("application/json", body).expect(202).json()["position"].clone();
    for instant in [
        "0001-01-01T00:00:00Z",
        "1969-12-31T23:59:59.999Z",
        "2016-12-31T23:59:60Z",
        "9999-12-31T23:59:59.999Z",
        "2024-01-01t00:00:00z",
        "2024-01-01T00:00:00.123456789+14:00",
    ] {
        let note = json!({"type": "note.added", "occurred_at": instant, "lead": {"email": email}, "data": {"text": "x"}});
        let answer = app.post("application/json", note.to_string());
        assert!([202, 422].contains(&answer.status), "{instant}: {}", answer.status);
        if answer.status == 202 {
            position = answer.json()["position"].clone();
            app.projected(position.as_str().unwrap());
        }
    }
    app.projected(position.as_str().unwrap());
    let id = app.lead_of(&email)["id"].as_str().unwrap().to_owned();
    let timeline = app.pages(&format!("/v1/leads/{id}/timeline?limit=1"));
    let numbers = timeline.iter().find_map(|fact| fact["data"]["extra"]["n"].as_object()).unwrap();
    assert_eq!((&numbers["a"], &numbers["d"], &numbers["e"]), (&json!(1e308), &json!(0.1), &json!(0.0)));
    app.get(&format!("/v1/leads/{id}?as_of=9999-12-31T23:59:59Z")).expect(200);
    app.get(&format!("/v1/leads/{id}/score?as_of=9999-12-31T23:59:59Z")).expect(200);
    for as_of in ["99999-01-01T00:00:00Z", "0", "-1", "2024-13-01T00:00:00Z", ""] {
        app.get(&format!("/v1/leads/{id}?as_of={as_of}")).expect(400).problem();
    }
}
