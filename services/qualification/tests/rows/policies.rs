//! A changed policy is folded beside the active one and takes over in one step.

use lead_domain::lead::Lead;
use lead_domain::policy::Policy;
use lead_domain::{DAY_MS, Instant};
use proptest::prelude::*;
use read_model::{Found, GenerationStore, LeadReader, ReadModelStatus, StoreError, Wish};
use serde_json::json;

use crate::projection::posted;
use crate::support::{Installation, START, block_on, event, payload, secret};

fn other() -> Policy {
    Policy::parse(&json!({"temperature": {"warm": 41, "hot": 90}, "stages": {"lead": {"facts": {"gte": 3}}}}))
        .unwrap()
}

fn message(n: u32) -> Vec<u8> {
    let lead = json!({"email": format!("p{n}@example.com")});
    payload(
        json!({"type": "message.received", "lead": lead, "data": {"channel": "phone"}, "id": n.to_string()}),
    )
}

async fn fill_to_the_end(installation: &Installation) {
    let filler = installation.filler();
    while filler.advance().await.unwrap() {}
}

#[test]
fn reads_go_on_undisturbed_until_the_new_policy_is_complete() {
    block_on(async {
        let mut installation = Installation::new().await;
        installation.project(&(0..250).map(message).collect::<Vec<_>>()).await;
        let rules = installation.start_with(&other()).await;
        assert_eq!(rules.active.number, installation.rules.active.number);
        assert_eq!(rules.beside.len(), 1);

        let id = event(json!({"type": "page.viewed", "lead": {"email": "p7@example.com"}}))
            .fact
            .subject
            .id(&secret());
        let filler = installation.filler();
        while installation.store.standing().await.unwrap().active.unwrap().generation == rules.active.number {
            let Found::Lead(row) = installation.find(id).await else { panic!("no lead") };
            assert!(
                Lead::from_json(&row.state).unwrap().score.warm_until.is_some(),
                "warm under the old policy"
            );
            assert!(filler.advance().await.unwrap());
        }
        let new = rules.beside[0].number;
        let Found::Lead(row) = installation.reader.find(new, id).await.unwrap() else { panic!("no lead") };
        assert_eq!(Lead::from_json(&row.state).unwrap().score.warm_until, None);
    });
}

#[test]
fn a_batch_that_does_not_know_of_the_filling_is_refused_and_follows() {
    block_on(async {
        let mut installation = Installation::new().await;
        installation.project(&[message(1)]).await;
        installation.start_with(&other()).await;
        let refused = installation.try_project(&[message(2)]).await;
        assert!(matches!(refused, Err(StoreError::Superseded { .. })), "{refused:?}");
        installation.follow().await;
        installation.project(&[message(2)]).await;
    });
}

#[test]
fn two_processes_with_different_files_do_not_fight() {
    block_on(async {
        let mut installation = Installation::new().await;
        installation.project(&[message(1)]).await;
        installation.start_with(&other()).await;
        fill_to_the_end(&installation).await;
        let stale = installation.start_with(&Policy::default_policy()).await;
        assert_eq!(
            stale.active.policy.version(),
            other().version(),
            "an old file does not bring an old policy back"
        );
        assert!(stale.beside.is_empty());
    });
}

#[test]
fn a_filling_that_the_only_process_no_longer_wishes_for_ends() {
    block_on(async {
        let mut installation = Installation::new().await;
        installation.project(&[message(1)]).await;
        let first = Policy::default_policy();
        assert_eq!(installation.start_as(Wish::Alone, &other()).await.beside.len(), 1);
        let rules = installation.start_as(Wish::Alone, &first).await;
        assert_eq!((rules.active.policy.version(), rules.beside.len()), (first.version(), 0));
        fill_to_the_end(&installation).await;
        installation.follow().await;
        assert_eq!(installation.rules.active.policy.version(), first.version());
        // It was never answered from: it may be wished for again.
        assert_eq!(installation.start_as(Wish::Alone, &other()).await.beside.len(), 1);
    });
}

#[test]
fn of_two_that_are_wished_for_only_the_last_takes_over() {
    block_on(async {
        let mut installation = Installation::new().await;
        installation.project(&[message(1)]).await;
        installation.start_with(&other()).await;
        installation.start_with(&faster()).await;
        fill_to_the_end(&installation).await;
        let known = installation.reader.policies().await.unwrap();
        let known: Vec<_> = known.iter().map(|one| one.version.as_str()).collect();
        assert_eq!(known, [Policy::default_policy().version(), faster().version()]);
    });
}

