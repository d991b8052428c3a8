//! Points and temperatures.

use super::*;

#[test]
fn points_decay_by_half_in_a_half_life_and_a_group_adds_only_what_fits() {
    let policy = Policy::default_policy();
    let demo = given(&[(1, "form.submitted", json!({"form": "f", "intent": "demo"}))]).lead();
    assert_eq!(demo.score.at(at(1), &policy), 60.0);
    assert_eq!(demo.score.at(at(31), &policy), 30.0);
    let clicks: Vec<_> = (0..6).map(|_| (1, "email.clicked", json!({}))).collect();
    let lead = given(&clicks).lead();
    assert_eq!(lead.score.at(at(1), &policy), 20.0, "six clicks of 5 under a cap of 20");
}

#[test]
fn negative_points_ignore_caps_and_the_score_never_falls_below_zero() {
    let policy = Policy::default_policy();
    let lead = given(&[(1, "email.complained", json!({}))]).lead();
    assert_eq!((lead.score.sum_at(at(1), &policy), lead.score.at(at(1), &policy)), (-40.0, 0.0));
    assert_eq!(lead.score.rank_key(&policy), None);
}

#[test]
fn hot_lasts_until_the_score_falls_below_the_hysteresis_and_warm_goes_on() {
    let policy = Policy::default_policy();
    let score = given(&[(1, "form.submitted", json!({"form": "f", "intent": "quote"}))]).lead().score;
    let (hot, warm) = (score.hot_until.unwrap(), score.warm_until.unwrap());
    assert!(score.at(hot, &policy) >= 45.0 && score.at(hot.plus_millis(1), &policy) < 45.0);
    assert_eq!(score.temperature_at(hot.plus_millis(-1)), Temperature::Hot);
    assert_eq!(
        score.temperature_at(hot),
        Temperature::Warm,
        "the comparison decides, also at exactly the bound"
    );
    assert_eq!(score.temperature_at(warm), Temperature::Cold);
}

#[test]
fn a_fact_that_ends_a_temperature_sets_the_instant_to_its_own() {
    let lead = given(&[
        (1, "form.submitted", json!({"form": "f", "intent": "quote"})),
        (2, "email.complained", json!({})),
    ])
    .lead();
    assert_eq!(lead.score.hot_until, Some(at(2)));
    assert_eq!(lead.score.temperature_at(at(2)), Temperature::Cold);
}
