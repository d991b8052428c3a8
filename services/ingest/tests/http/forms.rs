//! `POST /f/{form}`: forms of websites.

use actix_web::http::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Request, Service, errors};

const SITE: &str = "https://www.example.com";

async fn posted(service: &Service, body: &str) -> Answer {
    service.send(Request::form("/f/plain", body)).await
}

#[actix_web::test]
async fn the_line_that_a_newcomer_pastes_works() {
    let service = Service::demo();
    let body = "email=ada@example.com&name=Ada Lovelace&message=Please call me";
    let answer = service.send(Request::form("/f/demo", body)).await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("/f/demo/thanks")));
    let fact = service.fact();
    let expected = json!({
        "v": 1, "event_id": fact["event_id"], "id": null, "type": "form.submitted",
        "occurred_at": fact["received_at"], "received_at": fact["received_at"],
        "source": "website", "campaign": null, "channel": null, "lead": {"email": "ada@example.com"},
        "data": {
            "form": "demo", "intent": "contact",
            "fields": {"name": "Ada Lovelace", "message": "Please call me"},
        },
        "content": fact["content"], "secret": fact["secret"],
    });
    assert_eq!(fact, expected);
}

#[actix_web::test]
async fn all_encodings_say_the_same() {
    let service = Service::new();
    let urlencoded = "Pr%C3%A9nom=Ada&e-mail=ada%40example.com&topic=a&topic=b+c&_gotcha=&empty=";
    let part = |name: &str, value: &str| {
        format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let unchosen = "--B\r\nContent-Disposition: form-data; name=\"cv\"; filename=\"\"\r\nContent-Type: application/octet-stream\r\n\r\n\r\n";
    let multipart = [
        part("topic", "a"),
        part("topic", "b c"),
        part("Prénom", "Ada"),
        part("e-mail", "ada@example.com"),
        part("empty", ""),
        unchosen.to_owned(),
        "--B--\r\n".to_owned(),
    ]
    .concat();
    let object = json!({"Prénom": "Ada", "e-mail": "ada@example.com", "topic": ["a", "b c"], "empty": "", "_gotcha": "x"});
    let requests = [
        Request::form("/f/contact", urlencoded),
        Request::post("/f/contact", "multipart/form-data; boundary=B", multipart),
        Request::post("/f/contact", "application/json", object.to_string()),
    ];
    for request in requests {
        let answer = service.send(request).await;
        assert!([202, 303].contains(&answer.status), "{answer:?}");
    }
    let facts = service.facts();
    let fields = json!({"Prénom": "Ada", "topic": ["a", "b c"], "empty": ""});
    for fact in &facts {
        assert_eq!(fact["data"], json!({"form": "contact", "intent": "quote", "fields": fields}));
        assert_eq!((&fact["lead"], &fact["source"]), (&json!({"email": "ada@example.com"}), &json!("main")));
    }
    assert_eq!((facts.len(), &facts[0]["content"]), (3, &facts[2]["content"]));
}

#[actix_web::test]
async fn json_may_nest_its_values() {
    let service = Service::new();
    let body =
        json!({"tel": 33_612_345_678_i64, "email": "ada@example.com", "cart": {"items": [1, {"sku": "a"}]}});
    let answer = service.send(Request::post("/f/plain", "application/json", body.to_string())).await;
    let fields = json!({"tel": 33_612_345_678_i64, "cart": body["cart"]});
    assert_eq!((answer.status, &service.fact()["data"]["fields"]), (202, &fields));
}

#[actix_web::test]
async fn whoever_asks_for_json_gets_json() {
    let service = Service::new();
    let form = || Request::form("/f/contact", "email=ada@example.com");
    for request in [
        form().header("Accept", "application/json"),
        form().header("Accept", "text/html;q=0.5, application/json"),
        form().header("X-Requested-With", "XMLHttpRequest"),
        Request::post("/f/contact", "application/json", r#"{"email": "ada@example.com"}"#),
    ] {
        let answer = service.send(request).await;
        let event_id = service.facts().last().unwrap()["event_id"].clone();
        assert_eq!((answer.status, answer.json()), (202, json!({"event_id": event_id, "next": "/merci"})));
    }
    for accept in [
        "*/*",
        "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "application/json;q=0.1, text/html",
    ] {
        let answer = service.send(form().header("Accept", accept)).await;
        assert_eq!((answer.status, answer.header("location")), (303, Some("/merci")), "{accept}");
    }
}

#[actix_web::test]
async fn the_next_page_is_a_path_or_at_an_allowed_origin_and_never_elsewhere() {
    let service = Service::new();
    let own = "http://localhost:8080/mine";
    for (next, location) in [
        ("/thanks?a=b#c", "/thanks?a=b#c"),
        ("https://www.example.com/ok", "https://www.example.com/ok"),
        ("HTTPS://WWW.example.com/ok", "HTTPS://WWW.example.com/ok"),
        ("http://localhost:3000", "http://localhost:3000"),
        (own, own),
        ("/d%C3%A9j%C3%A0 vu", "/d%C3%A9j%C3%A0%20vu"),
    ] {
        let body = format!("email=ada@example.com&_next={}", next.replace('%', "%25").replace('#', "%23"));
        let request = Request::form("/f/plain", &body).header("Host", "localhost:8080");
        let answer = service.send(request).await;
        assert_eq!((answer.status, answer.header("location")), (303, Some(location)), "{next}");
    }
    for next in [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "/%09/evil.example",
        "javascript:alert(1)",
        "https://www.example.com@evil.example/",
        "https://www.example.com.evil.example/",
        "merci.html",
        "http://www.example.com/",
        "https://www.example.com:444/",
        "/a%0d%0aSet-Cookie:b",
        "https:evil.example",
        "",
    ] {
        let answer = posted(&service, &format!("email=ada@example.com&_next={next}")).await;
        assert_eq!((answer.status, answer.header("location")), (303, Some("/f/plain/thanks")), "{next}");
    }
    for name in ["_redirect", "redirect", "redirect_to"] {
        let answer = posted(&service, &format!("email=ada@example.com&{name}=/x&_next=//evil.example")).await;
        assert_eq!(answer.header("location"), Some("/x"), "{name}");
    }
}

#[actix_web::test]
async fn a_path_means_the_host_of_the_page_where_that_is_known_and_allowed() {
    let service = Service::new();
    let form = |path: &str, body: &str| Request::form(path, &format!("email=ada@example.com{body}"));
    let location = |answer: Answer| answer.header("location").unwrap().to_owned();
    let cases = [
        (form("/f/contact", "").header("Origin", SITE), "https://www.example.com/merci"),
        (
            form("/f/contact", "").header("Referer", "https://www.example.com/prices"),
            "https://www.example.com/merci",
        ),
        (form("/f/contact", "").header("Referer", "https://evil.example/"), "/merci"),
        (form("/f/contact", "&_next=/deal").header("Origin", SITE), "https://www.example.com/deal"),
        (form("/f/away", ""), "https://thanks.example.com/page"),
        (form("/f/plain", "").header("Origin", SITE), "/f/plain/thanks"),
        (
            form("/f/contact", "").header("Origin", "http://own.example").header("Host", "own.example"),
            "/merci",
        ),
    ];
    for (request, expected) in cases {
        assert_eq!(location(service.send(request).await), expected);
    }
    let script = form("/f/plain", "").header("Origin", SITE).header("Accept", "application/json");
    let answer = service.send(script.header("Host", "leads.example.com")).await;
    assert_eq!(
        answer.json()["next"],
        "http://leads.example.com/f/plain/thanks",
        "a script is on another host"
    );
}

#[actix_web::test]
async fn browsers_may_post_from_the_sites_origins_and_from_our_own_pages_only() {
    let service = Service::new();
    let form = || Request::form("/f/contact", "email=ada@example.com").header("Host", "leads.example.com");
    for origin in [SITE, "http://localhost:3000", "http://leads.example.com", "https://leads.example.com:443"]
    {
        let answer = service.send(form().header("Origin", origin)).await;
        let told = (answer.status, answer.header("access-control-allow-origin"), answer.header("vary"));
        assert_eq!(told, (303, Some(origin), Some("Origin")), "{origin}");
        assert_eq!(answer.header("access-control-expose-headers"), Some("Retry-After"));
    }
    let before = service.facts().len();
    for origin in [
        "null",
        "https://evil.example",
        "http://www.example.com",
        "https://www.example.com.evil.example",
        "*",
        "",
    ] {
        let answer = service.send(form().header("Origin", origin)).await;
        assert_eq!(answer.problem(), (403, "forbidden_origin".to_owned()), "{origin}");
        assert_eq!(
            (answer.header("access-control-allow-origin"), answer.header("vary")),
            (None, Some("Origin"))
        );
    }
    let two = service.send(form().header("Origin", SITE).header("Origin", SITE)).await;
    assert_eq!(two.status, 403);
    assert_eq!(service.facts().len(), before);
    let curl = service.send(form()).await;
    assert_eq!(
        (curl.status, curl.header("access-control-allow-origin"), curl.header("vary")),
        (303, None, Some("Origin"))
    );
}

#[actix_web::test]
async fn refusals_can_be_read_by_scripts_of_allowed_pages() {
    let service = Service::new();
    let json = |body: &str| Request::post("/f/contact", "application/json", body).header("Origin", SITE);
    let requests = [
        (json("{}"), 422),
        (json("{"), 400),
        (json(&" ".repeat(70_000)), 413),
        (Request::post("/f/contact", "text/plain", "x").header("Origin", SITE), 415),
    ];
    for (request, status) in requests {
        let answer = service.send(request).await;
        assert_eq!(answer.problem().0, status);
        assert_eq!(answer.header("access-control-allow-origin"), Some(SITE), "{status}");
    }
    let answer = Service::without_a_log().send(json(r#"{"email": "ada@example.com"}"#)).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (503, Some(SITE)));
}

#[actix_web::test]
async fn a_preflight_request_is_answered() {
    let service = Service::new();
    let ask = |path: &str, origin: &str| {
        Request::new(Method::OPTIONS, path)
            .header("Origin", origin)
            .header("Access-Control-Request-Method", "POST")
            .header("Access-Control-Request-Headers", "content-type")
    };
    let answer = service.send(ask("/f/contact", SITE)).await;
    let told =
        ["origin", "methods", "headers"].map(|what| answer.header(&format!("access-control-allow-{what}")));
    let expected =
        [Some(SITE), Some("POST"), Some("accept, content-type, idempotency-key, x-requested-with")];
    assert_eq!((answer.status, told), (204, expected));
    let foreign = service.send(ask("/f/contact", "https://evil.example")).await;
    assert_eq!(foreign.problem(), (403, "forbidden_origin".to_owned()));
    assert_eq!(service.send(ask("/f/none", SITE)).await.problem(), (404, "unknown_form".to_owned()));
}

#[actix_web::test]
async fn a_form_that_is_not_declared_does_not_exist() {
    let service = Service::new();
    for path in ["/f/demo", "/f/none", "/f/Contact", "/f/a%2Fb"] {
        let answer = service.send(Request::form(path, "email=ada@example.com")).await;
        assert_eq!(answer.problem(), (404, "unknown_form".to_owned()), "{path}");
    }
    let odd = service.send(Request::form("/f/%ff", "email=ada@example.com")).await;
    assert_eq!(odd.status, 404);
    let other = Service::demo().send(Request::form("/f/contact", "email=ada@example.com")).await;
    assert_eq!(other.problem(), (404, "unknown_form".to_owned()));
    assert_eq!(service.appends(), Vec::<usize>::new());
}

#[actix_web::test]
async fn one_valid_identifier_is_enough_and_the_other_stays_in_the_fields() {
    let service = Service::new();
    for (body, lead) in [
        (
            "email=Ada@Example.com&gsm=0470123456",
            json!({"email": "ada@example.com", "phone": "+32470123456"}),
        ),
        (
            "courriel=ada%20at%20example&T%C3%A9l%C3%A9phone=0470%2012%2034%2056",
            json!({"phone": "+32470123456"}),
        ),
        ("adresse+e-mail=ada@example.com&tel=12", json!({"email": "ada@example.com"})),
        ("email=&mail=ada@example.com", json!({"email": "ada@example.com"})),
        ("email=no&email=ada@example.com", json!({"email": "ada@example.com"})),
    ] {
        assert_eq!(posted(&service, body).await.status, 303, "{body}");
        assert_eq!(service.facts().last().unwrap()["lead"], lead, "{body}");
    }
    let fields = |index: usize| service.facts()[index]["data"]["fields"].clone();
    assert_eq!(fields(0), json!({}), "what identifies the lead stands in its canonical form in `lead`");
    assert_eq!(fields(2), json!({"tel": "12"}));
    assert_eq!(fields(4), json!({"email": ["no", "ada@example.com"]}), "a list stays whole");
}

#[actix_web::test]
async fn without_a_valid_identifier_the_fields_to_correct_are_told() {
    let service = Service::new();
    let post = |body: &str| Request::form("/f/plain", body).header("Accept", "application/json");
    let nobody = service.send(post("name=Ada&email=")).await;
    assert_eq!(nobody.problem(), (422, "invalid_form".to_owned()));
    assert_eq!(nobody.errors(), errors([("/email", "required")]));
    let wrong = service.send(post("E-Mail=secret-1&portable/work=1&gsm=secret-2")).await;
    assert_eq!(wrong.errors(), errors([("/E-Mail", "invalid_email"), ("/gsm", "invalid_phone")]));
    assert!(!wrong.body.contains("secret"), "{}", wrong.body);
    let curl = posted(&service, "name=Ada").await;
    assert_eq!(curl.problem(), (422, "invalid_form".to_owned()));
    for body in ["[]", "\"x\"", "1"] {
        let list = service.send(Request::post("/f/plain", "application/json", body)).await;
        assert_eq!((list.problem().0, list.errors()), (422, errors([("", "wrong_type")])), "{body}");
    }
    assert_eq!(service.appends(), Vec::<usize>::new());
}

#[actix_web::test]
async fn what_cannot_be_read_or_stored_is_refused() {
    let service = Service::new();
    let part = |disposition: &str, body: &str| {
        format!("--B\r\nContent-Disposition: form-data; {disposition}\r\n\r\n{body}\r\n--B--\r\n")
    };
    let multipart = |body: String| Request::post("/f/plain", "multipart/form-data; boundary=B", body);
    let many: String = (0..201).map(|n| format!("f{n}=x&")).collect();
    let many_keys: serde_json::Map<String, Value> = (0..201).map(|n| (format!("k{n}"), json!(1))).collect();
    let cases = [
        (Request::form("/f/plain", "email=%ff%fe"), 400, "invalid_utf8"),
        (
            Request::form("/f/plain", &format!("email=ada@example.com&message={}", "x".repeat(65_536))),
            413,
            "body_too_large",
        ),
        (Request::form("/f/plain", &many), 413, "too_many_fields"),
        (
            Request::post("/f/plain", "application/json", Value::Object(many_keys).to_string()),
            413,
            "too_many_fields",
        ),
        (Request::form("/f/plain", "email=ada@example.com&message=a%00b"), 422, "invalid_form"),
        (Request::form("/f/plain", "email=ada@example.com&a%00b=c"), 422, "invalid_form"),
        (Request::post("/f/plain", "application/json", "{\"email\":"), 400, "unreadable_json"),
        (Request::post("/f/plain", "text/plain", "email=ada@example.com"), 415, "unsupported_media_type"),
        (
            Request::post("/f/plain", "application/x-www-form-urlencoded; charset=iso-8859-1", "a=b"),
            415,
            "unsupported_media_type",
        ),
        (Request::new(Method::POST, "/f/plain"), 415, "unsupported_media_type"),
        (
            Request::form("/f/plain", "email=a@example.com").header("Content-Encoding", "gzip"),
            415,
            "unsupported_encoding",
        ),
        (
            Request::form("/f/plain", "email=a@example.com").header("Idempotency-Key", ""),
            400,
            "invalid_idempotency_key",
        ),
        (multipart(part("name=\"cv\"; filename=\"cv.pdf\"", "%PDF")), 415, "unsupported_media_type"),
        (multipart(part("name=\"email\"", "a@example.com").replace("--B--\r\n", "")), 400, "bad_request"),
        (multipart("nonsense".to_owned()), 400, "bad_request"),
        (Request::post("/f/plain", "multipart/form-data", "x"), 400, "bad_request"),
    ];
    for (index, (request, status, code)) in cases.into_iter().enumerate() {
        let answer = service.send(request).await;
        assert_eq!(answer.problem(), (status, code.to_owned()), "case {index}: {}", answer.body);
    }
    let nul = posted(&service, "email=ada@example.com&message=a%00b").await;
    assert_eq!(nul.errors(), errors([("/message", "nul_character")]));
    let deep = format!("{{\"email\": \"ada@example.com\", \"x\": {}1{}}}", "[".repeat(40), "]".repeat(40));
    let deep = service.send(Request::post("/f/plain", "application/json", deep)).await;
    assert_eq!((deep.problem().0, deep.errors()[0].1.as_str()), (422, "too_deep"));
    assert_eq!(service.appends(), Vec::<usize>::new());
}

#[actix_web::test]
async fn campaign_parameters_and_addresses_leave_the_fields() {
    let service = Service::new();
    let body = "email=ada@example.com&utm_campaign=brand&UTM_Source=Google&_page_url=/prices&referrer=https://news.example/";
    let request =
        Request::form("/f/plain", body).header("Referer", "https://www.example.com/x?utm_source=other");
    assert_eq!(service.send(request).await.status, 303);
    let fact = service.fact();
    let expected = json!({
        "form": "plain", "intent": "contact", "fields": {},
        "page_url": "/prices", "referrer": "https://news.example/", "utm": {"campaign": "brand", "source": "Google"},
    });
    assert_eq!((&fact["data"], &fact["campaign"]), (&expected, &json!("brand")));
    let from_page = Request::form("/f/plain", "email=ada@example.com")
        .header("Referer", "https://www.example.com/x?utm_source=news&q=1");
    service.send(from_page).await;
    let data = service.facts()[1]["data"].clone();
    assert_eq!(data["page_url"], "https://www.example.com/x?utm_source=news&q=1");
    assert_eq!(data["utm"], json!({"source": "news"}));
}

#[actix_web::test]
async fn a_ticked_consent_is_a_fact_of_its_own_in_the_same_append() {
    let service = Service::new();
    let body = "email=ada@example.com&newsletter=on";
    let request = || Request::form("/f/contact", body).header("Idempotency-Key", "k-1");
    assert_eq!((service.send(request()).await.status, service.send(request()).await.status), (303, 303));
    assert_eq!(service.appends(), [2, 2]);
    let facts = service.facts();
    assert_eq!(facts[1]["type"], "consent.given");
    assert_eq!(facts[1]["data"], json!({"purpose": "marketing", "collected_via": "form contact"}));
    assert_eq!((&facts[1]["lead"], &facts[1]["occurred_at"]), (&facts[0]["lead"], &facts[0]["occurred_at"]));
    assert_eq!(
        (&facts[0]["event_id"], &facts[1]["event_id"]),
        (&facts[2]["event_id"], &facts[3]["event_id"])
    );
    assert_ne!(facts[0]["event_id"], facts[1]["event_id"]);
    for unticked in ["", "&newsletter=", "&newsletter=0", "&newsletter=false", "&newsletter=off"] {
        service.send(Request::form("/f/contact", &format!("email=ada@example.com{unticked}"))).await;
        assert_eq!(service.appends().last(), Some(&1), "{unticked}");
    }
}

#[actix_web::test]
async fn an_idempotency_key_means_something_else_for_every_form_and_for_facts() {
    let service = Service::new();
    let keyed = |request: Request| request.header("Idempotency-Key", "k-1");
    service.send(keyed(Request::form("/f/plain", "email=ada@example.com"))).await;
    service.send(keyed(Request::form("/f/contact", "email=ada@example.com"))).await;
    let fact = json!({"type": "lead.reopened", "lead": {"email": "ada@example.com"}, "source": "main"});
    service.send(keyed(Request::json(&fact))).await;
    let ids: std::collections::BTreeSet<_> =
        service.facts().iter().map(|fact| fact["event_id"].to_string()).collect();
    assert_eq!(ids.len(), 3);
}
