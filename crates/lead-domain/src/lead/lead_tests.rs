//! Given facts, when they are folded, then the state says so.

use serde_json::{Value, json};

use super::*;
use crate::ids::EventId;
use crate::lead::test_facts::{admitted, of_ada};

/// A history of one lead: each entry is (day of January 2026, type, data), at noon.
struct History(Vec<Fact>);

fn given(entries: &[(u8, &str, Value)]) -> History {
    let at_noon = entries.iter().map(|(day, kind, data)| (on(*day), *kind, data.clone()));
    History(of_ada(&at_noon.collect::<Vec<_>>()))
}

fn on(day: u8) -> String {
    format!("2026-01-{day:02}T12:00:00.000Z")
}

fn at(day: u8) -> Instant {
    on(day).parse().unwrap()
}

impl History {
    fn lead(&self) -> Lead {
        Lead::fold(&self.0, &Policy::default_policy()).unwrap()
    }

    fn transitions(&self) -> Vec<(What, Option<&'static str>, Option<&'static str>, String)> {
        let (mut lead, policy) = (None, Policy::default_policy());
        let effects = self.0.iter().flat_map(|fact| Lead::fold_on(&mut lead, fact, &policy).transitions);
        effects.map(|t| (t.what, t.from, t.to, t.rule)).collect()
    }
}

#[track_caller]
fn stage_of(entries: &[(u8, &str, Value)], expected: Option<&str>) {
    assert_eq!(given(entries).lead().stage.map(Stage::name), expected);
}

#[track_caller]
fn disposition_of(entries: &[(u8, &str, Value)], expected: &str) {
    assert_eq!(given(entries).lead().disposition.name(), expected);
}

fn quote(id: &str) -> Value {
    json!({"quote": id})
}

fn money(amount: i64) -> Value {
    json!({"amount_minor": amount, "currency": "EUR"})
}

#[test]
fn somebody_known_without_interest_is_a_suspect_and_with_interest_a_lead() {
    stage_of(&[(1, "list.imported", json!({"list": "l"}))], Some("suspect"));
    stage_of(&[(1, "list.imported", json!({"list": "l"})), (2, "email.opened", json!({}))], Some("suspect"));
    stage_of(&[(1, "list.imported", json!({"list": "l"})), (2, "email.clicked", json!({}))], Some("lead"));
    stage_of(&[(1, "email.clicked", json!({"machine": true}))], Some("suspect"));
}

#[test]
fn an_employee_who_shows_no_interest_has_no_stage() {
    stage_of(&[(1, "role.added", json!({"role": "employee"}))], None);
    stage_of(
        &[(1, "role.added", json!({"role": "employee"})), (2, "role.removed", json!({"role": "employee"}))],
        Some("suspect"),
    );
}

#[test]
fn a_visitor_nobody_can_name_has_no_stage() {
    let viewed = json!({"type": "page.viewed", "lead": {"anonymous_id": "an-1"}, "data": {"url": "/"}});
    let lead = Lead::fold(&[admitted(0, viewed)], &Policy::default_policy()).unwrap();
    assert_eq!((lead.stage, lead.identified, lead.inbound_facts), (None, false, 1));
}

#[test]
fn taken_over_or_with_an_open_quote_it_is_a_prospect_and_falls_when_that_ends() {
    stage_of(&[(1, "lead.accepted", json!({}))], Some("prospect"));
    stage_of(
        &[(1, "lead.accepted", json!({})), (2, "lead.disqualified", json!({"reason": "r"}))],
        Some("suspect"),
    );
    stage_of(&[(1, "quote.issued", quote("Q"))], Some("prospect"));
    stage_of(&[(1, "quote.issued", quote("Q")), (2, "quote.expired", quote("Q"))], Some("suspect"));
}

#[test]
fn a_purchase_makes_a_customer_and_a_cancelled_only_order_unmakes_it() {
    stage_of(&[(1, "order.placed", json!({"order": "O"}))], Some("customer"));
    stage_of(
        &[(1, "order.placed", json!({"order": "O"})), (2, "order.cancelled", json!({"order": "O"}))],
        Some("suspect"),
    );
}

