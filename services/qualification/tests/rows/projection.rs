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
use read_model::{FollowUpFilter, FollowUpReader, Found, PositionMove, ProjectionStore, StoreError};
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

/// Every other type of fact, as often with what it depends on as without.
fn happening(kind: u8, pick: u8) -> (&'static str, Value) {
    let day = |day: u8| Instant::from_millis(START + i64::from(day % 4) * 43_200_000).to_string();
    let paper =
        |name: &str| json!({name: format!("{name}{}", pick % 2), "quote": format!("quote{}", pick % 3)});
    let criteria = ["fit", "means", "authority", "need"];
    let verdicts = ["met", "met", "unmet", "unknown"];
    let (one, other) = (usize::from(pick % 4), usize::from(pick / 4 % 4));
    let (titles, roles) = (["CEO", "secretary"], ["press", "employee"]);
    let outcomes = ["answered", "no_answer", "callback", "refused"];
    match kind {
        0 => ("contact.added", json!({"by": "kim"})),
        1 => ("list.imported", json!({"list": "l", "row": pick})),
        2 => ("ad.clicked", json!({"ad": "a"})),
        3 => ("social.engaged", json!({"network": "n"})),
        4 => ("content.downloaded", json!({"asset": "a"})),
        5 => ("contest.entered", json!({"name": "c"})),
        6 => ("survey.answered", json!({"name": "s", "answers": {"q": pick}})),
        7 => ("event.attended", json!({"name": "e"})),
        8 => ("email.delivered", json!({"message_id": "m"})),
        9 => ("email.opened", json!({"machine": pick.is_multiple_of(2)})),
        10 => ("email.bounced", json!({"hard": pick.is_multiple_of(2)})),
        11 => ("email.complained", json!({})),
        12 => ("email.unsubscribed", json!({})),
        13 => ("email.clicked", json!({"machine": pick.is_multiple_of(3)})),
        14 => ("email.replied", json!({"text": "t"})),
        15 => ("activity.recorded", json!({"name": "a"})),
        16 | 17 => (
            "call.made",
            json!({"outcome": outcomes[one], "callback_at": day(pick), "contact_again_at": day(pick)}),
        ),
        18 => ("meeting.booked", json!({"at": day(pick)})),
        19 => ("meeting.held", json!({})),
        20 => ("follow_up.done", json!({})),
        21 => ("note.added", json!({"text": "n"})),
        22 => ("owner.assigned", json!({"owner": if one == 0 { Value::Null } else { json!("kim") }})),
        23 => ("profile.updated", json!({"job_title": titles[one % 2], "birth_date": "1980-01-02"})),
        24 => ("role.added", json!({"role": roles[one % 2]})),
        25 => ("role.removed", json!({"role": roles[one % 2]})),
        26 => ("group.joined", json!({"group": "north"})),
        27 => ("group.left", json!({"group": "north"})),
        28 => (
            "consent.given",
            json!({"purpose": "marketing", "channel": if one == 0 { Value::Null } else { json!("email") }}),
        ),
        29 => ("consent.denied", json!({"purpose": "marketing", "channel": "email"})),
        30 => ("consent.withdrawn", json!({"purpose": "marketing"})),
        31..=34 => ("criterion.assessed", json!({"criterion": criteria[one], "verdict": verdicts[other]})),
        35 => ("lead.accepted", json!({})),
        36 => ("lead.deferred", json!({"until": if one == 0 { Value::Null } else { json!(day(pick)) }})),
        37 => ("lead.refused", json!({"contact_again_at": day(pick)})),
        38 => ("lead.disqualified", json!({"reason": "r"})),
        39 => ("lead.reopened", json!({})),
        40 => (
            "quote.issued",
            json!({"quote": format!("quote{}", pick % 3), "amount": {"amount_minor": pick, "currency": "EUR"}}),
        ),
        41 => ("quote.declined", json!({"quote": format!("quote{}", pick % 3)})),
        42 => ("quote.expired", json!({"quote": format!("quote{}", pick % 3)})),
        43 => ("quote.accepted", json!({"quote": format!("quote{}", pick % 3)})),
        44 => ("contract.signed", paper("contract")),
        45 => ("order.placed", paper("order")),
        46 => ("order.cancelled", json!({"order": format!("order{}", pick % 2)})),
        47 => ("invoice.issued", paper("invoice")),
        48 => ("invoice.paid", paper("invoice")),
        _ => ("page.viewed", json!({"url": "/", "utm": {"source": "s"}})),
    }
}

