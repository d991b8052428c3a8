//! `GET /v1/funnel`

use std::sync::Arc;

use serde_json::{Value, json};

use crate::support::{Fake, get};

#[actix_web::test]
async fn a_funnel_tells_counts_conversion_and_median_times() {
    let fake = Arc::new(Fake::with_ada_and_ben());
    let funnel = get(&fake, "/v1/funnel").await.json();
    let stages = funnel["data"][0]["stages"].as_array().unwrap();
    let names: Vec<_> = stages.iter().map(|stage| stage["stage"].as_str().unwrap()).collect();
    assert_eq!(names, ["suspect", "lead", "prospect", "customer"]);
    assert_eq!(
        stages[0],
        json!({"stage": "suspect", "current": 0, "reached": 2, "conversion": 1.0, "median_seconds": 0.0})
    );
    assert_eq!((&stages[1]["conversion"], &stages[1]["median_seconds"]), (&json!(0.5), &json!(1.5)));
    assert_eq!((&stages[3]["conversion"], &stages[3]["median_seconds"]), (&Value::Null, &Value::Null));
    assert_eq!((&funnel["group_by"], &funnel["data"][0]["group"]), (&Value::Null, &Value::Null));
}

#[actix_web::test]
async fn a_funnel_is_grouped_by_what_is_asked_for() {
    let fake = Arc::new(Fake::with_ada_and_ben());
    let funnel = get(&fake, "/v1/funnel?group_by=channel&from=2026-01-01T00:00:00Z").await.json();
    assert_eq!((&funnel["group_by"], &funnel["data"][0]["group"]), (&json!("channel"), &json!("ads")));
    assert_eq!(funnel["from"], "2026-01-01T00:00:00.000Z");
    let wrong = get(&fake, "/v1/funnel?group_by=owner").await;
    assert_eq!(wrong.errors(), [("/group_by".to_owned(), "unknown_value".to_owned())]);
}

#[actix_web::test]
async fn before_the_first_qualification_the_funnel_is_empty() {
    let fake = Arc::new(Fake { no_policy: true, ..Fake::default() });
    let funnel = get(&fake, "/v1/funnel").await.json();
    assert_eq!(funnel["data"][0]["stages"][0]["reached"], 0);
    assert_eq!(get(&fake, "/v1/funnel?group_by=country").await.json()["data"], json!([]));
}
