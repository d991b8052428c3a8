//! Revenue, cost, and what follows from them.

use super::*;

fn money(amounts: &[(i64, &str)]) -> Vec<Money> {
    let money = |(amount_minor, currency): &(i64, &str)| Money {
        amount_minor: *amount_minor,
        currency: (*currency).to_owned(),
    };
    amounts.iter().map(money).collect()
}

fn buyer() -> Person {
    person(&[viewed(1, "spring", None)])
}

fn returns(row: &CampaignRow) -> Vec<(&str, f64)> {
    row.returns.iter().map(|one| (one.currency.as_str(), one.ratio)).collect()
}

#[test]
fn revenue_is_what_the_purchases_are_worth_at_their_date_and_currencies_are_never_added_up() {
    let person = buyer().bought(2, 100, "EUR").bought(3, 50, "EUR").bought(3, 70, "USD").bought(5, 9, "EUR");
    assert_eq!(given(&[], std::slice::from_ref(&person)).row().revenue, money(&[(159, "EUR"), (70, "USD")]));
    assert_eq!(given(&[], &[person]).between(3, 5).row().revenue, money(&[(50, "EUR"), (70, "USD")]));
}

#[test]
fn revenue_is_divided_as_newcomers_are_and_rounded_to_the_minor_unit() {
    let facts = ["a", "b", "c"].map(|name| viewed(1, name, None));
    let rows = given(&[], &[person(&facts).bought(2, 200, "EUR")]).attribution(Attribution::Even).rows();
    assert!(rows.iter().all(|row| row.revenue == money(&[(67, "EUR")])), "{rows:?}");
}

#[test]
fn a_cost_counts_on_its_day_else_at_its_instant() {
    let amount = json!({"amount_minor": 70, "currency": "EUR"});
    let dated = about(
        9,
        "campaign.cost_recorded",
        json!({"campaign": "spring", "amount": amount, "on": "2026-01-04"}),
    );
    let campaigns = [dated, paid(3, "spring", 5, "EUR"), paid(4, "spring", 8, "USD")];
    assert_eq!(given(&campaigns, &[]).row().cost, money(&[(75, "EUR"), (8, "USD")]));
    assert_eq!(
        given(&campaigns, &[]).between(3, 4).row().cost,
        money(&[(75, "EUR")]),
        "a day begins at midnight"
    );
    assert_eq!(given(&campaigns, &[]).between(4, 9).row().cost, money(&[(8, "USD")]));
}

#[test]
fn by_channel_a_cost_counts_at_the_campaign_s_own() {
    let campaigns = [paid(2, "spring", 5, "EUR"), defined("spring", "email")];
    let cost = given(&campaigns, &[person(&[viewed(1, "spring", Some("ads"))])])
        .by_channel()
        .each(|row| row.cost.clone());
    assert_eq!(cost, [at("spring", Some("ads"), vec![]), at("spring", Some("email"), money(&[(5, "EUR")]))]);
}

#[test]
fn cost_per_newcomer_is_rounded_to_the_minor_unit_and_empty_if_there_is_nobody_to_divide_by() {
    let campaigns = [paid(1, "spring", 100, "EUR"), paid(1, "spring", 5, "USD")];
    let one = buyer().reached(Stage::Lead, 2);
    let two = one.clone().reached(Stage::Prospect, 3);
    let row = given(&campaigns, &[one, two.clone(), two]).row();
    assert_eq!(row.cost_per_lead, money(&[(33, "EUR"), (2, "USD")]));
    assert_eq!(row.cost_per_prospect, money(&[(50, "EUR"), (3, "USD")]));
    assert_eq!(row.cost_per_customer, []);
}

#[test]
fn cost_is_divided_by_parts_of_people_too() {
    let halves = person(&[viewed(1, "spring", None), viewed(1, "other", None)]).reached(Stage::Lead, 2);
    let whole = buyer().reached(Stage::Lead, 2);
    let rows =
        given(&[paid(1, "spring", 100, "EUR")], &[halves, whole]).attribution(Attribution::Even).rows();
    assert_eq!((rows[1].new_leads, rows[1].cost_per_lead.clone()), (1.5, money(&[(67, "EUR")])));
}

#[test]
fn the_return_is_revenue_less_cost_by_cost_in_each_currency_that_has_a_cost() {
    let campaigns =
        [paid(1, "spring", 200, "EUR"), paid(1, "spring", 10, "USD"), paid(1, "spring", 0, "GBP")];
    let row = given(&campaigns, &[buyer().bought(2, 500, "EUR").bought(2, 300, "CHF")]).row();
    assert_eq!(returns(&row), [("EUR", 1.5), ("USD", -1.0)], "none of what cost nothing");
    assert_eq!(row.cost, money(&[(200, "EUR"), (0, "GBP"), (10, "USD")]));
    assert_eq!(given(&[], &[buyer().bought(2, 5, "EUR")]).row().returns, []);
}

#[test]
fn the_purchases_of_a_lead_that_stand_are_told_with_date_and_worth() {
    let order = |day, kind: &str, id: &str, amount: i64| {
        let amount = json!({"amount_minor": amount, "currency": "EUR"});
        fact(day, kind, "spring", None, json!({"order": id, "amount": amount}))
    };
    let facts = [
        order(1, "order.placed", "O-1", 5),
        order(2, "order.placed", "O-2", 7),
        order(3, "order.cancelled", "O-1", 5),
    ];
    let lead = crate::lead::Lead::fold(&facts, &crate::policy::Policy::default_policy()).unwrap();
    let standing = lead.sales.standing();
    assert_eq!(
        standing.iter().map(|one| (one.at, one.worth.to_list())).collect::<Vec<_>>(),
        [(on(2), money(&[(7, "EUR")]))]
    );
}