#[test]
fn the_disposition_is_the_latest_word() {
    disposition_of(&[(1, "lead.deferred", json!({}))], "nurture");
    disposition_of(&[(1, "lead.refused", json!({}))], "refused");
    disposition_of(&[(1, "lead.refused", json!({"contact_again_at": on(9)}))], "contact_later");
    disposition_of(
        &[(1, "call.made", json!({"outcome": "refused", "contact_again_at": on(9)}))],
        "contact_later",
    );
    disposition_of(
        &[(1, "lead.refused", json!({})), (2, "lead.deferred", json!({"until": on(9)}))],
        "nurture",
    );
    disposition_of(&[(1, "lead.refused", json!({})), (2, "lead.reopened", json!({}))], "open");
}

#[test]
fn asking_a_new_quote_and_one_more_purchase_reopen_a_refusal() {
    let refused = (1, "lead.refused", json!({}));
    disposition_of(&[refused.clone(), (2, "message.received", json!({"channel": "email"}))], "open");
    disposition_of(
        &[refused.clone(), (2, "message.received", json!({"channel": "email", "machine": true}))],
        "refused",
    );
    disposition_of(
        &[refused.clone(), (2, "form.submitted", json!({"form": "f", "intent": "newsletter"}))],
        "refused",
    );
    disposition_of(&[refused.clone(), (2, "quote.issued", quote("Q"))], "open");
    disposition_of(
        &[(1, "quote.issued", quote("Q")), (2, "lead.refused", json!({})), (3, "quote.issued", quote("Q"))],
        "refused",
    );
    disposition_of(&[refused.clone(), (2, "order.placed", json!({"order": "O"}))], "open");
    let second_paper = [
        (1, "order.placed", json!({"order": "O"})),
        (2, "lead.refused", json!({})),
        (3, "invoice.paid", json!({"invoice": "I", "order": "O"})),
    ];
    disposition_of(&second_paper, "refused");
}

#[test]
fn a_disqualification_ends_only_by_word() {
    let out = (1, "lead.disqualified", json!({"reason": "competitor"}));
    for later in [("lead.refused", json!({})), ("lead.deferred", json!({})), ("quote.issued", quote("Q"))] {
        disposition_of(&[out.clone(), (2, later.0, later.1)], "disqualified");
    }
    disposition_of(&[out.clone(), (2, "lead.accepted", json!({}))], "open");
    disposition_of(&[out, (2, "lead.reopened", json!({}))], "open");
}

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
fn the_profile_is_the_latest_word_per_field() {
    let lead = given(&[
        (
            1,
            "profile.updated",
            json!({"name": " Ada ", "company": "A", "attributes": {"a": 1, "b": 2}, "city": "Paris"}),
        ),
        (2, "profile.updated", json!({"company": "", "city": null, "attributes": {"b": null, "c": 3}})),
    ])
    .lead();
    let profile = &lead.profile;
    assert_eq!(
        (profile.text("name"), profile.text("company"), profile.text("city")),
        (Some("Ada"), Some("A"), None)
    );
    assert_eq!(json!(profile.attributes()), json!({"a": 1, "c": 3}));
    assert_eq!(profile.text("email"), Some("ada@example.com"));
}

#[test]
fn a_form_fills_the_profile_under_the_names_that_people_use() {
    let fields = json!({"Prénom": " Ada ", "NOM": "Lovelace", "société": "A SARL", "Code-Postal": "75001", "message": "hi", "email": "other@example.org", "company_size": "40"});
    let lead = given(&[(1, "form.submitted", json!({"form": "f", "fields": fields}))]).lead();
    let shown = |field| lead.profile.text(field).map(str::to_owned);
    assert_eq!(lead.profile.display_name().as_deref(), Some("Ada Lovelace"));
    assert_eq!(
        (shown("company").as_deref(), shown("postal_code").as_deref()),
        (Some("A SARL"), Some("75001"))
    );
    assert_eq!(shown("email").as_deref(), Some("other@example.org"), "the data say otherwise");
    assert_eq!(lead.profile.company_size().and_then(serde_json::Number::as_u64), Some(40));
}

#[test]
fn roles_groups_and_owner_follow_the_latest_fact() {
    let lead = given(&[
        (1, "group.joined", json!({"group": "north"})),
        (2, "group.joined", json!({"group": "trade"})),
        (3, "group.left", json!({"group": "north"})),
        (4, "owner.assigned", json!({"owner": "kim"})),
        (5, "role.added", json!({"role": "partner"})),
    ])
    .lead();
    assert_eq!(
        (lead.groups.len(), lead.owner.as_deref(), lead.roles.contains("partner")),
        (1, Some("kim"), true)
    );
    assert_eq!(
        given(&[
            (1, "owner.assigned", json!({"owner": "kim"})),
            (2, "owner.assigned", json!({"owner": null}))
        ])
        .lead()
        .owner,
        None
    );
}

