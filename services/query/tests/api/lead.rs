//! `GET /v1/leads/{id}` and `GET /v1/leads/{id}/score`

use std::sync::Arc;

use actix_web::test::TestRequest;
use serde_json::{Value, json};

use crate::support::{END, Fake, READER, ada, email, get, send};

fn fixture(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[actix_web::test]
async fn a_lead_is_shown_as_the_contract_does() {
    let fake = Arc::new(Fake::with_ada_and_ben());
    let answer = get(&fake, &format!("/v1/leads/{}", ada())).await;
    assert_eq!(answer.json(), fixture(include_str!("../fixtures/lead.json")));
}

#[actix_web::test]
async fn a_lead_of_an_earlier_instant_is_folded_from_the_facts_up_to_then() {
    let fake = Arc::new(Fake::with_ada_and_ben());
    let answer = get(&fake, &format!("/v1/leads/{}?as_of=2026-03-02T12:00:00Z", ada())).await;
    assert_eq!(answer.json(), fixture(include_str!("../fixtures/lead-as-of.json")));
}

#[actix_web::test]
async fn an_instant_to_come_tells_what_will_have_cooled() {
    let fake = Arc::new(Fake::with_ada_and_ben());
    let answer = get(&fake, &format!("/v1/leads/{}?as_of=2026-08-01T00:00:00Z", ada())).await.json();
    assert_eq!((&answer["temperature"], &answer["score"]), (&json!("cold"), &json!(1.3)));
}

#[actix_web::test]
async fn a_score_is_explained_by_contributions_that_add_up_to_it() {
    let fake = Arc::new(Fake::with_ada_and_ben());
    let answer =
        get(&fake, &format!("/v1/leads/{}/score?as_of={END}", email("ben@example.org"))).await.json();
    assert_eq!(answer, fixture(include_str!("../fixtures/score.json")));
    let contributions = answer["contributions"].as_array().unwrap();
    let total: f64 = contributions.iter().map(|one| one["points_now"].as_f64().unwrap()).sum();
    assert!((total - answer["sum"].as_f64().unwrap()).abs() < 1e-9);
}

#[actix_web::test]
async fn a_score_is_explained_in_the_language_of_the_caller() {
    let fake = Arc::new(Fake::with_ada_and_ben());
    let uri = format!("/v1/leads/{}/score?as_of={END}", email("ben@example.org"));
    for (asked, spoken, begins) in
        [("fr-BE", "fr", "A cliqué"), ("nl, fr;q=0.5", "nl", "Klikte"), ("de", "en", "Clicked")]
    {
        let request = TestRequest::with_uri(&uri).insert_header(("Accept-Language", asked));
        let answer = send(&fake, request.insert_header(("Authorization", format!("Bearer {READER}")))).await;
        assert_eq!((answer.header("content-language"), answer.header("vary")), (spoken, "Accept-Language"));
        assert!(answer.json()["contributions"][0]["why"].as_str().unwrap().starts_with(begins), "{asked}");
    }
}

#[actix_web::test]
async fn a_history_tells_transitions_by_facts_and_by_time() {
    let fake = Arc::new(Fake::with_ada_and_ben());
    let answer = get(&fake, &format!("/v1/leads/{}/history?as_of=2026-03-02T12:00:00Z", ada())).await.json();
    let told = |step: &Value| format!("{} {}>{}", step["what"], step["from"], step["to"]).replace('"', "");
    let steps = answer["data"].as_array().unwrap();
    let expected = [
        "stage null>lead",
        "temperature cold>hot",
        "stage lead>prospect",
        "stage prospect>customer",
        "customer_state null>active",
        "temperature hot>warm",
    ];
    assert_eq!(steps.iter().map(told).collect::<Vec<_>>(), expected);
    assert_eq!(steps[5]["because"], json!({"rule": "cooling"}));
    assert_eq!(steps[1]["because"]["rule"], "form-quote-demo");
    assert!(steps[1]["because"]["event_id"].is_string());
    assert_eq!(answer["as_of"], "2026-03-02T12:00:00.000Z");
}

#[actix_web::test]
async fn without_an_instant_the_score_is_that_of_now() {
    let fake = Arc::new(Fake::with_ada_and_ben());
    let answer = get(&fake, &format!("/v1/leads/{}/score", email("ben@example.org"))).await.json();
    assert!(answer["as_of"].as_str().unwrap().starts_with("2026-06-01T08:0"), "{answer}");
}

#[actix_web::test]
async fn a_sum_below_zero_is_explained_but_the_score_is_zero_without_a_sign() {
    let mut fake = Fake::default();
    let bounce =
        json!({"type": "email.bounced", "lead": {"email": "eve@example.com"}, "data": {"hard": true}});
    let id = fake.add(bounce);
    let fake = Arc::new(fake);
    let score = get(&fake, &format!("/v1/leads/{id}/score?as_of=2026-06-01T07:59:00Z")).await.json();
    assert_eq!((&score["sum"], &score["score"].to_string()), (&json!(-20.0), &"0.0".to_owned()));
    let lead = get(&fake, &format!("/v1/leads/{id}")).await.json();
    assert_eq!(lead["score"].to_string(), "0.0");
}

#[actix_web::test]
async fn before_its_first_fact_there_is_no_lead() {
    let fake = Arc::new(Fake::with_ada_and_ben());
    for read in ["", "/score", "/history"] {
        let answer = get(&fake, &format!("/v1/leads/{}{read}?as_of=2026-02-03T08:59:59.999Z", ada())).await;
        assert_eq!(answer.problem(), (404, "not_found".to_owned()));
        let born = get(&fake, &format!("/v1/leads/{}{read}?as_of=2026-02-03T09:00:00Z", ada())).await;
        assert_eq!(born.status, 200);
    }
}

#[actix_web::test]
async fn unknown_ids_and_texts_that_are_no_ids_get_the_same_bytes() {
    let fake = Arc::new(Fake::with_ada_and_ben());
    let trace = ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    let mut bodies = Vec::new();
    for id in ["00000000-0000-8000-8000-000000000000", "nobody", "%00", "7D65A29B"] {
        for read in ["", "/timeline", "/score", "/history"] {
            let request = TestRequest::with_uri(&format!("/v1/leads/{id}{read}")).insert_header(trace);
            let answer =
                send(&fake, request.insert_header(("Authorization", format!("Bearer {READER}")))).await;
            assert_eq!(answer.problem(), (404, "not_found".to_owned()));
            bodies.push(answer.bytes);
        }
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1);
}

#[actix_web::test]
async fn a_merged_id_leads_to_the_survivor_and_keeps_only_what_is_not_personal() {
    let fake = Arc::new(Fake::with_ada_and_ben());
    *fake.positions.lock().unwrap() = vec![(0, 62)];
    let (old, new) = (email("ada@example.com"), ada());
    let cases = [
        (format!("/v1/leads/{old}"), format!("/v1/leads/{new}")),
        (
            format!("/v1/leads/{old}?as_of=2026-03-02T14:00:00%2B02:00&min_position=0-62"),
            format!("/v1/leads/{new}?as_of=2026-03-02T12:00:00.000Z&min_position=0-62"),
        ),
        (
            format!("/v1/leads/{old}/score?as_of=2026-03-02T12:00:00Z"),
            format!("/v1/leads/{new}/score?as_of=2026-03-02T12:00:00.000Z"),
        ),
        (
            format!("/v1/leads/{old}/history?as_of=2026-03-02T12:00:00Z"),
            format!("/v1/leads/{new}/history?as_of=2026-03-02T12:00:00.000Z"),
        ),
        (format!("/v1/leads/{old}/timeline?limit=6"), format!("/v1/leads/{new}/timeline?limit=6")),
    ];
    for (uri, location) in cases {
        let answer = get(&fake, &uri).await;
        assert_eq!((answer.status.as_u16(), answer.header("location")), (308, location.as_str()));
        assert_eq!(answer.header("cache-control"), "no-store");
    }
}

#[actix_web::test]
async fn what_is_wrong_with_a_parameter_is_told() {
    let fake = Arc::new(Fake::with_ada_and_ben());
    for read in ["", "/score", "/history"] {
        let answer =
            get(&fake, &format!("/v1/leads/{}{read}?as_of=2026-03-02T12:00:00+02:00&polcy=x", ada())).await;
        assert_eq!(answer.problem(), (400, "invalid_parameter".to_owned()));
        let expected = [("/as_of", "not_an_instant"), ("/polcy", "unknown_parameter")];
        assert_eq!(answer.errors(), expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned())));
    }
}

#[actix_web::test]
async fn a_lead_is_read_again_when_another_generation_took_over_meanwhile() {
    let fake = Fake::with_ada_and_ben();
    *fake.switches_after.lock().unwrap() = Some(1);
    let answer = get(&Arc::new(fake), &format!("/v1/leads/{}", ada())).await;
    assert_eq!(answer.status, 200);
}

#[actix_web::test]
async fn before_qualification_ran_there_is_no_lead() {
    let fake = Arc::new(Fake { no_policy: true, ..Fake::with_ada_and_ben() });
    let answer = get(&fake, &format!("/v1/leads/{}", ada())).await;
    assert_eq!(answer.problem(), (404, "not_found".to_owned()));
}
