//! Given facts, when they are folded, then the criteria and the grade say so.

use serde_json::{Value, json};

use super::facts::of_ada;
use crate::fact::{Criterion, Fact};
use crate::instant::Instant;
use crate::lead::Lead;
use crate::policy::{Grade, Policy};

/// What decides where somebody judged.
const JUDGED: &str = "criterion.assessed";

/// A history of one lead: each entry is (date, type, data).
struct History(Vec<Fact>);

fn given(entries: &[(&str, &str, Value)]) -> History {
    let noon = entries.iter().map(|(date, kind, data)| (format!("{date}T12:00:00Z"), *kind, data.clone()));
    History(of_ada(&noon.collect::<Vec<_>>()))
}

impl History {
    fn under(&self, policy: &Value) -> Lead {
        Lead::fold(&self.0, &Policy::parse(policy).unwrap()).unwrap()
    }

    fn lead(&self) -> Lead {
        self.under(&json!({}))
    }

    /// The place in the history of the fact that speaks on a criterion.
    fn speaker(&self, lead: &Lead, criterion: Criterion) -> Option<usize> {
        let event = lead.criteria.of(criterion).event_id?;
        self.0.iter().position(|fact| fact.event_id == event)
    }
}

#[track_caller]
fn says(lead: &Lead, criterion: Criterion, verdict: &str, rule: Option<&str>) {
    let finding = lead.criteria.of(criterion);
    assert_eq!((finding.verdict.name(), finding.rule.as_deref()), (verdict, rule), "{criterion}");
}

fn titled(title: Value) -> Value {
    json!({ "job_title": title })
}

fn judged(criterion: &str, verdict: &str) -> Value {
    json!({"criterion": criterion, "verdict": verdict})
}

/// Two rules of fit: by size, and by age.
fn fit() -> Value {
    json!({"fit": [
        {"rule": "size", "when": {"company_size": {"gte": 20}}, "points": 60},
        {"rule": "grown-up", "when": {"age": {"gte": 40}}, "points": 20},
        {"rule": "own-domain", "when": {"email_domain": "example.com"}, "points": 5},
    ]})
}

#[test]
fn before_anybody_speaks_everything_is_unknown_and_missing() {
    let lead = given(&[("2026-01-01", "email.opened", json!({}))]).lead();
    for criterion in Criterion::ALL {
        says(&lead, *criterion, "unknown", None);
        assert_eq!(lead.criteria.of(*criterion).event_id, None);
    }
    assert_eq!(lead.criteria.missing(), Criterion::ALL);
}

#[test]
fn the_first_rule_of_the_criterion_that_matches_answers() {
    for title in ["Assistant to the CEO", "Assistante du PDG"] {
        let history = given(&[("2026-01-01", "profile.updated", titled(json!(title)))]);
        says(&history.lead(), Criterion::Authority, "unmet", Some("assists"));
    }
    let history = given(&[("2026-01-01", "profile.updated", titled(json!("Directrice générale")))]);
    let lead = history.lead();
    says(&lead, Criterion::Authority, "met", Some("decides"));
    assert_eq!(lead.criteria.missing(), [Criterion::Fit, Criterion::Means, Criterion::Need]);
}

#[test]
fn a_fact_that_changes_nothing_the_rules_read_does_not_speak() {
    let history = given(&[
        ("2026-01-01", "profile.updated", titled(json!("CEO"))),
        ("2026-01-02", "profile.updated", json!({"job_title": "CEO", "city": "Rennes"})),
    ]);
    assert_eq!(history.speaker(&history.lead(), Criterion::Authority), Some(0));
}

#[test]
fn when_no_rule_over_a_changed_field_matches_any_more_it_is_unknown() {
    for title in [json!("gardener"), Value::Null] {
        let history = given(&[
            ("2026-01-01", "profile.updated", titled(json!("CEO"))),
            ("2026-01-02", "profile.updated", titled(title)),
        ]);
        let lead = history.lead();
        says(&lead, Criterion::Authority, "unknown", Some("profile.updated"));
        assert_eq!(history.speaker(&lead, Criterion::Authority), Some(1));
    }
}

