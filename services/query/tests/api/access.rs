//! Who may read.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::test::TestRequest;

use crate::support::{Fake, READER, SENDER, get, send};

/// Every path that needs a key.
const GUARDED: [&str; 14] = [
    "/v1/leads",
    "/v1/campaigns",
    "/v1/campaigns/spring-mail",
    "/v1/leads/7d65a29b-5931-8d0d-9b6b-5a0378c84114",
    "/v1/leads/7d65a29b-5931-8d0d-9b6b-5a0378c84114/timeline",
    "/v1/leads/7d65a29b-5931-8d0d-9b6b-5a0378c84114/score",
    "/v1/follow-ups",
    "/v1/follow-ups/stats",
    "/v1/funnel",
    "/v1/changes",
    "/v1/policy",
    "/v1/policy/5d39",
    "/v1/segments",
    "/v1/segments/warm",
];

#[actix_web::test]
async fn without_a_key_that_may_read_nothing_is_told_not_even_what_is_wrong_with_the_query() {
    let fake = Arc::new(Fake::with_ada_and_ben());
    for path in GUARDED {
        let uri = format!("{path}?no_such_parameter=1");
        let nobody = send(&fake, TestRequest::with_uri(&uri)).await;
        assert_eq!(nobody.problem(), (401, "unauthorized".to_owned()), "{path}");
        let sender = TestRequest::with_uri(&uri).insert_header(("Authorization", format!("Bearer {SENDER}")));
        assert_eq!(send(&fake, sender).await.problem(), (403, "forbidden_scope".to_owned()), "{path}");
    }
}

#[actix_web::test]
async fn the_contract_and_its_page_are_for_everybody() {
    let fake = Arc::new(Fake::default());
    for path in ["/openapi.json", "/docs"] {
        assert_eq!(send(&fake, TestRequest::with_uri(path)).await.status, 200, "{path}");
    }
}

#[actix_web::test]
async fn nothing_but_get_and_head_is_answered() {
    let fake = Arc::new(Fake::with_ada_and_ben());
    for path in GUARDED {
        let request = TestRequest::with_uri(path).method(Method::POST);
        let answer = send(&fake, request.insert_header(("Authorization", format!("Bearer {READER}")))).await;
        assert_eq!(answer.problem(), (405, "method_not_allowed".to_owned()), "{path}");
    }
}

#[actix_web::test]
async fn answers_about_people_are_not_to_be_stored() {
    let fake = Arc::new(Fake::with_ada_and_ben());
    let ben = crate::support::email("ben@example.org");
    for path in ["/v1/leads".to_owned(), format!("/v1/leads/{ben}"), format!("/v1/leads/{ben}/score")] {
        assert_eq!(get(&fake, &path).await.header("cache-control"), "no-store", "{path}");
    }
}
