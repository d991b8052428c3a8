//! Rows are a function of the facts: not of their order of arrival, of repetition, or of where batches begin and end.

use std::collections::{BTreeMap, BTreeSet};

use event_log::LogRecord;
use lead_domain::fact::{Fact, LeadEvent};
use lead_domain::identity::{IdentifierKind, Pair, Subject, group};
use lead_domain::lead::Lead;
use lead_domain::policy::Policy;
use lead_domain::{IdentitySecret, Instant, LeadId};
use proptest::prelude::*;
use qualification::Decoded;
use read_model::{Found, PositionMove, ProjectionStore, StoreError};
use serde_json::{Value, json};

use crate::support::{Installation, START, block_on, event, payload, secret};

/// `lead` of a fact: some of a few identifiers, so that people meet, merge and share.
fn lead_of(pick: u8) -> Value {
    let n = pick / 16 % 4;
    let all = [
        ("email", format!("p{n}@example.com")),
        ("external_id", format!("C-{}", n % 3)),
        ("phone", format!("+3247012345{}", n % 2)),
        ("anonymous_id", format!("an-{n}")),
    ];
    let bits = if pick.is_multiple_of(16) { 1 } else { pick % 16 };
    let chosen = all.iter().enumerate().filter(|(bit, _)| bits >> bit & 1 == 1);
    Value::Object(chosen.map(|(_, (key, value))| ((*key).to_owned(), value.clone().into())).collect())
}

pub(crate) fn posted(index: usize, hour: i64, pick: u8, kind: u8) -> Value {
    let one = |n: u8| json!({"email": format!("p{}@example.com", n % 4)});
    let (lead, kind, data) = match kind % 8 {
        0 => (lead_of(pick), "page.viewed", json!({"url": "/"})),
        1 => (
            lead_of(pick),
            "form.submitted",
            json!({"form": "f", "intent": "demo", "fields": {"name": format!("N{pick}")}}),
        ),
        2 => (lead_of(pick), "order.placed", json!({"order": format!("O{}", pick % 5)})),
        3 => (lead_of(pick), "lead.refused", json!({})),
        4 => (lead_of(pick), "message.received", json!({"channel": "email"})),
        5 => (one(pick), "identity.linked", json!({"other": {"phone": "+32470123451"}})),
        6 => (one(pick), "identity.linked", json!({"other": {"external_id": format!("C-{}", pick / 4 % 3)}})),
        _ => {
            (one(pick), "identity.unlinked", json!({"other": {"external_id": format!("C-{}", pick / 4 % 3)}}))
        }
    };
    let at = Instant::from_millis(START + hour * 3_600_000);
    json!({"id": index.to_string(), "type": kind, "occurred_at": at, "lead": lead, "data": data})
}

/// The states that follow from the set of facts, computed in one go without any of the machinery under test.
fn expected_states(events: &[LeadEvent], policy: &Policy) -> BTreeMap<LeadId, String> {
    let secret = secret();
    let mut facts: Vec<&Fact> = events.iter().map(|event| &event.fact).collect();
    facts.sort_by_key(|fact| fact.order_key());
    let mut kinds: BTreeMap<LeadId, IdentifierKind> = BTreeMap::new();
    let mut pairs: BTreeMap<(LeadId, LeadId), Pair> = BTreeMap::new();
    for fact in &facts {
        kinds.extend(fact.subject.identifiers().iter().map(|one| (one.lead_id(&secret), one.kind())));
        if let lead_domain::fact::Body::Link { other } | lead_domain::fact::Body::Unlink { other } =
            &fact.body
        {
            kinds.insert(other.lead_id(&secret), other.kind());
        }
        for (one, other, said) in fact.pair_events(&secret) {
            let ends = Pair::new(one, other).ends;
            pairs.entry(ends).or_insert_with(|| Pair::new(one, other)).add(fact.order_key(), said);
        }
    }
    let members: BTreeSet<LeadId> = kinds.keys().copied().collect();
    let roots = group(&members, &kinds, &pairs.into_values().collect::<Vec<_>>()).roots;
    let mut people: BTreeMap<LeadId, Vec<&Fact>> = BTreeMap::new();
    for fact in facts.into_iter().filter(|fact| !matches!(fact.subject, Subject::Campaign(_))) {
        people.entry(roots[&fact.subject.id(&secret)]).or_default().push(fact);
    }
    let state = |facts: Vec<&Fact>| {
        let id = facts[0].subject.id(&secret);
        (id, Lead::fold(facts, policy).unwrap().to_json())
    };
    people.into_values().map(state).collect()
}

prop_compose! {
    fn histories()(picks in prop::collection::vec((0..60_i64, any::<u8>(), any::<u8>()), 1..30)) -> Vec<LeadEvent> {
        let one = |(index, (hour, pick, kind)): (usize, &(i64, u8, u8))| event(posted(index, *hour, *pick, *kind));
        picks.iter().enumerate().map(one).collect()
    }
}

/// An order of arrival in which each fact comes once or twice, and where the batches begin.
fn arrivals(count: usize) -> impl Strategy<Value = (Vec<usize>, Vec<usize>)> {
    let twice: Vec<usize> = (0..count).chain((0..count).step_by(3)).collect();
    (Just(twice).prop_shuffle(), prop::collection::vec(1..8_usize, 60))
}

