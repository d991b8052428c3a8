//! What campaigns bring and what they cost.

use serde_json::{Value, json};

use crate::support::app::{App, Mode, Setup, fixture, shared};
use crate::support::compare::assert_same;
use crate::support::facts::{at, fact, unique, unique_email};
use crate::support::http::encoded;
use crate::support::in_both_modes;

in_both_modes!(
    the_figures_of_the_worked_scenario_are_as_worked_out_by_hand,
    people_who_turn_out_to_be_one_are_counted_once,
    a_late_touch_takes_what_it_is_owed,
    a_campaign_has_a_row_as_soon_as_a_fact_names_it,
    the_longest_name_is_found,
    what_nobody_named_is_not_found,
);

fn json_fixture(name: &str) -> Value {
    serde_json::from_str(&fixture(name)).unwrap()
}

fn the_figures_of_the_worked_scenario_are_as_worked_out_by_hand(mode: Mode) {
    let app = Setup::new(mode).clock("2026-06-01T07:59:00Z").start();
    let facts: Vec<Value> =
        fixture("scenario.ndjson").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let answer = app.post("application/json", json!(facts).to_string()).expect(202).json();
    let position = answer["position"].as_str().unwrap();
    let all = json_fixture("campaigns.json");
    assert_same("all campaigns", &all, &app.get_at("/v1/campaigns", position).expect(200).json(), 0.0);

    let by_channel = app.get("/v1/campaigns/spring-mail?group_by=channel").expect(200).json();
    assert_same("by channel", &json_fixture("campaign-by-channel.json"), &by_channel, 0.0);
    for row in all["data"].as_array().unwrap() {
        let one = app.get(&format!("/v1/campaigns/{}", row["campaign"].as_str().unwrap())).expect(200).json();
        assert_same("one campaign", row, &one["data"][0], 0.0);
    }
    let paged: Vec<Value> = app.pages("/v1/campaigns?limit=1");
    assert_same("pages", &all["data"], &json!(paged), 0.0);
}

/// A page view of somebody, owed to a campaign.
fn touched(campaign: &str, lead: Value, instant: &str) -> Value {
    let mut fact = at(instant, fact("page.viewed", lead, json!({"url": "/"})));
    fact["campaign"] = campaign.into();
    fact
}

/// The row of a campaign, once everything up to a position is there.
#[track_caller]
fn row(app: &App, campaign: &str, position: &str) -> Value {
    let page = app.get_at(&format!("/v1/campaigns/{}", encoded(campaign)), position).expect(200).json();
    assert_eq!(page["data"].as_array().map(Vec::len), Some(1), "{page}");
    page["data"][0].clone()
}

fn people_who_turn_out_to_be_one_are_counted_once(mode: Mode) {
    let app = shared(mode);
    let (campaign, one, two) = (unique("campaign"), unique_email("one"), unique_email("two"));
    let position = app.post_facts(&[
        touched(&campaign, json!({"email": one}), "2024-01-01T00:00:00Z"),
        touched(&campaign, json!({"email": two}), "2024-01-02T00:00:00Z"),
    ]);
    let apart = row(app, &campaign, &position);
    assert_eq!((&apart["seen"], &apart["new_leads"]), (&json!({"unique": 2, "total": 2}), &json!(2)));

    let link = fact("identity.linked", json!({"email": one}), json!({"other": {"email": two}}));
    let together = row(app, &campaign, &app.post_facts(&[link]));
    assert_eq!((&together["seen"], &together["new_leads"]), (&json!({"unique": 1, "total": 2}), &json!(1)));
}

