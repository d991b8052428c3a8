//! Read your own write.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::support::{Fake, ada, get};

/// Every path that waits.
fn waiting() -> [String; 6] {
    let ada = ada();
    [
        "/v1/leads".to_owned(),
        "/v1/campaigns".to_owned(),
        "/v1/campaigns/brand".to_owned(),
        format!("/v1/leads/{ada}"),
        format!("/v1/leads/{ada}/timeline"),
        format!("/v1/leads/{ada}/score"),
    ]
}

#[actix_web::test]
async fn what_is_there_already_is_answered_at_once() {
    let fake = Arc::new(Fake::with_ada_and_ben());
    *fake.positions.lock().unwrap() = vec![(0, 62), (3, 44)];
    let started = Instant::now();
    for path in waiting() {
        assert_eq!(get(&fake, &format!("{path}?min_position=0-62.3-44")).await.status, 200, "{path}");
    }
    assert!(started.elapsed() < Duration::from_secs(1));
}

#[actix_web::test]
async fn what_comes_while_the_request_waits_is_answered() {
    let fake = Arc::new(Fake::with_ada_and_ben());
    let projector = async {
        tokio::task::yield_now().await;
        *fake.positions.lock().unwrap() = vec![(0, 7)];
    };
    let uri = format!("/v1/leads/{}?min_position=0-7", ada());
    let (answer, ()) = tokio::join!(get(&fake, &uri), projector);
    assert_eq!(answer.status, 200);
}

#[actix_web::test]
async fn what_does_not_come_within_two_seconds_is_a_conflict_to_retry() {
    let fake = Arc::new(Fake::with_ada_and_ben());
    *fake.positions.lock().unwrap() = vec![(0, 61)];
    let started = Instant::now();
    let answer = get(&fake, "/v1/leads?min_position=0-62").await;
    assert_eq!(answer.problem(), (409, "position_not_reached".to_owned()));
    assert_eq!(answer.header("retry-after"), "1");
    let waited = started.elapsed();
    assert!(waited > Duration::from_millis(1_800) && waited < Duration::from_secs(3), "{waited:?}");
}

#[actix_web::test]
async fn what_is_no_position_is_refused() {
    let fake = Arc::new(Fake::with_ada_and_ben());
    for path in waiting() {
        for text in ["x", "0", "0-1.", "null"] {
            let answer = get(&fake, &format!("{path}?min_position={text}")).await;
            assert_eq!(answer.problem(), (400, "invalid_position".to_owned()), "{path} {text}");
            assert_eq!(answer.errors(), [("/min_position".to_owned(), "invalid_position".to_owned())]);
        }
    }
}
