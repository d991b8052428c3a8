//! A changed policy is folded beside the active one and takes over in one step.

use lead_domain::Instant;
use lead_domain::lead::Lead;
use lead_domain::policy::Policy;
use proptest::prelude::*;
use read_model::{Found, GenerationStore, LeadReader, StoreError, Wish};
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