#[test]
fn what_the_rules_change_is_announced_as_theirs_once() {
    block_on(async {
        let mut installation = Installation::new().await;
        installation.project(&[message(1)]).await;
        let before = installation.changes().await.len();
        installation.start_with(&other()).await;
        fill_to_the_end(&installation).await;
        let told = installation.changes().await.split_off(before);
        let told: Vec<_> = told
            .iter()
            .map(|change| {
                (change.what, change.from.as_deref(), change.to.as_deref(), change.because_policy.as_deref())
            })
            .collect();
        let version = other().version().to_owned();
        let because = Some(version.as_str());
        let expected = [
            ("stage", Some("lead"), Some("suspect"), because),
            ("temperature", Some("warm"), Some("cold"), because),
        ];
        assert_eq!(told, expected);
    });
}

/// Everything that the feed tells from a place on: part, value after, rule, and the day.
async fn told_since(installation: &Installation, before: usize) -> Vec<(&'static str, String, String, i64)> {
    let told = installation.changes().await.split_off(before);
    let line = |change: read_model::ChangeRow| {
        let rule = change.because_rule.unwrap_or_else(|| "policy".to_owned());
        (change.what, change.to.unwrap_or_default(), rule, (change.at.millis() - START) / DAY_MS)
    };
    told.into_iter().map(line).collect()
}

fn days(days: i64) -> Instant {
    Instant::from_millis(START + days * DAY_MS)
}

fn demo_of(name: &str, day: i64) -> Vec<u8> {
    payload(json!({"id": format!("demo-{name}-{day}"), "type": "form.submitted", "occurred_at": days(day),
        "lead": {"email": format!("{name}@example.com")}, "data": {"form": "f", "intent": "demo"}}))
}

fn note_of(name: &str, day: i64) -> Vec<u8> {
    payload(json!({"id": format!("note-{name}-{day}"), "type": "note.added", "occurred_at": days(day),
        "lead": {"email": format!("{name}@example.com")}, "data": {"text": "n"}}))
}

/// Cools twice as fast: what is warm for 47 days by default is so for 23.
fn faster() -> Policy {
    Policy::parse(&json!({"half_life_days": 15})).unwrap()
}

async fn switched_at(installation: &mut Installation, policy: &Policy, now: Instant) {
    let (key, text) = (qualification::key_of(policy), policy.canonical_text());
    let wished = installation.store.register(&key, &text, Wish::Command).await.unwrap();
    installation.filler().fill(wished.generation, now).await.unwrap();
    installation.follow().await;
}

#[test]
fn what_time_changed_before_a_policy_took_over_is_told_under_the_one_before_and_never_again() {
    block_on(async {
        let mut installation = Installation::new().await;
        installation.project(&[demo_of("ada", 0), demo_of("ben", 0)]).await;
        let before = installation.changes().await.len();
        switched_at(&mut installation, &faster(), days(30)).await;
        let at_the_switch = [
            ("temperature", "warm".to_owned(), "cooling".to_owned(), 12),
            ("temperature", "warm".to_owned(), "cooling".to_owned(), 12),
            ("temperature", "cold".to_owned(), "policy".to_owned(), 30),
            ("temperature", "cold".to_owned(), "policy".to_owned(), 30),
        ];
        assert_eq!(told_since(&installation, before).await, at_the_switch);

        installation.announcer().announce(days(31)).await.unwrap();
        installation.project(&[note_of("ada", 3)]).await;
        installation.project(&[note_of("ada", 32), note_of("ben", 2)]).await;
        installation.announcer().announce(days(90)).await.unwrap();
        assert_eq!(told_since(&installation, before).await, at_the_switch, "what was over is no news");

        switched_at(&mut installation, &faster(), days(92)).await;
        installation.announcer().announce(days(93)).await.unwrap();
        assert_eq!(told_since(&installation, before).await, at_the_switch, "not after a rebuild either");
    });
}

#[test]
fn what_time_changes_after_a_policy_took_over_is_told_under_it() {
    block_on(async {
        let mut installation = Installation::new().await;
        installation.project(&[demo_of("ada", 0)]).await;
        let before = installation.changes().await.len();
        switched_at(&mut installation, &faster(), days(1)).await;
        let at_the_switch = told_since(&installation, before).await;
        assert_eq!(at_the_switch, []);
        // Of a lead that came meanwhile nothing was told under any policy.
        installation.project(&[demo_of("ben", -60)]).await;
        installation.announcer().announce(days(40)).await.unwrap();
        let told = told_since(&installation, before).await;
        let cooled: Vec<_> = told
            .iter()
            .filter(|(_, _, rule, _)| rule == "cooling")
            .map(|(_, to, _, day)| (to.as_str(), *day))
            .collect();
        assert_eq!(cooled, [("warm", -53), ("cold", -36), ("warm", 6), ("cold", 23)]);
    });
}

