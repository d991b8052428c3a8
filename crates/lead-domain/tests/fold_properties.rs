//! What must hold of every history, whatever its facts are.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use lead_domain::fact::{Fact, Receipt, admit};
use lead_domain::lead::{Contribution, Lead, Score, Temperature, What, history};
use lead_domain::policy::{Policy, Stage};
use lead_domain::{DAY_MS, IdentitySecret, Instant};
use proptest::prelude::*;
use serde_json::{Value, json};

static POLICY: LazyLock<Policy> = LazyLock::new(Policy::default_policy);

/// 2026-01-01T00:00:00Z.
const START: i64 = 1_767_225_600_000;

/// One that a rule says decides, one that it says does not, one of which no rule knows.
const TITLES: [&str; 3] = ["CEO", "secretary", "gardener"];
const VERDICTS: [&str; 2] = ["met", "unmet"];

fn data_of(choice: u8) -> (&'static str, Value) {
    let quote = || json!({"quote": format!("Q{}", choice % 2)});
    match choice % 27 {
        0 => ("page.viewed", json!({"url": "/"})),
        1 => ("email.clicked", json!({})),
        2 => ("email.clicked", json!({"machine": true})),
        3 => ("ad.clicked", json!({})),
        4 => ("social.engaged", json!({})),
        5 => ("form.submitted", json!({"form": "f", "intent": "demo"})),
        6 => ("form.submitted", json!({"form": "f", "intent": "newsletter"})),
        7 => ("message.received", json!({"channel": "email"})),
        8 => ("email.bounced", json!({"hard": true})),
        9 => ("email.complained", json!({})),
        10 => ("email.unsubscribed", json!({})),
        11 => ("quote.issued", quote()),
        12 => ("quote.accepted", quote()),
        13 => (
            "order.placed",
            json!({"order": format!("O{}", choice % 3), "quote": "Q1", "amount": {"amount_minor": 10, "currency": "EUR"}}),
        ),
        14 => ("order.cancelled", json!({"order": format!("O{}", choice % 3)})),
        15 => ("lead.refused", json!({})),
        16 => ("profile.updated", json!({"name": format!("N{choice}"), "attributes": {"k": choice}})),
        18 => ("profile.updated", json!({"job_title": TITLES[usize::from(choice % 3)]})),
        19 => (
            "criterion.assessed",
            json!({"criterion": "means", "verdict": VERDICTS[usize::from(choice % 2)]}),
        ),
        17 => ("consent.given", json!({"purpose": "marketing"})),
        21 => ("call.made", json!({"outcome": "callback", "callback_at": "2026-02-10T12:00:00Z"})),
        22 => ("lead.deferred", json!({"until": "2026-03-01T12:00:00Z"})),
        23 => ("call.made", json!({"outcome": "refused", "contact_again_at": "2026-02-20T12:00:00Z"})),
        24 => ("meeting.held", json!({})),
        25 => (
            "criterion.assessed",
            json!({"criterion": "fit", "verdict": VERDICTS[usize::from(choice / 27 % 2)]}),
        ),
        26 => ("lead.reopened", json!({})),
        _ => ("call.made", json!({"outcome": "answered"})),
    }
}

fn fact(index: usize, millis: i64, choice: u8, secret: &IdentitySecret) -> Fact {
    let (kind, data) = data_of(choice);
    let occurred_at = Instant::from_millis(START + millis);
    let posted = json!({
        "id": index.to_string(), "type": kind, "occurred_at": occurred_at, "lead": {"email": "ada@example.com"}, "data": data,
    });
    let receipt = Receipt {
        received_at: Instant::MAX,
        source: "crm",
        region: None,
        intents: &BTreeMap::new(),
        secret,
        fallback_id: secret.event_id("unused", "unused"),
        by_ingest: false,
    };
    admit(posted, &receipt).unwrap().fact
}

prop_compose! {
    /// Histories whose facts often share an instant, in the order of facts.
    fn histories()(entries in prop::collection::vec((0..200_i64, 0..5_i64, any::<u8>()), 1..40)) -> Vec<Fact> {
        let secret = IdentitySecret::new([7; 32]).unwrap();
        let one = |(index, (day, hour, choice)): (usize, &(i64, i64, u8))| {
            fact(index, day * DAY_MS / 2 + hour * 3_600_000, *choice, &secret)
        };
        let mut facts: Vec<Fact> = entries.iter().enumerate().map(one).collect();
        facts.sort_by_key(Fact::order_key);
        facts
    }
}

fn contributions(facts: &[Fact], policy: &Policy) -> Vec<Contribution> {
    let mut lead = None;
    facts.iter().filter_map(|fact| Lead::fold_on(&mut lead, fact, policy).contribution).collect()
}