#[test]
fn the_latest_word_counts_of_a_person_or_of_a_rule() {
    let ceo = ("2026-01-01", "profile.updated", titled(json!("CEO")));
    let judged_unmet = ("2026-01-02", "criterion.assessed", judged("authority", "unmet"));
    says(&given(&[ceo.clone(), judged_unmet.clone()]).lead(), Criterion::Authority, "unmet", Some(JUDGED));
    let director = ("2026-01-03", "profile.updated", titled(json!("Director")));
    says(
        &given(&[ceo.clone(), judged_unmet.clone(), director]).lead(),
        Criterion::Authority,
        "met",
        Some("decides"),
    );
    let gardener = ("2026-01-03", "profile.updated", titled(json!("Gardener")));
    says(&given(&[ceo.clone(), judged_unmet, gardener]).lead(), Criterion::Authority, "unmet", Some(JUDGED));
    let not_known = ("2026-01-02", "criterion.assessed", judged("authority", "unknown"));
    says(&given(&[ceo, not_known]).lead(), Criterion::Authority, "unknown", Some(JUDGED));
}

#[test]
fn an_intent_answers_and_a_later_one_without_a_rule_takes_nothing_back() {
    let asked = ("2026-01-01", "form.submitted", json!({"form": "f", "intent": "demo"}));
    let newsletter = ("2026-01-02", "form.submitted", json!({"form": "f", "intent": "newsletter"}));
    let history = given(&[asked.clone(), newsletter]);
    let lead = history.lead();
    says(&lead, Criterion::Need, "met", Some("asked"));
    assert_eq!(history.speaker(&lead, Criterion::Need), Some(0));
    let again = given(&[asked, ("2026-01-03", "email.replied", json!({}))]);
    assert_eq!(again.speaker(&again.lead(), Criterion::Need), Some(1));
    let machine = json!({"form": "f", "intent": "demo", "machine": true});
    says(&given(&[("2026-01-01", "form.submitted", machine)]).lead(), Criterion::Need, "unknown", None);
}

#[test]
fn the_grade_is_null_while_no_field_of_a_fit_rule_is_known() {
    let opened = ("2026-01-01", "email.opened", json!({}));
    let lead = given(std::slice::from_ref(&opened)).under(&fit());
    assert_eq!(lead.grade, None, "the domain of the address alone makes nothing known");
    says(&lead, Criterion::Fit, "unknown", None);
    let small = given(&[opened, ("2026-01-02", "profile.updated", json!({"company_size": 3}))]).under(&fit());
    assert_eq!(small.grade, Some(Grade::D));
    says(&small, Criterion::Fit, "unmet", Some("grade"));
}

#[test]
fn a_known_grade_answers_fit_when_a_field_of_a_fit_rule_changes() {
    let large = ("2026-01-01", "profile.updated", json!({"company_size": 40, "birth_date": "1980-06-15"}));
    let history = given(&[large.clone(), ("2026-01-02", "profile.updated", json!({"city": "Rennes"}))]);
    let lead = history.under(&fit());
    assert_eq!(lead.grade, Some(Grade::A));
    says(&lead, Criterion::Fit, "met", Some("grade"));
    assert_eq!(history.speaker(&lead, Criterion::Fit), Some(0));
    let gone = json!({"company_size": null, "birth_date": null});
    let lead = given(&[large, ("2026-01-02", "profile.updated", gone)]).under(&fit());
    assert_eq!(lead.grade, None);
    says(&lead, Criterion::Fit, "unknown", Some("grade"));
}

#[test]
fn a_birthday_moves_the_grade_at_the_next_fact_but_does_not_speak() {
    let born = ("2026-01-01", "profile.updated", json!({"company_size": 40, "birth_date": "1986-06-15"}));
    let history = given(&[born, ("2026-07-01", "email.opened", json!({}))]);
    let policy = json!({"fit": fit()["fit"].clone(), "fit_criterion": {"met": ["A"], "unmet": ["D"]}});
    let before = Lead::fold(&history.0[..1], &Policy::parse(&policy).unwrap()).unwrap();
    assert_eq!(before.grade, Some(Grade::B));
    says(&before, Criterion::Fit, "unknown", Some("grade"));
    let after = history.under(&policy);
    assert_eq!(after.grade, Some(Grade::A));
    says(&after, Criterion::Fit, "unknown", Some("grade"));
}

#[test]
fn for_fit_the_rules_of_the_criterion_come_before_the_grade() {
    let mut policy = fit();
    policy["criteria"] =
        json!([{"criterion": "fit", "rule": "abroad", "verdict": "unmet", "when": {"country": "US"}}]);
    let abroad = ("2026-01-01", "profile.updated", json!({"company_size": 40, "country": "US"}));
    says(&given(std::slice::from_ref(&abroad)).under(&policy), Criterion::Fit, "unmet", Some("abroad"));
    let home = ("2026-01-02", "profile.updated", json!({"country": "FR"}));
    says(&given(&[abroad.clone(), home]).under(&policy), Criterion::Fit, "unknown", Some("profile.updated"));
    let grown = ("2026-01-02", "profile.updated", json!({"country": "FR", "company_size": 50}));
    says(&given(&[abroad, grown]).under(&policy), Criterion::Fit, "met", Some("grade"));
}

