//! `POST /v1/events`: what is accepted, and how it is answered and stored.

use serde_json::{Value, json};

use crate::support::{Request, Service, errors};

fn note(id: &str) -> Value {
    json!({"id": id, "type": "note.added", "lead": {"email": "Ada@Example.com"}, "data": {"text": "Hello"}})
}

#[actix_web::test]
async fn one_fact_is_recorded_and_answered_with_its_ids() {
    let service = Service::new();
    let answer = service.send(Request::json(&note("n-1"))).await;
    let fact = service.fact();
    let key = service.keys().remove(0);
    let expected = json!({"event_id": fact["event_id"], "lead_id": key, "stored": "log", "position": "0-1"});
    assert_eq!((answer.status, answer.json()), (202, expected));
    let expected = json!({
        "v": 1, "event_id": fact["event_id"], "id": "n-1", "type": "note.added",
        "occurred_at": fact["received_at"], "received_at": fact["received_at"],
        "source": "crm", "campaign": null, "channel": null,
        "lead": {"email": "ada@example.com"}, "data": {"text": "Hello"},
        "content": fact["content"], "secret": fact["secret"],
    });
    assert_eq!(fact, expected);
}

#[actix_web::test]
async fn a_fact_about_a_campaign_has_no_lead_and_the_key_of_its_campaign() {
    let service = Service::new();
    let fact = json!({"type": "campaign.defined", "data": {"campaign": "salon-2026"}});
    let answer = service.send(Request::json(&fact)).await;
    assert_eq!((answer.status, &answer.json()["lead_id"]), (202, &Value::Null));
    assert_eq!(service.keys(), ["campaign:salon-2026"]);
}

#[actix_web::test]
async fn the_lead_id_is_that_of_the_strongest_identifier_and_the_same_for_every_way_to_write_it() {
    let service = Service::new();
    let leads = json!([
        {"type": "lead.reopened", "lead": {"email": "ada@example.com", "phone": "+33612345678"}},
        {"type": "lead.reopened", "lead": {"email": " ADA@EXAMPLE.COM "}},
        {"type": "lead.reopened", "lead": {"phone": "06 12 34 56 78"}},
        {"type": "lead.reopened", "lead": {"phone": "+33 6 12 34 56 78"}},
    ]);
    let answer = service.send(Request::json(&leads)).await.json();
    let id = |index: usize| answer["accepted"][index]["lead_id"].clone();
    assert_eq!((id(0), id(2)), (id(1), id(3)));
    assert_ne!(id(0), id(2));
    let named = json!({"type": "lead.reopened", "lead": {"lead_id": id(0)}});
    let answer = service.send(Request::json(&named)).await;
    assert_eq!(answer.json()["lead_id"], id(0));
}

#[actix_web::test]
async fn an_array_is_answered_fact_by_fact_and_recorded_in_one_append() {
    let service = Service::new();
    let facts =
        json!([note("n-1"), {"type": "order.placed", "lead": {"email": "a@example.com"}}, note("n-2")]);
    let answer = service.send(Request::json(&facts)).await;
    let body = answer.json();
    let accepted = body["accepted"].as_array().unwrap();
    assert_eq!((answer.status, &body["stored"], &body["position"]), (202, &json!("log"), &json!("0-2")));
    assert_eq!(accepted.iter().map(|one| one["index"].as_u64().unwrap()).collect::<Vec<_>>(), [0, 2]);
    assert_eq!(accepted[1]["event_id"], service.facts()[1]["event_id"]);
    let problem = &body["rejected"][0]["problem"];
    let expected = json!({"index": 1, "problem": {
        "type": "about:blank", "title": "Unprocessable Content", "status": 422, "detail": "The fact is not valid.",
        "code": "invalid_fact",
        "errors": [{"pointer": "/data/order", "code": "required", "detail": "This key is required."}],
        "trace_id": problem["trace_id"],
    }});
    assert_eq!(body["rejected"], json!([expected]));
    assert_eq!(service.appends(), [2]);
}

#[actix_web::test]
async fn an_array_of_one_is_answered_as_several() {
    let service = Service::new();
    let answer = service.send(Request::json(&json!([note("n-1")]))).await;
    assert_eq!((answer.status, answer.json()["accepted"][0]["index"].clone()), (202, json!(0)));
}