pub(crate) fn posted(index: usize, hour: i64, pick: u8, kind: u8) -> Value {
    let one = |n: u8| json!({"email": format!("p{}@example.com", n % 4)});
    let (lead, kind, data) = match kind % 8 {
        _ if kind >= 140 => {
            let (kind, data) = happening(kind - 140, pick);
            (lead_of(pick), kind, data)
        }
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
    fn histories()(picks in prop::collection::vec((0..60_i64, any::<u8>(), any::<u8>()), 1..40)) -> Vec<LeadEvent> {
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

/// Whom the queue shows at an instant: lead, reason, due date.
type Queue = Vec<(Instant, LeadId, String)>;

async fn queue(installation: &Installation, at: Instant) -> Queue {
    let (reason, owner, stage) = (Vec::new(), Vec::new(), Vec::new());
    let filter = FollowUpFilter { at, due_before: Instant::MAX, reason, owner, stage };
    let rows =
        installation.reader.queue(installation.rules.active.number, &filter, None, 1_000).await.unwrap();
    rows.into_iter().map(|row| (row.due_at, row.lead.id, row.reason)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn the_queue_is_a_brute_force_scan_at_every_instant(events in histories(), sizes in prop::collection::vec(1..8_usize, 60)) {
        let texts: Vec<Vec<u8>> = events.iter().map(|event| event.to_json().into_bytes()).collect();
        let policy = Policy::default_policy();
        block_on(async {
            let (_, installation) = dump_after(texts, &sizes).await;
            let leads = expected_states(&events, &policy);
            let last = events.iter().map(|event| event.fact.occurred_at).max().unwrap();
            for hours in [0, 1, 5, 24, 71, 72, 73, 100, 500, 1_000, 9_000, 20_000] {
                let at = last.plus_millis(hours * 3_600_000);
                let scan = leads.iter().filter_map(|(id, state)| {
                    let candidate = Lead::from_json(state).unwrap().follow_up_at(at, &policy)?;
                    Some((candidate.due_at, *id, candidate.reason.name().to_owned()))
                });
                let mut expected: Queue = scan.collect();
                expected.sort();
                assert_eq!(queue(&installation, at).await, expected, "{hours} hours later");
            }
        });
    }

    #[test]
    fn a_link_that_is_cancelled_leaves_the_other_person_as_if_it_had_never_been(
        events in histories(), (linked, unlinked) in (0..60_i64, 0..60_i64), (own, kind) in (any::<u8>(), any::<u8>()),
    ) {
        let other = json!({"email": "other@example.com"});
        let mut apart = posted(900, i64::from(own % 60), own, kind);
        apart["lead"] = other.clone();
        if apart["type"].as_str().unwrap().starts_with("identity.") {
            apart["type"] = "note.added".into();
            apart["data"] = json!({"text": "n"});
        }
        let link = |kind: &str, id: &str, hour: i64| {
            let at = Instant::from_millis(START + hour * 3_600_000);
            payload(json!({"id": id, "type": kind, "occurred_at": at, "lead": {"email": "p1@example.com"}, "data": {"other": other}}))
        };
        let mut texts: Vec<Vec<u8>> = events.iter().map(|event| event.to_json().into_bytes()).collect();
        texts.push(payload(apart));
        block_on(async {
            let mut installation = Installation::new().await;
            installation.project(&texts).await;
            let id = event(json!({"type": "page.viewed", "lead": other})).fact.subject.id(&secret());
            let before = installation.find(id).await;
            installation.project(&[link("identity.linked", "link", linked)]).await;
            assert_ne!(installation.find(id).await, before, "merged");
            installation.project(&[link("identity.unlinked", "unlink", linked + unlinked)]).await;
            assert_eq!(installation.find(id).await, before);
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
        let position =
            PositionMove { partition: 0, epoch: installation.epoch, from: None, to: 2, latest_fact: None };
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