/// Its row beside the active generation is a batch's, which knows no clock.
#[test]
fn what_time_did_to_a_lead_that_came_while_a_policy_was_filled_is_told_under_the_policy_before_only() {
    block_on(async {
        let mut installation = Installation::new().await;
        // The page is filled up to the greater id; who comes then with a smaller one is not met by the filler any more.
        let mut names = ["ada", "ben"];
        names.sort_by_key(|name| {
            event(json!({"type": "page.viewed", "lead": {"email": format!("{name}@example.com")}}))
                .fact
                .subject
                .id(&secret())
        });
        installation.project(&[demo_of(names[1], 0)]).await;
        let before = installation.changes().await.len();
        let beside = installation.start_with(&faster()).await.beside[0].number;
        installation.follow().await;
        assert!(installation.filler().advance().await.unwrap());
        installation.project(&[demo_of(names[0], -60)]).await;
        installation.filler().fill(beside, days(1)).await.unwrap();
        installation.announcer().announce(days(2)).await.unwrap();
        let told = told_since(&installation, before).await;
        let cooled: Vec<_> =
            told.iter().filter(|(_, _, rule, _)| rule == "cooling").map(|one| one.3).collect();
        assert_eq!(cooled, [-47, -12]);
    });
}

#[test]
fn a_rebuild_leaves_to_the_clock_what_it_has_not_told() {
    block_on(async {
        let mut installation = Installation::new().await;
        installation.project(&[demo_of("ada", 0)]).await;
        let before = installation.changes().await.len();
        switched_at(&mut installation, &Policy::default_policy(), days(30)).await;
        assert_eq!(told_since(&installation, before).await, []);
        installation.announcer().announce(days(31)).await.unwrap();
        let told = told_since(&installation, before).await;
        assert_eq!(told, [("temperature", "warm".to_owned(), "cooling".to_owned(), 12)]);
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// Facts arrive between the pages, merge and part leads that are filled already and leads that are not.
    #[test]
    fn rows_filled_while_facts_arrive_are_those_of_a_fresh_store(
        facts in prop::collection::vec((0..60_i64, any::<u8>(), any::<u8>()), 4..60),
        before in 0..60_usize,
        between in prop::collection::vec(1..8_usize, 1..10),
    ) {
        let payloads: Vec<Vec<u8>> = facts
            .iter()
            .enumerate()
            .map(|(index, (hour, pick, kind))| payload(posted(index, *hour, *pick, *kind)))
            .collect();
        let (beside, fresh) = block_on(async {
            let (early, late) = payloads.split_at(before.min(payloads.len()));
            let mut installation = Installation::new().await;
            if !early.is_empty() {
                installation.project(early).await;
            }
            installation.start_with(&other()).await;
            installation.follow().await;
            let (filler, mut rest) = (installation.filler(), late);
            for count in between {
                filler.advance().await.unwrap();
                let (some, others) = rest.split_at(count.min(rest.len()));
                rest = others;
                installation.follow().await;
                if !some.is_empty() {
                    installation.project(some).await;
                }
            }
            fill_to_the_end(&installation).await;
            installation.follow().await;
            if !rest.is_empty() {
                installation.project(rest).await;
            }
            let beside = installation.reader.dump().await.unwrap();

            let mut fresh = Installation::new().await;
            fresh.start_with(&other()).await;
            fill_to_the_end(&fresh).await;
            fresh.follow().await;
            fresh.project(&payloads).await;
            (beside, fresh.reader.dump().await.unwrap())
        });
        prop_assert_eq!(beside, fresh);
    }

    #[test]
    fn a_rebuild_changes_no_byte_and_announces_nothing(
        facts in prop::collection::vec((0..60_i64, any::<u8>(), any::<u8>()), 1..40),
    ) {
        let posts = facts.iter().enumerate().map(|(index, (hour, pick, kind))| posted(index, *hour, *pick, *kind));
        let payloads: Vec<Vec<u8>> = posts.map(payload).collect();
        block_on(async {
            let mut installation = Installation::new().await;
            installation.project(&payloads).await;
            let (rows, changes) = (installation.reader.dump().await.unwrap(), installation.changes().await);
            let policy = Policy::default_policy();
            let key = qualification::key_of(&policy);
            let wished = installation.store.register(&key, &policy.canonical_text(), Wish::Command).await.unwrap();
            installation.filler().fill(wished.generation, Instant::from_millis(START)).await.unwrap();
            assert_eq!(installation.reader.dump().await.unwrap(), rows);
            assert_eq!(installation.changes().await, changes);
            let before = installation.rules.active.number;
            installation.follow().await;
            assert_ne!(installation.rules.active.number, before);
        });
    }
}
