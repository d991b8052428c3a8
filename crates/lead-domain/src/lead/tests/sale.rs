//! Quotes, purchases, and what they are worth.

use proptest::prelude::*;

use super::*;

#[test]
fn papers_that_name_each_other_are_one_purchase_also_through_a_third() {
    let papers = [
        (1, "invoice.paid", json!({"invoice": "I", "order": "O", "amount": money(90)})),
        (2, "quote.accepted", json!({"quote": "Q", "amount": money(70)})),
        (3, "contract.signed", json!({"contract": "C", "quote": "Q", "amount": money(80)})),
    ];
    let apart = given(&papers).lead().sales;
    assert_eq!((apart.purchases(), apart.last_purchase_at()), (2, Some(at(2))));
    assert_eq!(apart.revenue().to_list()[0].amount_minor, 90 + 80);

    let joined =
        [&papers[..], &[(4, "order.placed", json!({"order": "O", "contract": "C", "amount": money(100)}))]]
            .concat();
    let sales = given(&joined).lead().sales;
    assert_eq!(
        (sales.purchases(), sales.last_purchase_at()),
        (1, Some(at(1))),
        "dated by its first purchase-making fact"
    );
    assert_eq!(sales.revenue().to_list()[0].amount_minor, 100, "the orders decide");
}

#[test]
fn a_chain_is_worth_its_orders_else_its_paid_invoices_else_its_contracts_else_its_quote() {
    let worth = |entries: &[(u8, &str, Value)]| given(entries).lead().sales.revenue().to_list();
    let quote = (1, "quote.issued", json!({"quote": "Q", "amount": money(70)}));
    let accepted = (2, "quote.accepted", quote_only());
    let contract = (3, "contract.signed", json!({"contract": "C", "quote": "Q", "amount": money(80)}));
    let unpaid = (4, "invoice.issued", json!({"invoice": "I", "contract": "C", "amount": money(95)}));
    let paid = (5, "invoice.paid", json!({"invoice": "I", "contract": "C", "amount": money(90)}));
    let order = (6, "order.placed", json!({"order": "O", "quote": "Q", "amount": money(100)}));
    let dearer = (7, "order.placed", json!({"order": "O", "amount": money(110)}));
    let all = [quote, accepted, contract, unpaid, paid, order, dearer];
    for (count, amount) in [(2, 70), (3, 80), (4, 80), (5, 90), (6, 100), (7, 110)] {
        assert_eq!(worth(&all[..count])[0].amount_minor, amount, "after {count} facts");
    }
}

fn quote_only() -> Value {
    quote("Q")
}

#[test]
fn an_order_that_is_cancelled_takes_its_purchase_away_unless_another_order_stands() {
    let placed = |day, order: &str| {
        (day, "order.placed", json!({"order": order, "contract": "C", "amount": money(10)}))
    };
    let cancelled = |day, order: &str| (day, "order.cancelled", json!({"order": order}));
    let paid = (3, "invoice.paid", json!({"invoice": "I", "order": "A"}));
    let sales = |entries: &[(u8, &str, Value)]| given(entries).lead().sales;
    assert_eq!(
        sales(&[placed(1, "A"), cancelled(2, "A"), paid.clone()]).purchases(),
        0,
        "a paid invoice does not bring it back"
    );
    assert_eq!(
        sales(&[placed(1, "A"), placed(2, "B"), cancelled(4, "A")]).revenue().to_list()[0].amount_minor,
        10
    );
    assert_eq!(
        sales(&[placed(1, "A"), cancelled(2, "A"), placed(4, "A")]).purchases(),
        1,
        "the latest fact tells"
    );
}

