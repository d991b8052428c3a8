//! `GET /v1/follow-ups` and `GET /v1/follow-ups/stats`

use std::sync::Arc;

use read_model::LeadReader;
use serde_json::{Value, json};

use crate::support::{Fake, email, get};

/// Ada is to be reactivated in a year; Kim's lead asked today, another one was promised a call.
fn fake() -> Arc<Fake> {
    let mut fake = Fake::with_ada_and_ben();
    let asked = json!({"form": "contact", "intent": "contact"});
    let lead = json!({"email": "eve@example.org"});
    fake.add(
        json!({"type": "form.submitted", "occurred_at": "2026-06-01T07:30:00Z", "lead": lead, "data": asked}),
    );
    fake.add(json!({"type": "owner.assigned", "occurred_at": "2026-06-01T07:31:00Z", "lead": lead, "data": {"owner": "kim"}}));
    let promised = json!({"outcome": "callback", "callback_at": "2026-06-01T07:45:00Z"});
    let lead = json!({"email": "zoe@example.org"});
    fake.add(
        json!({"type": "call.made", "occurred_at": "2026-05-30T07:00:00Z", "lead": lead, "data": promised}),
    );
    Arc::new(fake)
}

fn reasons(page: &Value) -> Vec<(&str, &str, bool)> {
    let rows = page["data"].as_array().unwrap().iter();
    rows.map(|row| {
        (row["reason"].as_str().unwrap(), row["due_at"].as_str().unwrap(), row["overdue"].as_bool().unwrap())
    })
    .collect()
}

#[actix_web::test]
async fn the_queue_lists_what_is_due_within_a_day_first_due_first() {
    let fake = fake();
    let page = get(&fake, "/v1/follow-ups").await.json();
    let expected = [
        ("callback_promised", "2026-06-01T07:45:00.000Z", true),
        ("inbound_unanswered", "2026-06-02T07:30:00.000Z", false),
    ];
    assert_eq!(reasons(&page), expected);
    assert_eq!(page["data"][0]["waiting_since"], "2026-05-30T07:00:00.000Z");
    assert_eq!(
        page["data"][0]["lead"]["follow_up"],
        json!({"reason": "callback_promised", "due_at": "2026-06-01T07:45:00.000Z"})
    );
    assert_eq!(page["next_cursor"], Value::Null);
    let far = get(&fake, "/v1/follow-ups?due_before=2028-01-01T00:00:00Z").await.json();
    assert_eq!(reasons(&far).last().unwrap().0, "reactivate");
}

#[actix_web::test]
async fn filters_and_pages_go_together() {
    let fake = fake();
    let of_kim =
        get(&fake, "/v1/follow-ups?owner=kim&reason=inbound_unanswered,quote_open&stage=lead").await.json();
    assert_eq!(reasons(&of_kim).len(), 1);
    let first = get(&fake, "/v1/follow-ups?limit=1").await.json();
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = get(&fake, &format!("/v1/follow-ups?limit=1&cursor={cursor}")).await.json();
    assert_eq!(reasons(&second)[0].0, "inbound_unanswered");
    assert_eq!(second["next_cursor"], Value::Null);
    let other = get(&fake, &format!("/v1/follow-ups?owner=kim&cursor={cursor}")).await;
    assert_eq!(other.problem(), (400, "invalid_cursor".to_owned()));
}

#[actix_web::test]
async fn an_instant_to_come_tells_what_will_be_due_and_one_before_the_latest_fact_is_refused() {
    let fake = fake();
    let later = get(&fake, "/v1/follow-ups?as_of=2026-06-03T00:00:00Z").await.json();
    assert_eq!(later["as_of"], "2026-06-03T00:00:00.000Z");
    assert!(reasons(&later).iter().all(|(_, _, overdue)| *overdue));
    let latest = fake.latest_fact().await.unwrap().unwrap();
    for path in ["/v1/follow-ups", "/v1/leads"] {
        let kept = get(&fake, &format!("{path}?as_of={latest}")).await;
        assert_eq!(kept.json()["as_of"], json!(latest), "{path}");
        let before = get(&fake, &format!("{path}?as_of={}", latest.plus_millis(-1))).await;
        assert_eq!(before.errors(), [("/as_of".to_owned(), "in_the_past".to_owned())], "{path}");
    }
    let wrong = get(&fake, "/v1/follow-ups?reason=boredom").await;
    assert_eq!(wrong.errors(), [("/reason".to_owned(), "unknown_value".to_owned())]);
}

#[actix_web::test]
async fn times_of_answers_are_measured_over_the_questions_of_a_period() {
    let mut fake = Fake::default();
    let lead = json!({"email": "eve@example.org"});
    let asked = |at: &str| json!({"type": "message.received", "occurred_at": at, "lead": lead, "data": {"channel": "email"}});
    let called = |at: &str| json!({"type": "call.made", "occurred_at": at, "lead": lead, "data": {"outcome": "answered"}});
    for fact in [
        asked("2026-01-01T10:00:00Z"),
        called("2026-01-01T10:05:00Z"),
        asked("2026-01-02T10:00:00Z"),
        called("2026-01-02T11:00:00.001Z"),
        asked("2026-01-03T10:00:00Z"),
    ] {
        fake.add(fact);
    }
    let fake = Arc::new(fake);
    let all = get(&fake, "/v1/follow-ups/stats").await.json();
    let expected = json!({
        "from": null, "to": null, "questions": 3, "answered": 2, "never_answered": 1, "median_seconds": 1950.0005,
        "within_5_min": 1.0 / 3.0, "within_1_h": 1.0 / 3.0,
    });
    assert_eq!(all, expected);
    let none = get(&fake, "/v1/follow-ups/stats?from=2027-01-01T00:00:00Z").await.json();
    assert_eq!(
        (&none["questions"], &none["median_seconds"], &none["within_1_h"]),
        (&json!(0), &Value::Null, &Value::Null)
    );
    let turned = get(&fake, "/v1/follow-ups/stats?from=2027-01-01T00:00:00Z&to=2026-01-01T00:00:00Z").await;
    assert_eq!(turned.errors(), [("/to".to_owned(), "out_of_range".to_owned())]);
}

#[actix_web::test]
async fn before_the_first_qualification_nothing_is_due() {
    let fake = Arc::new(Fake { no_policy: true, ..Fake::default() });
    assert_eq!(get(&fake, "/v1/follow-ups").await.json()["data"], json!([]));
    assert_eq!(get(&fake, "/v1/follow-ups/stats").await.json()["questions"], 0);
}

#[actix_web::test]
async fn a_lead_shows_its_follow_up_however_far_ahead() {
    let fake = fake();
    let ada = get(&fake, &format!("/v1/leads/{}", crate::support::ada())).await.json();
    assert_eq!(ada["follow_up"]["reason"], "reactivate");
    let ben = get(&fake, &format!("/v1/leads/{}", email("ben@example.org"))).await.json();
    assert_eq!(ben["follow_up"], Value::Null);
}