fn a_late_touch_takes_what_it_is_owed(mode: Mode) {
    let app = shared(mode);
    let (early, late, email) = (unique("early"), unique("late"), unique_email("touched"));
    let order = fact(
        "order.placed",
        json!({"email": email}),
        json!({"order": unique("O"), "amount": {"amount_minor": 101, "currency": "EUR"}}),
    );
    let position = app.post_facts(&[
        touched(&late, json!({"email": email}), "2024-02-01T00:00:00Z"),
        at("2024-02-02T00:00:00Z", order),
    ]);
    assert_eq!(row(app, &late, &position)["revenue"], json!([{"amount_minor": 101, "currency": "EUR"}]));

    let position = app.post_facts(&[touched(&early, json!({"email": email}), "2024-01-01T00:00:00Z")]);
    let first = row(app, &early, &position);
    assert_eq!((&first["new_customers"], &first["new_leads"]), (&json!(1), &json!(1)));
    assert_eq!(row(app, &late, &position)["revenue"], json!([]));
    let even = app.get(&format!("/v1/campaigns/{}?attribution=even", encoded(&late))).expect(200).json();
    let row = &even["data"][0];
    assert_eq!(
        (&row["new_customers"], &row["new_leads"]),
        (&json!(0.5), &json!(0)),
        "a lead before it touched"
    );
    assert_eq!(row["revenue"][0]["amount_minor"], 51, "half of 101");
}

fn a_campaign_has_a_row_as_soon_as_a_fact_names_it(mode: Mode) {
    let app = shared(mode);
    let (defined, paid, visited) = (unique("50 % off/été"), unique("b+c"), unique("brand"));
    let amount = json!({"amount_minor": 500, "currency": "EUR"});
    let about =
        |kind: &str, data: Value| json!({"type": kind, "occurred_at": "2024-01-01T00:00:00Z", "data": data});
    let mut visit =
        fact("page.viewed", json!({"anonymous_id": unique("an")}), json!({"utm": {"campaign": visited}}));
    visit["channel"] = "ads".into();
    let position = app.post_facts(&[
        about("campaign.defined", json!({"campaign": defined, "name": "Off", "channel": "radio"})),
        about("campaign.cost_recorded", json!({"campaign": paid, "amount": amount, "on": "2024-03-01"})),
        visit,
    ]);
    let defined = row(app, &defined, &position);
    assert_eq!(
        (&defined["name"], &defined["channel"], &defined["cost"]),
        (&json!("Off"), &json!("radio"), &json!([]))
    );
    let cost = |row: &Value| row["cost"].clone();
    assert_eq!(cost(&row(app, &paid, &position)), json!([amount]));
    let march =
        app.get(&format!("/v1/campaigns/{}?from=2024-03-01T00:00:00Z", encoded(&paid))).expect(200).json();
    assert_eq!(cost(&march["data"][0]), json!([amount]), "on its day, not at its instant");
    let visited = row(app, &visited, &position);
    assert_eq!(
        (&visited["seen"]["unique"], &visited["new_leads"]),
        (&json!(1), &json!(0)),
        "nobody can name them"
    );
    assert_eq!((&visited["name"], &visited["channel"]), (&Value::Null, &Value::Null));
}

/// Characters of four bytes that do not compress: an index row could not hold the name.
fn the_longest_name_is_found(mode: Mode) {
    let app = shared(mode);
    let letter =
        |number: u32| char::from_u32(0x2_0000 + number.wrapping_mul(2_654_435_761) % 0xa000).unwrap();
    let beginning: String = (0..1_023).map(letter).collect();
    let (one, other) = (format!("{beginning}a"), format!("{beginning}b"));
    let position = app.post_facts(&[
        json!({"type": "campaign.defined", "data": {"campaign": one, "name": "one"}}),
        json!({"type": "campaign.defined", "data": {"campaign": other, "name": "other"}}),
        touched(&one, json!({"email": unique_email("long-name")}), "2024-01-01T00:00:00Z"),
    ]);
    let (one, other) = (row(app, &one, &position), row(app, &other, &position));
    assert_eq!((&one["name"], &one["seen"]["total"]), (&json!("one"), &json!(1)));
    assert_eq!(
        (&other["name"], &other["seen"]["total"]),
        (&json!("other"), &json!(0)),
        "no namesake's facts"
    );
}

fn what_nobody_named_is_not_found(mode: Mode) {
    let app = shared(mode);
    let unknown = app.get(&format!("/v1/campaigns/{}", encoded(&unique("nothing")))).expect(404);
    assert_eq!(unknown.problem(), "not_found");
}