#[test]
fn currencies_are_never_added_up() {
    let dollars = json!({"amount_minor": 5, "currency": "USD"});
    let lead = given(&[
        (1, "order.placed", json!({"order": "A", "amount": money(10)})),
        (2, "order.placed", json!({"order": "B", "amount": dollars})),
    ])
    .lead();
    let revenue: Vec<_> =
        lead.sales.revenue().to_list().into_iter().map(|m| (m.currency, m.amount_minor)).collect();
    assert_eq!(revenue, [("EUR".to_owned(), 10), ("USD".to_owned(), 5)]);
}

#[test]
fn a_quote_is_open_until_it_ends_or_its_chain_purchases_and_only_a_new_issue_opens_it_again() {
    let open = |entries: &[(u8, &str, Value)]| given(entries).lead().sales.open_quotes();
    let issued = |day| (day, "quote.issued", quote("Q"));
    let ordered = (2, "order.placed", json!({"order": "O", "quote": "Q"}));
    assert_eq!(open(&[issued(1)]), 1);
    for end in ["quote.accepted", "quote.declined", "quote.expired"] {
        assert_eq!(open(&[issued(1), (2, end, quote("Q"))]), 0, "{end}");
    }
    assert_eq!(open(&[issued(1), ordered.clone()]), 0);
    assert_eq!(open(&[issued(1), ordered.clone(), issued(3)]), 1);
    assert_eq!(open(&[issued(1), (2, "order.placed", json!({"order": "other"}))]), 1);
    let by_a_third = [
        issued(1),
        (2, "contract.signed", json!({"contract": "C"})),
        (3, "invoice.issued", json!({"invoice": "I", "contract": "C", "quote": "Q"})),
    ];
    assert_eq!(open(&by_a_third), 0, "the purchase is in its chain, though the link came later");
}

#[test]
fn an_order_that_only_a_contract_names_is_not_cancelled_with_another() {
    let facts = [
        (1, "contract.signed", json!({"contract": "C", "order": "A", "amount": money(80)})),
        (2, "contract.signed", json!({"contract": "C", "order": "B"})),
        (3, "order.cancelled", json!({"order": "B"})),
        (4, "order.cancelled", json!({"order": "A"})),
    ];
    let purchases = |count: usize| given(&facts[..count]).lead().sales.purchases();
    assert_eq!([purchases(2), purchases(3), purchases(4)], [1, 1, 0]);
}

/// A fact about one of a few papers, which may name a few others.
fn paper_fact() -> impl Strategy<Value = (u8, &'static str, Value)> {
    let kinds = [
        ("quote.issued", "quote"),
        ("quote.accepted", "quote"),
        ("quote.declined", "quote"),
        ("contract.signed", "contract"),
        ("order.placed", "order"),
        ("order.cancelled", "order"),
        ("invoice.issued", "invoice"),
        ("invoice.paid", "invoice"),
    ];
    let named =
        prop::collection::btree_map(prop::sample::select(&["quote", "contract", "order"][..]), 0..5_u8, 0..3);
    (1..28_u8, prop::sample::select(kinds.to_vec()), 0..5_u8, named, prop::option::of(0..50_i64)).prop_map(
        |(day, (kind, own), id, named, amount)| {
            let mut data = serde_json::Map::new();
            for (paper, id) in named {
                data.insert(paper.to_owned(), json!(id.to_string()));
            }
            data.insert(own.to_owned(), json!(id.to_string()));
            data.extend(
                amount.filter(|_| kind != "order.cancelled").map(|sum| ("amount".to_owned(), money(sum))),
            );
            (day, kind, Value::Object(data))
        },
    )
}

proptest! {
    /// What is kept up fact by fact is what follows from all papers at once.
    #[test]
    fn sales_that_are_folded_on_are_those_that_are_read_anew(
        mut facts in prop::collection::vec(paper_fact(), 1..25),
    ) {
        facts.sort_by_key(|(day, _, _)| *day);
        let sales = given(&facts).lead().sales;
        let read: Sales = serde_json::from_str(&serde_json::to_string(&sales).unwrap()).unwrap();
        prop_assert_eq!(sales, read);
    }
}
