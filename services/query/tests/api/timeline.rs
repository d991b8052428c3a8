//! `GET /v1/leads/{id}/timeline`

use std::sync::Arc;

use serde_json::{Value, json};

use crate::support::{Fake, ada, email, get};

#[actix_web::test]
async fn the_facts_of_a_lead_stand_newest_first_as_the_contract_shows_them() {
    let fake = Arc::new(Fake::with_ada_and_ben());
    let mut answer = get(&fake, &format!("/v1/leads/{}/timeline?limit=6", ada())).await.json();
    assert!(answer["next_cursor"].take().is_string());
    let expected: Value = serde_json::from_str(include_str!("../fixtures/timeline.json")).unwrap();
    assert_eq!(answer, expected);
}

#[actix_web::test]
async fn pages_follow_each_other_until_the_first_fact() {
    let fake = Arc::new(Fake::with_ada_and_ben());
    let mut ids = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = get(&fake, &format!("/v1/leads/{}/timeline?limit=3{cursor}", ada())).await.json();
        ids.extend(page["data"].as_array().unwrap().iter().map(|fact| fact["id"].clone()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    let expected = ["s-49", "s-44", "s-41", "s-36", "s-25", "s-24", "s-12", "s-11", "s-10", "s-09"];
    assert_eq!(json!(ids), json!(expected));
}

#[actix_web::test]
async fn a_cursor_belongs_to_one_lead() {
    let fake = Arc::new(Fake::with_ada_and_ben());
    let page = get(&fake, &format!("/v1/leads/{}/timeline?limit=3", ada())).await.json();
    let cursor = page["next_cursor"].as_str().unwrap();
    let foreign =
        get(&fake, &format!("/v1/leads/{}/timeline?cursor={cursor}", email("ben@example.org"))).await;
    assert_eq!(foreign.problem(), (400, "invalid_cursor".to_owned()));
}

/// Through a redirect, too, whichever of the two ids the page before was asked under.
#[actix_web::test]
async fn the_pages_of_a_lead_that_was_merged_away_lead_to_the_end() {
    let fake = Arc::new(Fake::with_ada_and_ben());
    let old = email("ada@example.com");
    let page = get(&fake, &format!("/v1/leads/{}/timeline?limit=3", ada())).await.json();
    let cursor = page["next_cursor"].as_str().unwrap();
    let moved = get(&fake, &format!("/v1/leads/{old}/timeline?limit=3&cursor={cursor}")).await;
    assert_eq!(moved.status, 308);
    let next = get(&fake, moved.header("location")).await.json();
    assert_eq!(next["data"][0]["id"], "s-36");

    let (mut before, mut after) = (Fake::default(), Fake::with_ada_and_ben());
    let dora = email("dora@example.com");
    for day in 2..4 {
        let lead = json!({"email": "dora@example.com"});
        let at = format!("2026-06-0{day}T00:00:00Z");
        before.add(
            json!({"type": "note.added", "id": at, "occurred_at": at, "lead": lead, "data": {"text": "n"}}),
        );
    }
    after.moved.insert(dora, ada());
    let page = get(&Arc::new(before), &format!("/v1/leads/{dora}/timeline?limit=1")).await.json();
    let (after, cursor) = (Arc::new(after), page["next_cursor"].as_str().unwrap());
    let moved = get(&after, &format!("/v1/leads/{dora}/timeline?limit=3&cursor={cursor}")).await;
    assert_eq!(get(&after, moved.header("location")).await.status, 200);

    let wrong = get(&fake, &format!("/v1/leads/{old}/timeline?cursor=bad")).await;
    assert_eq!(wrong.problem(), (400, "invalid_cursor".to_owned()));
}

#[actix_web::test]
async fn a_fact_that_names_a_lead_id_or_has_no_id_of_its_own_says_so() {
    let mut fake = Fake::default();
    let lead_id = email("gita@example.com").to_string();
    let id = fake.add(json!({"type": "note.added", "lead": {"lead_id": lead_id}, "data": {"text": "Called.", "mood": "good"}}));
    let page = get(&Arc::new(fake), &format!("/v1/leads/{id}/timeline")).await.json();
    let fact = &page["data"][0];
    assert_eq!((&fact["id"], &fact["lead"]), (&Value::Null, &json!({"lead_id": lead_id})));
    assert_eq!(fact["data"], json!({"text": "Called.", "extra": {"mood": "good"}}));
}

#[actix_web::test]
async fn what_is_wrong_with_a_parameter_is_told() {
    let fake = Arc::new(Fake::with_ada_and_ben());
    let answer =
        get(&fake, &format!("/v1/leads/{}/timeline?limit=500&as_of=2026-01-01T00:00:00Z", ada())).await;
    assert_eq!(answer.problem(), (400, "invalid_parameter".to_owned()));
    let expected = [("/limit", "out_of_range"), ("/as_of", "unknown_parameter")];
    assert_eq!(answer.errors(), expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned())));
}
