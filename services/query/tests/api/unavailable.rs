//! The read model is away, slow, or cannot be read.

use std::sync::Arc;
use std::time::{Duration, Instant};

use read_model::StoreError;

use crate::support::{Fake, ada, get};

#[actix_web::test]
async fn while_the_read_model_is_away_callers_are_asked_to_come_back() {
    let fake = Arc::new(Fake {
        failure: Some(|| StoreError::Unavailable("connection refused".to_owned())),
        ..Fake::default()
    });
    for path in
        ["/v1/leads".to_owned(), "/v1/leads?min_position=0-1".to_owned(), format!("/v1/leads/{}", ada())]
    {
        let answer = get(&fake, &path).await;
        assert_eq!(answer.problem(), (503, "read_model_unavailable".to_owned()), "{path}");
        assert!(answer.header("retry-after").parse::<u32>().is_ok());
    }
}

#[actix_web::test]
async fn a_read_model_that_hangs_counts_as_away_after_three_seconds() {
    let fake = Arc::new(Fake { hangs: true, ..Fake::default() });
    let started = Instant::now();
    let answer = get(&fake, "/v1/leads").await;
    assert_eq!(answer.problem(), (503, "read_model_unavailable".to_owned()));
    assert!(started.elapsed() < Duration::from_secs(4));
}

#[actix_web::test]
async fn a_read_model_that_cannot_be_used_is_unavailable_and_tells_nothing() {
    let fake = Arc::new(Fake {
        failure: Some(|| StoreError::Broken("column ada@example.com".to_owned())),
        ..Fake::default()
    });
    let answer = get(&fake, "/v1/leads").await;
    assert_eq!(answer.problem(), (503, "read_model_unavailable".to_owned()));
    assert!(!answer.json().to_string().contains("ada@"));
}

#[actix_web::test]
async fn rows_of_another_builds_fold_are_waited_for() {
    let fake = Arc::new(Fake { foreign_fold: true, ..Fake::with_ada_and_ben() });
    for path in ["/v1/leads", "/v1/follow-ups", "/v1/funnel"] {
        let answer = get(&fake, path).await;
        assert_eq!(answer.problem(), (503, "read_model_unavailable".to_owned()), "{path}");
        assert!(answer.header("retry-after").parse::<u32>().is_ok(), "{path}");
    }
}