#[actix_web::test]
async fn ndjson_keeps_its_good_lines_and_rejects_the_others_by_their_line() {
    let service = Service::new();
    let mut body = format!("{}\r\n\n", note("n-1")).into_bytes();
    body.extend_from_slice(b"{\"type\": \n");
    body.extend_from_slice(b"{\"type\": \"\xff\"}\n");
    body.extend_from_slice(note("n-2").to_string().as_bytes());
    let answer = service.send(Request::events("application/x-ndjson", body)).await;
    let body = answer.json();
    let index = |list: &str| {
        let list = body[list].as_array().unwrap();
        list.iter().map(|one| one["index"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!((answer.status, index("accepted"), index("rejected")), (202, vec![0, 4], vec![2, 3]));
    let codes: Vec<_> =
        body["rejected"].as_array().unwrap().iter().map(|one| one["problem"]["code"].clone()).collect();
    assert_eq!(codes, [json!("unreadable_json"), json!("invalid_utf8")]);
    assert_eq!(service.appends(), [2]);
}

#[actix_web::test]
async fn a_cloud_event_is_a_fact_in_an_envelope() {
    let service = Service::new();
    let event = json!({
        "specversion": "1.0", "id": "e-1", "source": "/shop/events", "type": "com.example.order.placed",
        "time": "2026-02-03T09:10:00Z", "subject": "ignored", "datacontenttype": "application/json",
        "data": {"lead": {"email": "ada@example.com"}, "campaign": "brand", "channel": "ads", "data": {"order": "O-1"}},
    });
    let answer = service.send(Request::events("application/cloudevents+json", event.to_string())).await;
    let fact = service.fact();
    assert_eq!((answer.status, &answer.json()["event_id"]), (202, &fact["event_id"]));
    let told = ["id", "source", "type", "occurred_at", "campaign", "channel"].map(|key| fact[key].clone());
    let expected = ["e-1", "/shop/events", "order.placed", "2026-02-03T09:10:00.000Z", "brand", "ads"];
    assert_eq!(told, expected.map(Value::from));

    let batch = json!([event, {"specversion": "1.0", "id": "e-2", "source": "/shop", "type": "order.placed",
        "time": "yesterday", "data": {"lead": {"email": "no"}, "data": {}}}, {"id": "e-3"}, 7]);
    let answer = service
        .send(Request::events("application/cloudevents-batch+json; charset=utf-8", batch.to_string()))
        .await;
    let body = answer.json();
    assert_eq!((answer.status, &body["accepted"][0]["event_id"]), (202, &fact["event_id"]));
    let pointers = |index: usize| {
        let errors = body["rejected"][index]["problem"]["errors"].as_array().unwrap();
        errors.iter().map(|error| error["pointer"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(pointers(0), ["/time", "/data/lead/email", "/data/data/order"]);
    assert_eq!(pointers(1), ["/specversion", "/source", "/type", "/data"]);
    assert_eq!(pointers(2), [""]);
}

#[actix_web::test]
async fn the_same_id_of_the_same_source_is_the_same_event() {
    let service = Service::new();
    let mut stated = note("n-1");
    stated["source"] = json!("website");
    for fact in [note("n-1"), note("n-1"), note("n-2"), stated] {
        assert_eq!(service.send(Request::json(&fact)).await.status, 202);
    }
    let ids: Vec<_> = service.facts().iter().map(|fact| fact["event_id"].clone()).collect();
    assert_eq!(ids[0], ids[1]);
    assert!(ids[2] != ids[0] && ids[3] != ids[0] && ids[3] != ids[2]);
}

#[actix_web::test]
async fn an_idempotency_key_names_the_facts_that_have_no_id() {
    let service = Service::new();
    let mut without_id = note("");
    without_id.as_object_mut().unwrap().remove("id");
    let facts = json!([without_id, note("n-1"), without_id]);
    for key in ["\"k-1\"", "k-1", "k-2"] {
        let answer = service.send(Request::json(&facts).header("Idempotency-Key", key)).await;
        assert_eq!(answer.status, 202);
    }
    let ids: Vec<_> = service.facts().iter().map(|fact| fact["event_id"].clone()).collect();
    assert_eq!(ids[0..3], ids[3..6]);
    assert_ne!(ids[0], ids[2]);
    assert!(ids[6] != ids[0] && ids[7] == ids[1]);
    let fresh = [without_id.clone(), without_id];
    for fact in &fresh {
        assert_eq!(service.send(Request::json(fact)).await.status, 202);
    }
    let facts = service.facts();
    assert_ne!(facts[9]["event_id"], facts[10]["event_id"]);
    assert_eq!(facts[9]["event_id"].as_str().unwrap().as_bytes()[14], b'7', "a UUID of version 7");
}

#[actix_web::test]
async fn an_instant_in_the_future_or_none_is_that_of_receipt_and_offsets_are_kept_in_utc() {
    let service = Service::new();
    for at in [
        json!("9999-12-31T23:59:59Z"),
        Value::Null,
        json!("0001-01-01T00:00:00Z"),
        json!("2026-02-03T10:10:00.1239+01:00"),
    ] {
        let mut fact = note("n");
        fact["occurred_at"] = at;
        assert_eq!(service.send(Request::json(&fact)).await.status, 202);
    }
    let facts = service.facts();
    assert_eq!(facts[0]["occurred_at"], facts[0]["received_at"]);
    assert_eq!(facts[1]["occurred_at"], facts[1]["received_at"]);
    assert_eq!(facts[2]["occurred_at"], "0001-01-01T00:00:00.000Z");
    assert_eq!(facts[3]["occurred_at"], "2026-02-03T09:10:00.123Z");
}

#[actix_web::test]
async fn the_intent_comes_from_the_forms_configuration_and_the_campaign_from_utm() {
    let service = Service::new();
    let post = |form: &str| {
        json!({"type": "form.submitted", "lead": {"email": "ada@example.com"},
            "data": {"form": form, "utm": {"campaign": "brand"}, "shoe_size": 40}})
    };
    service.send(Request::json(&json!([post("contact"), post("other")]))).await;
    let facts = service.facts();
    assert_eq!(
        (&facts[0]["data"]["intent"], &facts[1]["data"]["intent"]),
        (&json!("quote"), &json!("contact"))
    );
    assert_eq!(
        (&facts[0]["campaign"], &facts[0]["data"]["extra"]),
        (&json!("brand"), &json!({"shoe_size": 40}))
    );
}

#[actix_web::test]
async fn all_problems_of_a_fact_are_told_at_once_and_none_repeats_what_was_sent() {
    let service = Service::new();
    let fact = json!({
        "type": "call.made", "occurred_at": "secret-1", "lead": {"email": "secret-2", "fax": "secret-3"}, "surprise": "secret-4",
        "data": {"outcome": "secret-5", "callback_at": 7, "duration_s": "secret-6"},
    });
    let answer = service.send(Request::json(&fact)).await;
    assert_eq!(answer.problem(), (422, "invalid_fact".to_owned()));
    let expected = errors([
        ("/occurred_at", "invalid_instant"),
        ("/surprise", "unknown_key"),
        ("/lead/email", "invalid_email"),
        ("/lead/fax", "unknown_key"),
        ("/data/duration_s", "wrong_type"),
        ("/data/outcome", "unknown_value"),
        ("/data/callback_at", "wrong_type"),
    ]);
    assert_eq!(answer.errors(), expected);
    assert!(!answer.body.contains("secret"), "{}", answer.body);
    assert_eq!(service.appends(), Vec::<usize>::new());
}

#[actix_web::test]
async fn what_no_fact_can_be_is_refused_with_its_place() {
    let lead = json!({"email": "a@example.com"});
    let order = |data: Value| json!({"type": "order.placed", "lead": lead, "data": data});
    let cases = [
        (json!(42), "", "wrong_type"),
        (json!({}), "/type", "required"),
        (json!({"type": "lead.exploded", "lead": lead}), "/type", "unknown_type"),
        (
            json!({"type": "form.quarantined", "lead": lead, "data": {"form": "a", "reasons": ["x"]}}),
            "/type",
            "reserved_type",
        ),
        (json!({"type": "lead.erased", "lead": lead}), "/type", "not_available"),
        (json!({"type": "note.added", "data": {"text": "x"}}), "/lead", "required"),
        (
            json!({"type": "note.added", "lead": lead, "data": {"text": "a\u{0}b"}}),
            "/data/text",
            "nul_character",
        ),
        (
            json!({"type": "lead.reopened", "lead": lead, "occurred_at": "2026-02-30T00:00:00Z"}),
            "/occurred_at",
            "invalid_instant",
        ),
        (
            json!({"type": "lead.reopened", "lead": lead, "occurred_at": "2026-02-03"}),
            "/occurred_at",
            "invalid_instant",
        ),
        (
            json!({"type": "lead.reopened", "lead": lead, "occurred_at": "10000-01-01T00:00:00Z"}),
            "/occurred_at",
            "invalid_instant",
        ),
        (
            json!({"type": "lead.reopened", "lead": lead, "occurred_at": 1_770_000_000}),
            "/occurred_at",
            "wrong_type",
        ),
        (
            json!({"type": "lead.reopened", "lead": {"external_id": "undefined"}}),
            "/lead/external_id",
            "stands_for_nobody",
        ),
        (json!({"type": "lead.reopened", "lead": {"phone": "12"}}), "/lead/phone", "invalid_phone"),
        (json!({"type": "lead.reopened", "lead": lead, "id": "x".repeat(129)}), "/id", "too_long"),
        (
            order(json!({"order": "O-1", "amount": {"amount_minor": -1, "currency": "EUR"}})),
            "/data/amount/amount_minor",
            "invalid_amount",
        ),
        (
            order(json!({"order": "O-1", "amount": {"amount_minor": 1.5, "currency": "EUR"}})),
            "/data/amount/amount_minor",
            "invalid_amount",
        ),
        (
            order(json!({"order": "O-1", "amount": {"amount_minor": 1e300, "currency": "EUR"}})),
            "/data/amount/amount_minor",
            "invalid_amount",
        ),
        (
            order(json!({"order": "O-1", "amount": {"amount_minor": 1, "currency": "EURO"}})),
            "/data/amount/currency",
            "invalid_currency",
        ),
        (order(json!({"order": " "})), "/data/order", "required"),
        (
            json!({"type": "campaign.defined", "lead": lead, "data": {"campaign": "c"}}),
            "/lead",
            "not_allowed",
        ),
        (
            json!({"type": "identity.linked", "lead": lead, "data": {"other": lead}}),
            "/data/other",
            "same_identifier",
        ),
    ];
    let service = Service::new();
    for (fact, pointer, code) in cases {
        let answer = service.send(Request::json(&fact)).await;
        assert_eq!(answer.problem(), (422, "invalid_fact".to_owned()), "{fact}");
        assert_eq!(answer.errors(), errors([(pointer, code)]), "{fact}");
    }
    assert_eq!(service.appends(), Vec::<usize>::new());
}

#[actix_web::test]
async fn a_request_without_a_valid_fact_lists_what_is_wrong_by_index() {
    let service = Service::new();
    let facts = json!([{"type": "order.placed", "lead": {"email": "a@example.com"}}, {"type": "x", "lead": {"email": "no"}}]);
    let answer = service.send(Request::json(&facts)).await;
    assert_eq!(answer.problem(), (422, "invalid_fact".to_owned()));
    let expected = errors([
        ("/0/data/order", "required"),
        ("/1/type", "unknown_type"),
        ("/1/lead/email", "invalid_email"),
    ]);
    assert_eq!(answer.errors(), expected);
    let lines = service.send(Request::events("application/x-ndjson", "{\n\n[]")).await;
    assert_eq!(lines.problem(), (422, "invalid_fact".to_owned()));
    assert_eq!(lines.errors(), errors([("/0", "unreadable_json"), ("/2", "wrong_type")]));
    for (media, body) in
        [("application/json", "[]"), ("application/x-ndjson", "\n"), ("application/x-ndjson", "")]
    {
        let answer = service.send(Request::events(media, body)).await;
        assert_eq!(
            (answer.problem(), answer.errors()),
            ((422, "invalid_fact".to_owned()), Vec::new()),
            "{body:?}"
        );
    }
    assert_eq!(service.appends(), Vec::<usize>::new());
}
