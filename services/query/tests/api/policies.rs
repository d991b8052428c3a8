//! `GET /v1/policy`, `GET /v1/policy/{version}`, and reads under another policy.

use std::sync::Arc;

use lead_domain::policy::Policy;
use serde_json::{Value, json};

use crate::support::{Fake, ada, email, get};

fn earlier() -> Policy {
    Policy::parse(&json!({"half_life_days": 10, "temperature": {"hot": 70}})).unwrap()
}

fn fake() -> Arc<Fake> {
    Arc::new(Fake { earlier: vec![earlier()], ..Fake::with_ada_and_ben() })
}

#[actix_web::test]
async fn the_active_policy_and_the_known_ones_are_told() {
    let fake = fake();
    let told = get(&fake, "/v1/policy").await.json();
    let active = Policy::default_policy();
    assert_eq!(told["active"]["version"], active.version());
    assert_eq!(&told["active"]["policy"], active.canonical());
    let known: Vec<_> =
        told["known"].as_array().unwrap().iter().map(|known| known["version"].clone()).collect();
    assert_eq!(known, [earlier().version(), active.version()]);
}

#[actix_web::test]
async fn one_version_is_told_and_an_unknown_one_is_not_there() {
    let fake = fake();
    let told = get(&fake, &format!("/v1/policy/{}", earlier().version())).await.json();
    assert_eq!(told["policy"]["half_life_days"], 10);
    assert_eq!(get(&fake, "/v1/policy/0123").await.problem(), (404, "not_found".to_owned()));
}

#[actix_web::test]
async fn one_lead_can_be_asked_for_under_any_known_policy() {
    let fake = fake();
    let version = earlier().version().to_owned();
    for path in ["", "/score", "/history"] {
        let uri = format!("/v1/leads/{}{path}?policy={version}", ada());
        let told = get(&fake, &uri).await.json();
        assert_eq!(told["policy"], version.as_str(), "{path}");
    }
    let now = get(&fake, &format!("/v1/leads/{}", ada())).await.json();
    let under = get(&fake, &format!("/v1/leads/{}?policy={version}", ada())).await.json();
    assert!(under["score"].as_f64().unwrap() < now["score"].as_f64().unwrap(), "points decay faster");
    let unknown = get(&fake, &format!("/v1/leads/{}?policy=0123", ada())).await;
    assert_eq!(unknown.errors(), [("/policy".to_owned(), "unknown_policy".to_owned())]);
    let moved = get(&fake, &format!("/v1/leads/{}/score?policy={version}", email("ada@example.com"))).await;
    assert!(moved.header("location").ends_with(&format!("/{}/score?policy={version}", ada())));
}

#[actix_web::test]
async fn before_the_first_qualification_no_policy_is_active() {
    let fake = Arc::new(Fake { no_policy: true, ..Fake::default() });
    assert_eq!(get(&fake, "/v1/policy").await.json()["active"], Value::Null);
}