async fn dump_after(payloads: Vec<Vec<u8>>, sizes: &[usize]) -> (String, Installation) {
    let mut installation = Installation::new().await;
    let mut rest = payloads.as_slice();
    let mut sizes = sizes.iter().cycle();
    while !rest.is_empty() {
        let (batch, after) = rest.split_at((*sizes.next().unwrap()).min(rest.len()));
        installation.project(batch).await;
        rest = after;
    }
    (installation.reader.dump().await.unwrap(), installation)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn any_order_any_duplication_and_any_batch_borders_give_the_same_rows(
        (events, (order, sizes)) in histories().prop_flat_map(|events| { let count = events.len(); (Just(events), arrivals(count)) })
    ) {
        let texts: Vec<Vec<u8>> = events.iter().map(|event| event.to_json().into_bytes()).collect();
        let shuffled: Vec<Vec<u8>> = order.iter().map(|index| texts[*index].clone()).collect();
        block_on(async {
            let (in_one, first) = dump_after(texts.clone(), &[texts.len()]).await;
            let (one_by_one, _) = dump_after(texts, &[1]).await;
            let (in_any_order, _) = dump_after(shuffled, &sizes).await;
            assert_eq!(in_one, one_by_one);
            assert_eq!(in_one, in_any_order);
            for (id, state) in expected_states(&events, &Policy::default_policy()) {
                let Found::Lead(lead) = first.find(id).await else { panic!("no lead {id}") };
                assert_eq!(lead.state, state);
            }
        });
    }
}

#[test]
fn the_same_id_with_the_same_content_counts_once_and_with_another_content_is_a_dead_letter() {
    block_on(async {
        let mut installation = Installation::new().await;
        let note = |text: &str| {
            payload(
                json!({"id": "n", "type": "note.added", "occurred_at": "2026-01-01T00:00:00Z", "lead": {"email": "a@example.com"}, "data": {"text": text}}),
            )
        };
        let first = installation.project(&[note("one"), note("one"), note("other")]).await;
        assert_eq!((first.new, first.duplicates, first.dead_letters), (1, 1, 1));
        let again = installation.project(&[note("one"), note("other")]).await;
        assert_eq!((again.new, again.duplicates, again.dead_letters), (0, 1, 1));
    });
}

#[test]
fn an_unreadable_record_is_set_aside_and_holds_nobody_up() {
    block_on(async {
        let mut installation = Installation::new().await;
        let good = json!({"id": "n", "type": "page.viewed", "lead": {"email": "a@example.com"}});
        let mut broken: Value = serde_json::from_slice(&payload(good.clone())).unwrap();
        broken["type"] = "no.such".into();
        let records = [b"\xff garbage".to_vec(), broken.to_string().into_bytes(), payload(good)];
        let projected = installation.project(&records).await;
        assert_eq!((projected.new, projected.dead_letters), (1, 2));
        let id = event(json!({"type": "page.viewed", "lead": {"email": "a@example.com"}}))
            .fact
            .subject
            .id(&secret());
        let Found::Lead(lead) = installation.find(id).await else { panic!("no lead") };
        assert!(lead.incomplete, "a record whose owner can be read flags its lead");
    });
}

#[test]
fn a_batch_ends_before_a_record_of_a_newer_version_or_of_another_secret() {
    let mut newer: Value =
        serde_json::from_slice(&payload(json!({"type": "page.viewed", "lead": {"email": "a@example.com"}})))
            .unwrap();
    let good = LogRecord { offset: 5, payload: newer.to_string().into_bytes() };
    newer["v"] = 99.into();
    let stop = LogRecord { offset: 6, payload: newer.to_string().into_bytes() };
    let batch = Decoded::of(0, vec![good.clone(), stop], &secret());
    assert_eq!((batch.facts.len(), batch.next_offset), (1, Some(6)));
    assert_eq!(
        batch.stop.unwrap().to_string(),
        "the record at offset 6 has version 99, newer than this build knows: upgrade it"
    );

    let foreign = Decoded::of(0, vec![good], &IdentitySecret::new([8; 32]).unwrap());
    assert_eq!((foreign.next_offset, foreign.dead_letters.len()), (None, 0));
    assert!(foreign.stop.is_some());
}

#[test]
fn a_worker_whose_partition_was_taken_over_writes_nothing() {
    block_on(async {
        let mut installation = Installation::new().await;
        installation.store.claim(0, "another").await.unwrap();
        let record = LogRecord {
            offset: 1,
            payload: payload(json!({"type": "page.viewed", "lead": {"email": "a@example.com"}})),
        };
        let batch = Decoded::of(0, vec![record], &secret());
        let position = PositionMove { partition: 0, epoch: installation.epoch, from: None, to: 2 };
        let refused = installation.projector.project(position, &batch, &installation.rules).await;
        assert!(matches!(refused, Err(StoreError::Fenced { partition: 0 })), "{refused:?}");
        assert!(!installation.reader.dump().await.unwrap().contains("page.viewed"));
        let claim = installation.store.claim(0, "test").await.unwrap();
        installation.epoch = claim.epoch;
        assert_eq!(
            installation
                .project(&[payload(json!({"type": "page.viewed", "lead": {"email": "a@example.com"}}))])
                .await
                .new,
            1
        );
    });
}
