//! `GET /v1/segments`, `GET /v1/segments/{name}`, and the filter `segment` of `/v1/leads`

use std::sync::Arc;

use read_model::{LeadFilter, LeadSort, StoreError};
use serde_json::{Value, json};

use crate::support::{Fake, ada, email, get, segments};

fn names(page: &Value) -> Vec<&str> {
    page["data"].as_array().unwrap().iter().map(|lead| lead["id"].as_str().unwrap()).collect()
}

/// Ada, Ben, and so many whose names are numbers.
fn crowd(size: usize) -> Arc<Fake> {
    let mut fake = Fake::with_ada_and_ben();
    for number in 0..size {
        let person = format!("person{number}@example.com");
        let name = json!({"name": format!("{number}")});
        fake.add(json!({"type": "profile.updated", "lead": {"email": person}, "data": name}));
    }
    Arc::new(fake)
}

#[actix_web::test]
async fn every_segment_is_told_as_it_is_written_with_its_size() {
    let fake = crowd(0);
    let answer = get(&fake, "/v1/segments").await.json();
    assert!(answer["as_of"].as_str().unwrap().starts_with("2026-06-01T08:0"), "{answer}");
    let mut expected = segments();
    for (segment, size) in expected.as_array_mut().unwrap().iter_mut().zip([0, 1, 2, 0]) {
        segment["size"] = json!(size);
    }
    assert_eq!(answer["data"], expected);
    let one = get(&fake, "/v1/segments/french").await.json();
    assert_eq!(one, expected[1]);
}

#[actix_web::test]
async fn an_unknown_segment_is_not_found_and_as_a_filter_it_is_wrong() {
    let fake = crowd(0);
    assert_eq!(get(&fake, "/v1/segments/cold").await.problem(), (404, "not_found".to_owned()));
    let answer = get(&fake, "/v1/leads?segment=french,cold").await;
    assert_eq!(answer.errors(), [("/segment".to_owned(), "unknown_value".to_owned())]);
    let told = answer.json()["errors"][0]["detail"].as_str().unwrap().to_owned();
    assert_eq!(told, "Known values are warm, french, all, nobody.");
    let answer = get(&fake, "/v1/segments?segment=french").await;
    assert_eq!(answer.errors(), [("/segment".to_owned(), "unknown_parameter".to_owned())]);
}

#[actix_web::test]
async fn members_are_listed_and_a_comma_means_one_of() {
    let fake = crowd(0);
    let french = get(&fake, "/v1/leads?segment=french").await.json();
    assert_eq!((names(&french), &french["next_cursor"]), (vec![&*ada().to_string()], &Value::Null));
    assert!(names(&get(&fake, "/v1/leads?segment=nobody").await.json()).is_empty());
    assert_eq!(names(&get(&fake, "/v1/leads?segment=nobody,french").await.json()).len(), 1);
    assert_eq!(names(&get(&fake, "/v1/leads?segment=all,french").await.json()).len(), 2);
}

#[actix_web::test]
async fn what_a_segment_needs_is_asked_of_the_read_model_where_one_is_named() {
    let fake = crowd(0);
    let asked = async |uri: &str| {
        get(&fake, uri).await;
        let (filter, sort, ..) = fake.asked.lock().unwrap().last().unwrap().clone();
        (LeadFilter { at: None, ..filter }, sort)
    };
    let country = |country: &str| LeadFilter { country: vec![country.to_owned()], ..LeadFilter::default() };
    assert_eq!(asked("/v1/leads?segment=french").await, (country("fr"), LeadSort::Score));
    assert_eq!(asked("/v1/leads?segment=french&country=BE").await, (country("be"), LeadSort::Score));
    assert_eq!(asked("/v1/leads?segment=french,warm").await, (LeadFilter::default(), LeadSort::Score));
    assert_eq!(asked("/v1/segments/french").await, (country("fr"), LeadSort::Created));
}

#[actix_web::test]
async fn members_are_found_however_far_apart_they_are() {
    let fake = crowd(510);
    let sizes = get(&fake, "/v1/segments").await.json();
    let sizes: Vec<u64> =
        sizes["data"].as_array().unwrap().iter().map(|one| one["size"].as_u64().unwrap()).collect();
    assert_eq!(sizes, [0, 1, 512, 0]);
    let all = ada().to_string().max(email("ben@example.org").to_string());
    let mut uri = "/v1/leads?segment=all&limit=200".to_owned();
    let mut found = Vec::new();
    loop {
        let page = get(&fake, &uri).await.json();
        found.extend(names(&page).iter().map(|id| (*id).to_owned()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        uri = format!("/v1/leads?segment=all&limit=200&cursor={cursor}");
    }
    assert_eq!(found.len(), 512);
    assert!(found.is_sorted() && found.contains(&all));
    let one = get(&fake, "/v1/leads?segment=french&limit=1").await.json();
    assert_eq!((names(&one).len(), &one["next_cursor"]), (1, &Value::Null));
}

#[actix_web::test]
async fn before_qualification_ran_segments_are_empty_and_a_read_model_that_is_away_is_told() {
    let fake = Arc::new(Fake { no_policy: true, ..Fake::with_ada_and_ben() });
    assert_eq!(get(&fake, "/v1/segments/all").await.json()["size"], 0);
    let away: fn() -> StoreError = || StoreError::Unavailable("away".to_owned());
    let fake = Arc::new(Fake { failure: Some(away), ..Fake::default() });
    assert_eq!(get(&fake, "/v1/segments").await.problem(), (503, "read_model_unavailable".to_owned()));
}

#[actix_web::test]
async fn segments_are_counted_again_when_another_generation_took_over_meanwhile() {
    let fake = Fake::with_ada_and_ben();
    *fake.switches_after.lock().unwrap() = Some(1);
    let fake = Arc::new(fake);
    assert_eq!(get(&fake, "/v1/segments/all").await.json()["size"], 2);
}
