//! Transitions that time causes: announced once, by the clock or by the fold that comes first.

use lead_domain::{DAY_MS, Instant};
use serde_json::{Value, json};

use crate::support::{Installation, START, block_on, payload};

fn fact(id: &str, kind: &str, days: i64, data: Value) -> Vec<u8> {
    fact_of("ada", id, kind, days, data)
}

fn fact_of(name: &str, id: &str, kind: &str, days: i64, data: Value) -> Vec<u8> {
    let at = Instant::from_millis(START + days * DAY_MS);
    let lead = json!({"email": format!("{name}@example.com")});
    payload(json!({"id": id, "type": kind, "occurred_at": at, "lead": lead, "data": data}))
}

fn demo(days: i64) -> Vec<u8> {
    fact("demo", "form.submitted", days, json!({"form": "f", "intent": "demo"}))
}

/// What was announced: part, from, to, and what decided.
async fn told(installation: &Installation) -> Vec<(String, String)> {
    let changes = installation.changes().await;
    let temperatures = changes.into_iter().filter(|change| change.what == "temperature");
    temperatures
        .map(|change| (change.to.unwrap_or_default(), change.because_rule.unwrap_or_default()))
        .collect()
}

fn cooled() -> Vec<(String, String)> {
    let steps = [("hot", "form-quote-demo"), ("warm", "cooling"), ("cold", "cooling")];
    steps.map(|(to, rule)| (to.to_owned(), rule.to_owned())).to_vec()
}

#[test]
fn the_clock_announces_what_cooled_at_its_exact_instant_and_only_once() {
    block_on(async {
        let mut installation = Installation::new().await;
        installation.project(&[demo(0)]).await;
        let announcer = installation.announcer();
        announcer.announce(Instant::from_millis(START + DAY_MS)).await.unwrap();
        assert_eq!(told(&installation).await, cooled()[..1]);
        for days in [15, 90, 91] {
            announcer.announce(Instant::from_millis(START + days * DAY_MS)).await.unwrap();
        }
        assert_eq!(told(&installation).await, cooled());
        let changes = installation.changes().await;
        let instants: Vec<_> =
            changes.iter().filter(|one| one.because_event.is_none()).map(|one| one.at).collect();
        // 30 days times log2(60/45), and log2(60/20).
        assert_eq!(instants.iter().map(|at| (at.millis() - START) / DAY_MS).collect::<Vec<_>>(), [12, 47]);
    });
}

#[test]
fn a_fold_announces_what_came_due_before_its_fact_whoever_comes_first() {
    for clock_first in [true, false] {
        block_on(async {
            let mut installation = Installation::new().await;
            installation.project(&[demo(0)]).await;
            let announcer = installation.announcer();
            if clock_first {
                announcer.announce(Instant::from_millis(START + 60 * DAY_MS)).await.unwrap();
            }
            installation.project(&[fact("note", "note.added", 70, json!({"text": "n"}))]).await;
            assert_eq!(told(&installation).await, cooled());
            announcer.announce(Instant::from_millis(START + 80 * DAY_MS)).await.unwrap();
            assert_eq!(told(&installation).await, cooled(), "clock first: {clock_first}");
        });
    }
}

#[test]
fn a_late_fact_that_changes_no_points_announces_nothing_again() {
    block_on(async {
        let mut installation = Installation::new().await;
        installation.project(&[demo(0)]).await;
        let announcer = installation.announcer();
        announcer.announce(Instant::from_millis(START + 60 * DAY_MS)).await.unwrap();
        installation.project(&[fact("late", "note.added", 1, json!({"text": "n"}))]).await;
        announcer.announce(Instant::from_millis(START + 61 * DAY_MS)).await.unwrap();
        assert_eq!(told(&installation).await, cooled());
    });
}

#[test]
fn history_that_arrives_at_once_is_announced_whole() {
    block_on(async {
        let mut installation = Installation::new().await;
        let order = fact("order", "order.placed", 0, json!({"order": "O"}));
        installation.project(&[order, demo(500)]).await;
        installation.announcer().announce(Instant::from_millis(START + 900 * DAY_MS)).await.unwrap();
        assert_eq!(told(&installation).await, cooled());
        let changes = installation.changes().await;
        let inactive: Vec<_> = changes.iter().filter(|one| one.to.as_deref() == Some("inactive")).collect();
        assert_eq!(inactive.len(), 1);
        assert_eq!(inactive[0].because_rule.as_deref(), Some("inactivity"));
        assert_eq!(inactive[0].at, Instant::from_millis(START + 365 * DAY_MS));
    });
}

/// What is told of time does not hang on which of two facts of one instant is taken for its cause.
#[test]
fn a_second_fact_of_the_same_instant_does_not_announce_inactivity_again() {
    block_on(async {
        for turn in 0..12 {
            let mut installation = Installation::new().await;
            let ids = [format!("order-{turn}"), format!("paid-{turn}")];
            installation.project(&[fact(&ids[0], "order.placed", 0, json!({"order": "O"}))]).await;
            let announcer = installation.announcer();
            announcer.announce(Instant::from_millis(START + 380 * DAY_MS)).await.unwrap();
            installation
                .project(&[fact(&ids[1], "invoice.paid", 0, json!({"invoice": "I", "order": "O"}))])
                .await;
            announcer.announce(Instant::from_millis(START + 381 * DAY_MS)).await.unwrap();
            let inactive = installation.changes().await;
            let inactive = inactive.iter().filter(|one| one.to.as_deref() == Some("inactive")).count();
            assert_eq!(inactive, 1, "turn {turn}");
        }
    });
}

#[test]
fn what_time_did_to_one_person_is_not_taken_for_told_of_another() {
    block_on(async {
        let mut installation = Installation::new().await;
        let note = |name, id, days| fact_of(name, id, "note.added", days, json!({"text": "n"}));
        installation.project(&[demo(0), note("ada", "a5", 5), note("ben", "b30", 30)]).await;
        installation.announcer().announce(Instant::from_millis(START + 20 * DAY_MS)).await.unwrap();
        let before = installation.changes().await.len();
        // Both are folded anew in one batch, and cool at the same instant.
        let late = fact_of("ben", "late", "form.submitted", 0, json!({"form": "f", "intent": "demo"}));
        installation.project(&[note("ada", "a3", 3), late]).await;
        let told = installation.changes().await.split_off(before);
        let told: Vec<_> = told
            .iter()
            .filter(|one| one.what == "temperature")
            .map(|one| one.to.as_deref().unwrap())
            .collect();
        assert_eq!(told, ["hot", "warm"], "of Ben alone");
    });
}
