//! A candidate policy against all history, as POLICY §4 says it: given facts, when a policy is tried, then this moves.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use lead_domain::fact::{Fact, Receipt, admit};
use lead_domain::lead::{Disposition, Lead};
use lead_domain::policy::Policy;
use lead_domain::simulation::{AGES_DAYS, EXAMPLES_MAX, Move, Outcome, Policies, Ranking, Simulation};
use lead_domain::{DAY_MS, IdentitySecret, Instant, LeadId};
use proptest::prelude::*;
use serde_json::{Value, json};

static DEFAULT: LazyLock<Policy> = LazyLock::new(Policy::default_policy);

/// Hours after this, instants of these tests are told in.
const START: &str = "2026-01-01T00:00:00.000Z";
const DAY: i64 = 24;

fn after(hours: i64) -> Instant {
    START.parse::<Instant>().unwrap().plus_millis(hours * DAY_MS / DAY)
}

/// A fact of a history: hours after the start, type, data.
type Entry = (i64, &'static str, Value);

fn facts(entries: &[Entry]) -> Vec<Fact> {
    let secret = IdentitySecret::new([7; 32]).unwrap();
    let one = |(number, (hours, kind, data)): (usize, &Entry)| {
        let posted = json!({
            "id": number.to_string(), "type": kind, "occurred_at": after(*hours), "lead": {"email": "ada@example.com"}, "data": data,
        });
        let receipt = Receipt {
            received_at: Instant::MAX,
            source: "crm",
            region: None,
            intents: &BTreeMap::new(),
            secret: &secret,
            fallback_id: secret.event_id("unused", "unused"),
            by_ingest: false,
        };
        admit(posted, &receipt).unwrap().fact
    };
    let mut facts: Vec<Fact> = entries.iter().enumerate().map(one).collect();
    facts.sort_by_key(Fact::order_key);
    facts
}

fn id(number: usize) -> LeadId {
    LeadId(uuid::Uuid::from_u128(number as u128 + 1))
}

/// What trying this policy instead of the default tells of these people, as of so many hours.
fn tried(candidate: &Value, people: &[Vec<Entry>], hours: i64) -> Outcome {
    tried_policy(&Policy::parse(candidate).unwrap(), people, hours)
}

fn tried_policy(candidate: &Policy, people: &[Vec<Entry>], hours: i64) -> Outcome {
    let policies = Policies { active: &DEFAULT, candidate };
    let mut simulation = Simulation::new(after(hours));
    for (number, entries) in people.iter().enumerate() {
        let facts = facts(entries);
        simulation.add(id(number), &facts.iter().collect::<Vec<_>>(), policies);
    }
    simulation.finish()
}

fn no_change() -> Value {
    json!({})
}

fn view(hours: i64) -> Entry {
    (hours, "page.viewed", json!({"url": "/"}))
}

fn message(hours: i64) -> Entry {
    (hours, "message.received", json!({"channel": "email"}))
}

fn order(hours: i64) -> Entry {
    (hours, "order.placed", json!({"order": "O1"}))
}

/// Undecided leads and buyers at each age.
fn counts(ranking: &[Ranking]) -> [(u64, u64); 4] {
    [0, 1, 2, 3].map(|age| (ranking[age].undecided, ranking[age].buyers))
}

#[test]
fn a_policy_moves_leads_between_stages_temperatures_and_grades() {
    let candidate = json!({
        "temperature": {"hot": 40},
        "fit": [{"rule": "near", "when": {"country": "FR"}, "points": 60}],
        "stages": {"lead": {"identified": true, "inbound_facts": {"gte": 2}}},
    });
    let asked = vec![message(0)];
    let french = vec![view(0), view(1), (2, "profile.updated", json!({"country": "FR"}))];
    let far = vec![view(0), (2, "profile.updated", json!({"country": "US"}))];
    let outcome = tried(&candidate, &[asked, french.clone(), far, french], 3);
    assert_eq!(outcome.leads, 4);
    let moved = |from, to, leads| Move { from, to, leads };
    assert_eq!(outcome.moves.stage(), [moved(Some("lead"), Some("suspect"), 2)]);
    assert_eq!(outcome.moves.temperature(), [moved(Some("warm"), Some("hot"), 1)]);
    assert_eq!(outcome.moves.grade(), [moved(None, Some("B"), 2), moved(None, Some("D"), 1)]);
    assert_eq!(outcome.examples, [0, 1, 2, 3].map(id));
}

#[test]
fn the_same_policy_moves_nobody_and_ranks_alike() {
    let people = [vec![message(0), order(3 * DAY)], vec![view(0)], vec![message(5)]];
    let outcome = tried(&no_change(), &people, 60 * DAY);
    let moves = [outcome.moves.stage(), outcome.moves.temperature(), outcome.moves.grade()];
    assert_eq!(moves.concat(), []);
    assert_eq!(outcome.examples, []);
    assert!(outcome.ranking.iter().all(|ranking| ranking.active == ranking.candidate));
}

#[test]
fn examples_are_few_and_show_every_kind_of_move() {
    let candidate = json!({"temperature": {"hot": 40}, "fit": [{"rule": "near", "when": {"country": "FR"}, "points": 60}]});
    let mut people = vec![vec![message(0)]; 100];
    people.push(vec![view(0), (2, "profile.updated", json!({"country": "FR"}))]);
    let outcome = tried(&candidate, &people, 3);
    assert_eq!(outcome.examples.len(), EXAMPLES_MAX);
    assert_eq!(outcome.examples[0], id(0));
    assert!(outcome.examples.contains(&id(100)) && outcome.examples.is_sorted());
}

#[test]
fn facts_after_the_instant_do_not_count() {
    let people = [vec![message(0), order(3 * DAY)], vec![view(4 * DAY)]];
    let outcome = tried(&no_change(), &people, 2 * DAY);
    assert_eq!(outcome.leads, 1);
    assert_eq!(counts(&outcome.ranking), [(1, 0), (0, 0), (0, 0), (0, 0)]);
}

#[test]
fn only_leads_old_enough_are_taken_an_age_ending_with_the_instant_itself() {
    let outcome = |hours| counts(&tried(&no_change(), &[vec![view(0)]], hours).ranking);
    assert_eq!(outcome(7 * DAY - 1), [(1, 0), (0, 0), (0, 0), (0, 0)]);
    assert_eq!(outcome(7 * DAY), [(1, 0), (1, 0), (0, 0), (0, 0)]);
}

#[test]
fn who_has_a_purchase_by_then_or_is_disqualified_or_refused_is_decided() {
    let decided = |kind, data| vec![view(0), (DAY, kind, data)];
    let people = [
        decided("order.placed", json!({"order": "O1"})),
        decided("lead.disqualified", json!({"reason": "budget"})),
        decided("lead.refused", json!({})),
        decided("lead.refused", json!({"contact_again_at": "2027-01-01T00:00:00Z"})),
        decided("lead.deferred", json!({})),
        // A millisecond decides: an hour later it is too late for the first age.
        vec![view(0), order(DAY + 1)],
    ];
    let ranking = tried(&no_change(), &people, 8 * DAY).ranking;
    assert_eq!(counts(&ranking)[0], (3, 1), "asked again from a date, deferred, and bought after the age");
    assert_eq!(counts(&ranking)[1], (2, 0));
}

#[test]
fn a_refusal_that_was_taken_back_by_then_decides_nothing() {
    let people = [vec![view(0), (1, "lead.refused", json!({})), message(2), order(3 * DAY)]];
    assert_eq!(counts(&tried(&no_change(), &people, 4 * DAY).ranking)[0], (1, 1));
}

#[test]
fn who_bought_and_cancelled_is_no_buyer_and_undecided_from_then_on() {
    let cancelled = (5 * DAY, "order.cancelled", json!({"order": "O1"}));
    let people = [vec![view(0), order(3 * DAY), cancelled]];
    let ranking = tried(&no_change(), &people, 8 * DAY).ranking;
    assert_eq!(counts(&ranking), [(1, 0), (1, 0), (0, 0), (0, 0)]);
}

#[test]
fn leads_are_scored_from_the_facts_up_to_that_instant_only() {
    // What the buyer wrote after the age must not help the score.
    let buyer = vec![view(0), message(DAY + 1), order(2 * DAY)];
    let other = vec![view(0), view(1), view(2)];
    let ranking = tried(&no_change(), &[buyer.clone(), other.clone()], 3 * DAY).ranking;
    assert_eq!(ranking[0].active.auc, Some(0.0));
    let at_the_age = vec![view(0), message(DAY), order(2 * DAY)];
    let ranking = tried(&no_change(), &[at_the_age, other.clone()], 3 * DAY).ranking;
    assert_eq!(ranking[0].active.auc, Some(1.0), "at the instant itself it counts");
    let blind = json!({"points": []});
    let ranking = tried(&blind, &[buyer, other], 3 * DAY).ranking;
    assert_eq!((ranking[0].active.auc, ranking[0].candidate.auc), (Some(0.0), Some(0.5)));
}

fn data_of(choice: u8) -> (&'static str, Value) {
    let document = format!("D{}", choice % 2);
    match choice % 12 {
        0 => ("page.viewed", json!({"url": "/"})),
        1 => ("message.received", json!({"channel": "email"})),
        2 => ("email.clicked", json!({})),
        3 => ("form.submitted", json!({"form": "f", "intent": "newsletter"})),
        4 => ("email.complained", json!({})),
        5 => ("order.placed", json!({"order": document})),
        6 => ("order.cancelled", json!({"order": document})),
        7 => ("lead.refused", json!({})),
        8 => ("lead.disqualified", json!({"reason": "budget"})),
        9 => ("lead.reopened", json!({})),
        10 => ("quote.issued", json!({"quote": document})),
        _ => ("call.made", json!({"outcome": "answered"})),
    }
}

prop_compose! {
    fn histories()(people in prop::collection::vec(prop::collection::vec((0..45_i64, 0..3_i64, any::<u8>()), 1..12), 1..20))
        -> Vec<Vec<Entry>> {
        let entry = |(day, hour, choice): (i64, i64, u8)| {
            let (kind, data) = data_of(choice);
            (day * DAY + hour, kind, data)
        };
        people.into_iter().map(|person| person.into_iter().map(entry).collect()).collect()
    }
}

/// One age by the words of POLICY §4: for each lead the facts up to the age are folded anew.
fn by_definition(people: &[Vec<Entry>], hours: i64, days: u32, policy: &Policy) -> (u64, u64, Option<f64>) {
    let (mut buyers, mut others) = (Vec::new(), Vec::new());
    for person in people {
        let facts = facts(person);
        let up_to = |at: Instant| Lead::fold(facts.iter().filter(|fact| fact.occurred_at <= at), policy);
        let age = facts[0].occurred_at.plus_millis(i64::from(days) * DAY_MS);
        let Some(now) = up_to(after(hours)).filter(|_| age <= after(hours)) else { continue };
        let then = up_to(age).unwrap();
        let decided = matches!(then.disposition, Disposition::Disqualified | Disposition::Refused);
        if decided || then.sales.purchases() > 0 {
            continue;
        }
        let scores = if now.sales.purchases() > 0 { &mut buyers } else { &mut others };
        scores.push(then.score.at(age, policy));
    }
    let won = |buyer: f64, other: f64| if buyer == other { 0.5 } else { f64::from(u8::from(buyer > other)) };
    let pairs: Vec<f64> =
        buyers.iter().flat_map(|buyer| others.iter().map(|other| won(*buyer, *other))).collect();
    let auc = (!pairs.is_empty()).then(|| pairs.iter().sum::<f64>() / pairs.len() as f64);
    ((buyers.len() + others.len()) as u64, buyers.len() as u64, auc)
}

static OTHER: LazyLock<Policy> = LazyLock::new(|| {
    let text = json!({"half_life_days": 3, "points": [
        {"rule": "call", "when": {"type": "call.made"}, "points": 20},
        {"rule": "rest", "when": {"type": {"exists": true}}, "points": 1},
    ]});
    Policy::parse(&text).unwrap()
});

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn one_fold_on_the_way_tells_what_folding_up_to_each_age_tells(people in histories(), hours in 0..1_200_i64) {
        let outcome = tried_policy(&OTHER, &people, hours);
        let policies = [&*DEFAULT, &*OTHER];
        for (ranking, days) in outcome.ranking.iter().zip(AGES_DAYS) {
            for (quality, policy) in [&ranking.active, &ranking.candidate].into_iter().zip(policies) {
                let (undecided, buyers, auc) = by_definition(&people, hours, days, policy);
                prop_assert_eq!((ranking.age_days, ranking.undecided, ranking.buyers), (days, undecided, buyers));
                prop_assert_eq!(quality.auc.is_some(), auc.is_some());
                prop_assert!((quality.auc.unwrap_or_default() - auc.unwrap_or_default()).abs() < 1e-12);
            }
        }
    }
}