/// Hot or not, warm or not, by the words of DOMAIN §4 and the contributions alone.
struct BruteForce {
    hot: bool,
    warm: bool,
}

impl BruteForce {
    fn see(&mut self, score: f64, at_a_fact: bool) {
        // Time ends a temperature with the millisecond in which the bound is met exactly.
        let tolerance = if at_a_fact { 1e-9 } else { -1e-8 };
        let meets = |bound: f64| score >= bound - tolerance;
        self.hot = if self.hot { meets(45.0) } else { at_a_fact && meets(50.0) };
        self.warm = if self.warm { meets(20.0) } else { at_a_fact && meets(25.0) };
    }

    const fn temperature(&self) -> Temperature {
        match (self.hot, self.warm) {
            (true, _) => Temperature::Hot,
            (false, true) => Temperature::Warm,
            (false, false) => Temperature::Cold,
        }
    }
}

/// The parts of a state that have a history, at an instant; before the first fact too.
fn parts_at(lead: Option<&Lead>, at: Instant) -> [(What, Option<&'static str>); 4] {
    let temperature = lead.map_or(Temperature::Cold, |lead| lead.score.temperature_at(at));
    let customer = lead.and_then(|lead| lead.sales.state_at(at, &POLICY));
    [
        (What::Stage, lead.and_then(|lead| lead.stage).map(Stage::name)),
        (What::Temperature, Some(temperature.name())),
        (What::Disposition, Some(lead.map_or("open", |lead| lead.disposition.name()))),
        (What::CustomerState, customer.map(lead_domain::lead::CustomerState::name)),
    ]
}

proptest! {
    #[test]
    fn the_history_leads_from_nothing_to_the_state_at_every_instant(facts in histories(), days in 0..800_i64) {
        let at = Instant::from_millis(START + days * DAY_MS + 17);
        let until = facts.iter().take_while(|fact| fact.occurred_at <= at).collect::<Vec<_>>();
        let lead = Lead::fold(until.iter().copied(), &POLICY);
        let steps = history(until, at, &POLICY).unwrap_or_default();
        prop_assert!(steps.windows(2).all(|pair| pair[0].at <= pair[1].at));
        for ((what, now), (_, nothing)) in parts_at(lead.as_ref(), at).into_iter().zip(parts_at(None, at)) {
            let mut value = nothing;
            for step in steps.iter().filter(|step| step.what == what) {
                prop_assert_eq!(step.from, value, "{:?} at {}", what, step.at);
                prop_assert_ne!(step.from, step.to);
                value = step.to;
            }
            prop_assert_eq!(value, now, "{:?} at {}", what, at);
        }
    }

    #[test]
    fn the_schedule_shows_at_every_instant_what_the_candidates_say(facts in histories(), days in 0..900_i64) {
        let lead = Lead::fold(&facts, &POLICY).unwrap();
        let since = facts.last().unwrap().occurred_at;
        let schedule = lead.schedule(since, &POLICY);
        prop_assert!(schedule.windows(2).all(|pair| pair[0].to.is_some_and(|to| to <= pair[1].from)));
        let borders = schedule.iter().flat_map(|shown| [Some(shown.from), shown.to]).flatten();
        let near = borders.flat_map(|border| [border.plus_millis(-1), border]).filter(|t| *t >= since);
        for t in near.chain([since, since.plus_millis(days * DAY_MS)]) {
            let shown = schedule.iter().find(|shown| shown.from <= t && shown.to.is_none_or(|to| t < to));
            prop_assert_eq!(shown.map(|shown| shown.candidate), lead.follow_up_at(t, &POLICY), "at {}", t);
        }
    }

    #[test]
    fn steps_by_time_come_one_after_the_other(facts in histories()) {
        let lead = Lead::fold(&facts, &POLICY).unwrap();
        let since = facts.last().unwrap().occurred_at;
        let mut at = since;
        for step in lead.steps_by_time(since, Instant::MAX, &POLICY) {
            if step.at > at {
                prop_assert_eq!(lead.next_step_by_time(at, &POLICY), Some(step.at));
            }
            at = step.at;
        }
        prop_assert_eq!(lead.next_step_by_time(at, &POLICY), None);
    }

    #[test]
    fn folding_in_pieces_through_the_stored_text_gives_the_same_bytes(facts in histories(), border in 0..40_usize) {
        let policy = &*POLICY;
        let whole = Lead::fold(&facts, policy).unwrap().to_json();
        let (before, after) = facts.split_at(border.min(facts.len()));
        let mut lead = Lead::fold(before, policy).map(|lead| Lead::from_json(&lead.to_json()).unwrap());
        for fact in after {
            Lead::fold_on(&mut lead, fact, policy);
        }
        prop_assert_eq!(lead.unwrap().to_json(), whole);
    }

    #[test]
    fn contributions_add_up_to_the_sum(facts in histories(), days in 0..400_i64) {
        let policy = &*POLICY;
        let lead = Lead::fold(&facts, policy).unwrap();
        let at = facts.last().unwrap().occurred_at.plus_millis(days * DAY_MS);
        let sum: f64 = contributions(&facts, policy).iter().map(|one| one.points_at(at, policy)).sum();
        prop_assert!((sum - lead.score.sum_at(at, policy)).abs() < 1e-6);
        prop_assert!(contributions(&facts, policy).iter().all(|one| one.points + one.cut != 0.0));
    }

    #[test]
    fn the_temperature_agrees_with_the_score_at_every_instant(facts in histories()) {
        let policy = &*POLICY;
        let mut brute = BruteForce { hot: false, warm: false };
        let mut folded = None;
        for (index, fact) in facts.iter().enumerate() {
            let scored = Lead::fold_on(&mut folded, fact, policy).contribution.is_some();
            let lead = folded.as_ref().unwrap();
            brute.see(lead.score.at(fact.occurred_at, policy), scored);
            prop_assert_eq!(lead.score.temperature_at(fact.occurred_at), brute.temperature());
            let end = facts.get(index + 1).map_or(fact.occurred_at.plus_millis(90 * DAY_MS), |next| next.occurred_at);
            let mut t = fact.occurred_at.plus_millis(1_234_567);
            while t < end {
                brute.see(lead.score.at(t, policy), false);
                prop_assert_eq!(lead.score.temperature_at(t), brute.temperature(), "at {}", t);
                t = t.plus_millis(3 * 3_600_000 + 61_001);
            }
            brute.see(lead.score.at(end, policy), false);
        }
    }

    #[test]
    fn sorting_by_rank_key_is_sorting_by_score_at_any_instant(one in histories(), other in histories(), days in 0..300_i64) {
        let policy = &*POLICY;
        let scores = [&one, &other].map(|facts| Lead::fold(facts, policy).unwrap().score);
        let at = one.last().unwrap().occurred_at.max(other.last().unwrap().occurred_at).plus_millis(days * DAY_MS);
        let (a, b) = (scores[0].at(at, policy), scores[1].at(at, policy));
        let keys = [scores[0].rank_key(policy), scores[1].rank_key(policy)];
        if let [Some(one), Some(other)] = keys && (one - other).abs() > 1e-12 && a.min(b) > 0.0 {
            prop_assert_eq!(one > other, a > b, "{} {} {:?}", a, b, keys);
        }
        prop_assert!(keys[0].is_some() || a == 0.0);
    }

    #[test]
    fn a_bound_on_the_rank_key_filters_by_the_score(facts in histories(), days in 0..300_i64, bound in 0.1..100.0_f64) {
        let policy = &*POLICY;
        let score = Lead::fold(&facts, policy).unwrap().score;
        let at = facts.last().unwrap().occurred_at.plus_millis(days * DAY_MS);
        let least = Score::rank_bound(bound, at, policy).unwrap();
        let close = (score.at(at, policy) - bound).abs() < 1e-7;
        prop_assert!(close || score.rank_key(policy).is_some_and(|key| key >= least) == (score.at(at, policy) >= bound));
    }

    #[test]
    fn who_is_warm_or_hot_has_the_rank_key_of_it(facts in histories(), days in 0..60_i64) {
        let policy = &*POLICY;
        let score = Lead::fold(&facts, policy).unwrap().score;
        let last = facts.last().unwrap().occurred_at;
        let ends = [score.hot_until, score.warm_until].into_iter().flatten().map(|end| end.plus_millis(-1));
        for at in ends.chain([last, last.plus_millis(days * DAY_MS)]).filter(|at| *at >= last) {
            let bound = Score::rank_bound_of(score.temperature_at(at), at, policy);
            prop_assert!(bound.is_none_or(|bound| score.rank_key(policy) >= Some(bound)), "at {}", at);
        }
    }

    #[test]
    fn every_purchase_and_quote_count_follows_from_the_facts_alone(facts in histories()) {
        let lead = Lead::fold(&facts, &POLICY).unwrap();
        prop_assert!(lead.sales.purchases() <= 5);
        prop_assert_eq!(lead.sales.purchases() == 0, lead.sales.last_purchase_at().is_none());
        prop_assert!(lead.facts == facts.len() as u64 && lead.inbound_facts <= lead.facts);
    }
}
