//! To which campaigns newcomers are owed.

use super::*;

/// Somebody whom `b` touched on day 1 and 3, `a` on day 2 and `c` on day 5, and who became a lead on day 4.
fn lead() -> Person {
    let facts = [viewed(1, "b", None), viewed(2, "a", None), viewed(3, "b", None), viewed(5, "c", None)];
    person(&facts).reached(Stage::Lead, 4)
}

fn new_leads(attribution: Attribution, people: &[Person]) -> Vec<f64> {
    given(&[], people).attribution(attribution).rows().iter().map(|row| row.new_leads).collect()
}

#[test]
fn first_is_the_default_and_owes_all_to_the_campaign_that_touched_first() {
    assert_eq!(Attribution::default(), Attribution::First);
    assert_eq!(new_leads(Attribution::First, &[lead()]), [0.0, 1.0, 0.0]);
}

#[test]
fn last_owes_all_to_the_campaign_that_touched_last_at_or_before_the_event() {
    assert_eq!(new_leads(Attribution::Last, &[lead()]), [0.0, 1.0, 0.0]);
    let at_once = person(&[viewed(1, "a", None), viewed(4, "b", None)]).reached(Stage::Lead, 4);
    assert_eq!(new_leads(Attribution::Last, &[at_once]), [0.0, 1.0], "also at the event itself");
}

#[test]
fn even_owes_equal_parts_to_the_distinct_campaigns_that_touched_at_or_before_the_event() {
    assert_eq!(new_leads(Attribution::Even, &[lead()]), [0.5, 0.5, 0.0]);
    let three = person(&["a", "b", "c"].map(|name| viewed(1, name, None))).reached(Stage::Lead, 4);
    let all = [three.clone(), three.clone(), three];
    assert_eq!(new_leads(Attribution::Even, &all), [1.0, 1.0, 1.0], "thirds add up");
}

#[test]
fn an_event_before_every_touch_is_owed_to_nobody() {
    for attribution in [Attribution::First, Attribution::Last, Attribution::Even] {
        let early = person(&[viewed(5, "a", None)]).reached(Stage::Lead, 4);
        assert_eq!(new_leads(attribution, &[early]), [0.0], "{}", attribution.name());
    }
}

#[test]
fn a_period_limits_the_events_and_not_the_touches() {
    let asked = || given(&[], &[lead()]).attribution(Attribution::First);
    let leads = |given: Given| given.each(|row| row.new_leads);
    assert_eq!(leads(asked().between(4, 5))[1], at("b", None, 1.0), "touched before the period");
    assert_eq!(leads(asked().between(3, 4))[1], at("b", None, 0.0));
}

#[test]
fn each_stage_is_counted_at_its_own_instant_and_a_suspect_is_no_newcomer() {
    let facts = [viewed(1, "a", None), viewed(3, "b", None)];
    let stages = [(Stage::Suspect, 1), (Stage::Lead, 2), (Stage::Prospect, 3), (Stage::Customer, 4)];
    let person = stages.iter().fold(person(&facts), |person, (stage, day)| person.reached(*stage, *day));
    let rows = given(&[], &[person]).attribution(Attribution::Last).rows();
    let news: Vec<_> = rows.iter().map(|row| (row.new_leads, row.new_prospects, row.new_customers)).collect();
    assert_eq!(news, [(1.0, 0.0, 0.0), (0.0, 1.0, 1.0)]);
}

#[test]
fn by_channel_an_event_counts_where_the_fact_that_touched_first_or_last_has_its_channel() {
    let facts = [viewed(1, "a", Some("list")), viewed(2, "b", Some("radio")), viewed(3, "a", Some("ads"))];
    let lead = person(&facts).reached(Stage::Lead, 4);
    let rows = |attribution| {
        let given = given(&[], std::slice::from_ref(&lead)).by_channel().attribution(attribution);
        given.each(|row| row.new_leads)
    };
    let row = |ads, list, radio| {
        [at("a", Some("ads"), ads), at("a", Some("list"), list), at("b", Some("radio"), radio)]
    };
    assert_eq!(rows(Attribution::First), row(0.0, 1.0, 0.0));
    assert_eq!(rows(Attribution::Last), row(1.0, 0.0, 0.0));
    assert_eq!(rows(Attribution::Even), row(0.0, 0.5, 0.5), "each campaign by its first touch");
}