#[test]
fn attributes_are_fields_one_by_one() {
    let policy = json!({"criteria": [
        {"criterion": "means", "rule": "budget", "verdict": "met", "when": {"attributes.budget": {"gte": 1000}}},
    ]});
    let rich = ("2026-01-01", "profile.updated", json!({"attributes": {"budget": 5000}}));
    let history =
        given(&[rich.clone(), ("2026-01-02", "profile.updated", json!({"attributes": {"colour": "red"}}))]);
    let lead = history.under(&policy);
    says(&lead, Criterion::Means, "met", Some("budget"));
    assert_eq!(history.speaker(&lead, Criterion::Means), Some(0));
    let poor = ("2026-01-02", "profile.updated", json!({"attributes": null}));
    says(&given(&[rich, poor]).under(&policy), Criterion::Means, "unknown", Some("profile.updated"));
}

#[test]
fn fit_means_and_authority_together_make_a_prospect_even_of_a_suspect() {
    let words = ["fit", "means", "authority"]
        .map(|criterion| ("2026-01-01", "criterion.assessed", judged(criterion, "met")));
    let lead = given(&words).lead();
    assert_eq!(lead.stage, Some(crate::policy::Stage::Prospect));
    let mut fallen = words.to_vec();
    fallen.push(("2026-01-02", "criterion.assessed", judged("means", "unmet")));
    assert_eq!(given(&fallen).lead().stage, Some(crate::policy::Stage::Suspect));
}

#[test]
fn a_year_without_a_purchase_makes_a_customer_inactive_and_the_next_one_reactivates() {
    let bought = |date: &'static str, order: &str| (date, "order.placed", json!({ "order": order }));
    let at = |text: &str| text.parse::<Instant>().unwrap();
    let policy = Policy::default_policy();
    let state =
        |lead: &Lead, t: &str| lead.sales.state_at(at(t), &policy).map(crate::lead::CustomerState::name);
    let once = given(&[bought("2026-01-01", "O-1")]).lead();
    assert_eq!(state(&once, "2027-01-01T11:59:59.999Z"), Some("active"));
    assert_eq!(state(&once, "2027-01-01T12:00:00Z"), Some("inactive"));
    let soon = given(&[bought("2026-01-01", "O-1"), bought("2026-12-31", "O-2")]).lead();
    assert_eq!(state(&soon, "2027-01-02T00:00:00Z"), Some("active"));
    let again = given(&[bought("2026-01-01", "O-1"), bought("2027-01-01", "O-2")]).lead();
    assert_eq!(state(&again, "2027-01-02T00:00:00Z"), Some("reactivated"));
    assert_eq!(state(&again, "2028-01-01T12:00:00Z"), Some("inactive"));
    let never = given(&[("2026-01-01", "quote.issued", json!({"quote": "Q"}))]).lead();
    assert_eq!(state(&never, "2027-01-02T00:00:00Z"), None);
}

/// Only a value that is another one now speaks: not one that an identifier beside it would have set, nor an empty one.
#[test]
fn a_fact_that_leaves_a_field_as_it_was_does_not_override_an_assessment() {
    let policy = json!({
        "fit": [{"rule": "corp", "when": {"email_domain": "corp.com"}, "points": 20}],
        "criteria": [{"criterion": "authority", "rule": "boss", "verdict": "met",
            "when": {"any": [{"job_title": "boss"}, {"attributes.boss": true}]}}],
    });
    let elsewhere = json!({"email": "office@other.com"});
    let fit = [
        ("2026-01-01", "profile.updated", elsewhere.clone()),
        ("2026-01-02", JUDGED, judged("fit", "met")),
        ("2026-01-03", "profile.updated", elsewhere),
    ];
    says(&given(&fit).under(&policy), Criterion::Fit, "met", Some(JUDGED));
    for nothing in [json!({"attributes": null}), json!({"attributes": {"boss": null}})] {
        let authority = [
            ("2026-01-01", "profile.updated", json!({"job_title": "boss", "attributes": {"c": "x"}})),
            ("2026-01-02", JUDGED, judged("authority", "unmet")),
            ("2026-01-03", "profile.updated", nothing),
        ];
        says(&given(&authority).under(&policy), Criterion::Authority, "unmet", Some(JUDGED));
    }
}
