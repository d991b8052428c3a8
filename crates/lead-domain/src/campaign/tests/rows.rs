//! Which rows there are, and in which order.

use super::*;

#[test]
fn there_is_one_row_for_each_campaign_defined_paid_for_or_named_by_a_fact() {
    let campaigns = [defined("c-defined", "email"), paid(1, "b-paid", 5, "EUR")];
    let rows = given(&campaigns, &[person(&[viewed(1, "a-named", None)])]).rows();
    let told: Vec<_> = rows.iter().map(|row| (row.key.campaign.as_str(), row.channel.as_deref())).collect();
    assert_eq!(told, [("a-named", None), ("b-paid", None), ("c-defined", Some("email"))]);
}

#[test]
fn a_campaign_is_called_as_was_told_last() {
    let told = |day: u8, data: Value| about(day, "campaign.defined", data);
    let first = told(1, json!({"campaign": "spring", "name": "Spring", "channel": "email"}));
    let second = told(2, json!({"campaign": "spring", "name": "Spring mailing"}));
    let row = given(&[first, second], &[]).row();
    assert_eq!((row.name.as_deref(), row.channel.as_deref()), (Some("Spring mailing"), Some("email")));
}

#[test]
fn a_fact_s_channel_is_its_own_else_the_campaign_s() {
    let facts = [viewed(1, "spring", None), viewed(2, "spring", Some("ads")), viewed(3, "other", None)];
    let seen = given(&[defined("spring", "email")], &[person(&facts)])
        .by_channel()
        .each(|row| row.activity.seen.total);
    assert_eq!(seen, [at("other", None, 1), at("spring", Some("ads"), 1), at("spring", Some("email"), 1)]);
}

#[test]
fn people_are_unique_in_each_row() {
    let both = person(&[viewed(1, "spring", Some("ads")), viewed(2, "spring", Some("email"))]);
    let unique = |given: Given| given.each(|row| row.activity.seen.unique);
    assert_eq!(unique(given(&[], std::slice::from_ref(&both))), [at("spring", None, 1)]);
    let apart = unique(given(&[], &[both]).by_channel());
    assert_eq!(apart, [at("spring", Some("ads"), 1), at("spring", Some("email"), 1)]);
}

#[test]
fn rows_without_a_channel_stand_last_in_their_campaign() {
    let facts =
        [viewed(1, "b", None), viewed(2, "b", Some("z")), viewed(3, "a", None), viewed(4, "b", Some("B"))];
    let keys = given(&[], &[person(&facts)]).by_channel().each(|_| ());
    assert_eq!(keys, [at("a", None, ()), at("b", Some("B"), ()), at("b", Some("z"), ()), at("b", None, ())]);
}

#[test]
fn a_page_has_the_first_rows_behind_its_place_whole() {
    let people: Vec<Person> =
        ["d", "b", "e", "a", "c", "b", "d"].iter().map(|name| person(&[viewed(1, name, None)])).collect();
    let mut asked = given(&[defined("b", "x")], &people);
    asked.question.after = Some(RowKey { campaign: "a".to_owned(), channel: None });
    asked.question.most = 3;
    let seen = asked.each(|row| row.activity.seen.unique);
    assert_eq!(seen, [at("b", None, 2), at("c", None, 1), at("d", None, 2)]);
}

#[test]
fn one_campaign_can_be_asked_for_and_the_others_still_take_what_is_theirs() {
    let facts = [viewed(1, "brand", None), viewed(2, "spring", None)];
    let lead = person(&facts).reached(Stage::Lead, 3);
    let mut asked = given(&[], &[lead]);
    asked.question.campaign = Some("spring".to_owned());
    let row = asked.row();
    assert_eq!((row.key.campaign.as_str(), row.new_leads, row.activity.seen.total), ("spring", 0.0, 1));
}
