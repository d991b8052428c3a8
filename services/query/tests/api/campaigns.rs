//! `GET /v1/campaigns` and `GET /v1/campaigns/{id}`

use std::sync::Arc;

use serde_json::{Value, json};

use crate::support::{Fake, get};

fn fixture(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn campaigns() -> Value {
    fixture(include_str!("../fixtures/campaigns.json"))
}

/// Campaign, channel and one figure of every row.
fn each(answer: &Value, figure: &str) -> Vec<(Value, Value, Value)> {
    let rows = answer["data"].as_array().unwrap().iter();
    rows.map(|row| (row["campaign"].clone(), row["channel"].clone(), row[figure].clone())).collect()
}

fn of(figures: &[(&str, Value)]) -> Vec<(Value, Value, Value)> {
    let channels =
        [("brand", Value::Null), ("salon-2026", json!("trade_show")), ("spring-mail", json!("email"))];
    let row = |(campaign, figure): &(&str, Value)| {
        let channel = channels.iter().find(|(name, _)| name == campaign).unwrap().1.clone();
        (json!(campaign), channel, figure.clone())
    };
    figures.iter().map(row).collect()
}

#[actix_web::test]
async fn all_campaigns_stand_as_the_contract_shows_them() {
    let fake = Arc::new(Fake::with_campaigns());
    assert_eq!(get(&fake, "/v1/campaigns").await.json(), campaigns());
}

#[actix_web::test]
async fn one_campaign_stands_by_channel_as_the_contract_shows_it_and_without_as_in_the_list() {
    let fake = Arc::new(Fake::with_campaigns());
    let by_channel = get(&fake, "/v1/campaigns/spring-mail?group_by=channel").await.json();
    assert_eq!(by_channel, fixture(include_str!("../fixtures/campaign-by-channel.json")));
    let mut expected = campaigns();
    expected["data"] = json!([expected["data"][2]]);
    assert_eq!(get(&fake, "/v1/campaigns/spring-mail").await.json(), expected);
}

#[actix_web::test]
async fn attribution_is_chosen_when_asking() {
    let mut fake = Fake::with_campaigns();
    let seen = json!({"type": "page.viewed", "lead": {"email": "ada@example.com"}, "campaign": "spring-mail", "occurred_at": "2026-02-04T00:00:00Z"});
    fake.add(seen);
    let fake = Arc::new(fake);
    for (attribution, brand, spring) in
        [("first", json!(1), json!(0)), ("last", json!(0), json!(1)), ("even", json!(0.5), json!(0.5))]
    {
        let answer = get(&fake, &format!("/v1/campaigns?attribution={attribution}")).await.json();
        assert_eq!(answer["attribution"], attribution);
        let expected = of(&[("brand", brand), ("salon-2026", json!(0)), ("spring-mail", spring)]);
        assert_eq!(each(&answer, "new_customers"), expected, "{attribution}");
    }
}

#[actix_web::test]
async fn from_and_to_limit_the_events_and_not_the_rows() {
    let fake = Arc::new(Fake::with_campaigns());
    let uri = "/v1/campaigns?from=2026-02-02T08:00:00Z&to=2026-02-12T17:00:00%2B01:00";
    let answer = get(&fake, uri).await.json();
    assert_eq!(
        (&answer["from"], &answer["to"]),
        (&json!("2026-02-02T08:00:00.000Z"), &json!("2026-02-12T16:00:00.000Z"))
    );
    let leads = of(&[("brand", json!(1)), ("salon-2026", json!(1)), ("spring-mail", json!(1))]);
    assert_eq!(each(&answer, "new_leads"), leads);
    let asked = of(&[
        ("brand", json!({"unique": 1, "total": 1})),
        ("salon-2026", json!({"unique": 0, "total": 0})),
        ("spring-mail", json!({"unique": 0, "total": 0})),
    ]);
    assert_eq!(each(&answer, "contacted"), asked, "before `to` only");
    assert_eq!(answer["data"][1]["cost"], json!([]), "paid before");
}

#[actix_web::test]
async fn a_campaign_is_found_by_its_percent_encoded_name() {
    let mut fake = Fake::default();
    for name in ["50 % off/été", "a+b", "."] {
        fake.add(json!({"type": "campaign.defined", "data": {"campaign": name}}));
    }
    let fake = Arc::new(fake);
    for (path, name) in
        [("50%20%25%20off%2F%C3%A9t%C3%A9", "50 % off/été"), ("a+b", "a+b"), ("a%2Bb", "a+b"), ("%2E", ".")]
    {
        let answer = get(&fake, &format!("/v1/campaigns/{path}")).await;
        assert_eq!(answer.json()["data"][0]["campaign"], name, "{path}");
    }
}

#[actix_web::test]
async fn a_campaign_that_nobody_knows_is_not_found() {
    let fake = Arc::new(Fake::with_campaigns());
    for name in ["autumn", "Spring-mail", "spring-mail%20"] {
        let answer = get(&fake, &format!("/v1/campaigns/{name}")).await;
        assert_eq!(answer.problem(), (404, "not_found".to_owned()), "{name}");
    }
}

#[actix_web::test]
async fn pages_follow_each_other_by_cursor() {
    let fake = Arc::new(Fake::with_campaigns());
    for (path, rows) in [
        ("/v1/campaigns?group_by=channel&", 5),
        ("/v1/campaigns?", 3),
        ("/v1/campaigns/spring-mail?group_by=channel&", 3),
    ] {
        let whole = get(&fake, path.trim_end_matches(['&', '?'])).await.json();
        assert_eq!(
            (whole["data"].as_array().unwrap().len(), &whole["next_cursor"]),
            (rows, &Value::Null),
            "{path}"
        );
        let (mut data, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = get(&fake, &format!("{path}limit=2{cursor}")).await.json();
            data.extend(page["data"].as_array().unwrap().clone());
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(json!(data), whole["data"], "{path}");
    }
}

#[actix_web::test]
async fn a_cursor_belongs_to_one_question() {
    let fake = Arc::new(Fake::with_campaigns());
    let page = get(&fake, "/v1/campaigns/spring-mail?group_by=channel&limit=1").await.json();
    let cursor = page["next_cursor"].as_str().unwrap();
    for uri in [
        "/v1/campaigns?group_by=channel&limit=1",
        "/v1/campaigns/brand?group_by=channel&limit=1",
        "/v1/campaigns/spring-mail?limit=1",
    ] {
        let answer = get(&fake, &format!("{uri}&cursor={cursor}")).await;
        assert_eq!(answer.problem(), (400, "invalid_cursor".to_owned()), "{uri}");
    }
}

#[actix_web::test]
async fn what_is_wrong_with_a_parameter_is_told() {
    let fake = Arc::new(Fake::with_campaigns());
    let cases = [
        ("attribution=linear", "/attribution", "unknown_value"),
        ("from=2026-01-01", "/from", "not_an_instant"),
        ("to=soon", "/to", "not_an_instant"),
        ("group_by=country", "/group_by", "unknown_value"),
        ("limit=0", "/limit", "out_of_range"),
        ("campaign=x", "/campaign", "unknown_parameter"),
    ];
    for (query, pointer, code) in cases {
        for path in ["/v1/campaigns", "/v1/campaigns/brand"] {
            let answer = get(&fake, &format!("{path}?{query}")).await;
            assert_eq!(answer.problem(), (400, "invalid_parameter".to_owned()), "{path} {query}");
            assert_eq!(answer.errors(), [(pointer.to_owned(), code.to_owned())], "{path} {query}");
        }
    }
}

#[actix_web::test]
async fn before_qualification_ran_there_are_no_campaigns() {
    let fake = Arc::new(Fake { no_policy: true, ..Fake::with_campaigns() });
    let mut expected = campaigns();
    expected["data"] = json!([]);
    assert_eq!(get(&fake, "/v1/campaigns").await.json(), expected);
    assert_eq!(get(&fake, "/v1/campaigns/brand").await.problem(), (404, "not_found".to_owned()));
}

#[actix_web::test]
async fn figures_are_counted_anew_when_another_generation_took_over_meanwhile() {
    let fake = Fake::with_campaigns();
    *fake.switches_after.lock().unwrap() = Some(1);
    assert_eq!(get(&Arc::new(fake), "/v1/campaigns").await.json(), campaigns());
}

#[actix_web::test]
async fn more_people_and_facts_than_one_step_reads_are_all_counted() {
    let mut fake = Fake::default();
    for number in 0..300 {
        let lead = json!({"email": format!("person{number}@example.com")});
        fake.add(json!({"type": "page.viewed", "lead": lead, "campaign": "spring"}));
        let amount = json!({"amount_minor": 1, "currency": "EUR"});
        let data = json!({"campaign": "spring", "amount": amount});
        fake.add(json!({"type": "campaign.cost_recorded", "id": format!("c-{number}"), "data": data}));
    }
    let row = get(&Arc::new(fake), "/v1/campaigns/spring").await.json()["data"][0].clone();
    assert_eq!(row["seen"], json!({"unique": 300, "total": 300}));
    assert_eq!((&row["new_leads"], &row["cost"][0]["amount_minor"]), (&json!(300), &json!(300)));
}