#[test]
fn a_refusal_wins_over_a_consent_of_the_same_instant_where_it_covers_it() {
    let consents = |entries: &[(u8, &str, Value)]| {
        let list = given(entries).lead().consents.to_list();
        list.into_iter().map(|c| (c.channel.unwrap_or_default(), c.status.name())).collect::<Vec<_>>()
    };
    let given_for =
        |day, channel: Value| (day, "consent.given", json!({"purpose": "marketing", "channel": channel}));
    let gone = |day| (day, "email.unsubscribed", json!({}));
    let pairs =
        |list: &[(&str, &'static str)]| list.iter().map(|(c, s)| ((*c).to_owned(), *s)).collect::<Vec<_>>();
    assert_eq!(consents(&[given_for(1, json!("email")), gone(2)]), pairs(&[("email", "withdrawn")]));
    assert_eq!(consents(&[given_for(2, json!("email")), gone(2)]), pairs(&[("email", "withdrawn")]));
    assert_eq!(
        consents(&[given_for(2, Value::Null), gone(2)]),
        pairs(&[("", "given"), ("email", "withdrawn")])
    );
    assert_eq!(consents(&[gone(2), given_for(3, Value::Null)]), pairs(&[("", "given"), ("email", "given")]));
    let all = (2, "consent.withdrawn", json!({"purpose": "marketing"}));
    assert_eq!(
        consents(&[given_for(1, json!("email")), all]),
        pairs(&[("", "withdrawn"), ("email", "withdrawn")])
    );
}

#[test]
fn touches_are_facts_with_a_campaign_a_channel_of_their_own_or_utm() {
    let posted = |day: u8, more: Value| {
        let mut posted =
            json!({"type": "page.viewed", "occurred_at": on(day), "lead": {"email": "a@example.com"}});
        posted.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        posted
    };
    let facts = [
        admitted(0, posted(1, json!({}))),
        admitted(1, posted(2, json!({"data": {"utm": {"campaign": "spring", "source": "x"}}}))),
        admitted(2, posted(3, json!({"channel": "ads"}))),
        admitted(3, posted(4, json!({"data": {"utm": {}}}))),
    ];
    let touches = Lead::fold(&facts, &Policy::default_policy()).unwrap().touches;
    let (first, last) = (touches.first.unwrap(), touches.last.unwrap());
    assert_eq!((first.at, first.campaign.as_deref()), (at(2), Some("spring")), "the campaign comes from utm");
    assert_eq!((last.at, last.channel.as_deref(), last.utm), (at(3), Some("ads"), None));
}

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

#[test]
fn transitions_name_what_decided() {
    let told = given(&[
        (1, "form.submitted", json!({"form": "f", "intent": "demo"})),
        (2, "lead.refused", json!({})),
        (3, "order.placed", json!({"order": "O"})),
    ])
    .transitions();
    let expected = [
        (What::Stage, None, Some("lead"), "lead"),
        (What::Temperature, Some("cold"), Some("hot"), "form-quote-demo"),
        (What::Disposition, Some("open"), Some("refused"), "lead.refused"),
        (What::Stage, Some("lead"), Some("customer"), "customer"),
        (What::Disposition, Some("refused"), Some("open"), "order.placed"),
        (What::CustomerState, None, Some("active"), "order.placed"),
    ];
    assert_eq!(told, expected.map(|(what, from, to, rule)| (what, from, to, rule.to_owned())));
}

#[test]
fn a_state_reads_back_from_its_text_and_the_text_is_frozen() {
    let lead = given(&[
        (1, "form.submitted", json!({"form": "f", "intent": "demo", "fields": {"name": "Ada"}})),
        (2, "email.clicked", json!({})),
        (3, "quote.issued", json!({"quote": "Q", "amount": money(5)})),
        (4, "order.placed", json!({"order": "O", "quote": "Q"})),
    ])
    .lead();
    let text = lead.to_json();
    assert_eq!(Lead::from_json(&text).unwrap(), lead);
    let frozen = include_str!("../../tests/fixtures/state/v2.json");
    assert_eq!(text, frozen.trim_end(), "a changed state needs a new FOLD_VERSION and a new fixture");
}

#[test]
fn quarantined_posts_and_their_releases_are_not_folded() {
    let release = json!({"quarantined": EventId(uuid::Uuid::nil())});
    let history = given(&[(1, "form.released", release)]);
    assert_eq!(Lead::fold(&history.0, &Policy::default_policy()), None);
}
