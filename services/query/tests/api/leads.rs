//! `GET /v1/leads`

use std::sync::Arc;

use lead_domain::identity::IdentifierKind;
use lead_domain::lead::{Score, Temperature};
use lead_domain::policy::Policy;
use read_model::{After, LeadFilter, LeadSort};
use serde_json::{Value, json};

use crate::support::{Fake, ada, email, get, instant};

/// The filter that the read model was asked for last, without the instant, which the running clock makes differ.
fn last_filter(fake: &Fake) -> LeadFilter {
    let (filter, ..) = fake.asked.lock().unwrap().last().unwrap().clone();
    assert!(filter.at.is_some());
    LeadFilter { at: None, ..filter }
}

fn texts<const N: usize>(values: [&str; N]) -> Vec<String> {
    values.map(ToOwned::to_owned).to_vec()
}

#[actix_web::test]
async fn a_list_shows_leads_as_the_contract_does_and_the_instant_of_the_request() {
    let fake = Arc::new(Fake::with_ada_and_ben());
    let mut answer = get(&fake, "/v1/leads").await.json();
    let as_of = answer["as_of"].take();
    assert!(as_of.as_str().unwrap().starts_with("2026-06-01T08:0"), "{as_of}");
    let expected: Value = serde_json::from_str(include_str!("../fixtures/leads.json")).unwrap();
    assert_eq!(answer, expected);
}

#[actix_web::test]
async fn every_filter_reaches_the_read_model() {
    let fake = Arc::new(Fake::with_ada_and_ben());
    let any = LeadFilter::default();
    let cases: Vec<(&str, LeadFilter)> = vec![
        ("", any.clone()),
        ("stage=lead,none", LeadFilter { stage: vec![Some("lead".to_owned()), None], ..any.clone() }),
        ("temperature=cold,warm", LeadFilter { temperature: texts(["cold", "warm"]), ..any.clone() }),
        ("min_score=0", any.clone()),
        ("min_score=-3", any.clone()),
        ("disposition=open", LeadFilter { disposition: texts(["open"]), ..any.clone() }),
        ("role=partner,press", LeadFilter { role: texts(["partner", "press"]), ..any.clone() }),
        ("group=north", LeadFilter { group: texts(["north"]), ..any.clone() }),
        ("owner=Kim", LeadFilter { owner: texts(["Kim"]), ..any.clone() }),
        ("source=website", LeadFilter { source: texts(["website"]), ..any.clone() }),
        ("campaign=a%20b", LeadFilter { campaign: texts(["a b"]), ..any.clone() }),
        ("channel=ads", LeadFilter { channel: texts(["ads"]), ..any.clone() }),
        ("country=FR,be", LeadFilter { country: texts(["fr", "be"]), ..any.clone() }),
        ("q=LoveLACE", LeadFilter { q: Some("lovelace".to_owned()), ..any.clone() }),
        (
            "created_from=2026-01-01T00:00:00Z&created_to=2026-02-01T00:00:00%2B01:00",
            LeadFilter {
                created_from: Some(instant("2026-01-01T00:00:00Z")),
                created_to: Some(instant("2026-01-31T23:00:00Z")),
                ..any.clone()
            },
        ),
        ("anonymous=true", LeadFilter { anonymous: true, ..any.clone() }),
        ("anonymous=false", any.clone()),
    ];
    for (query, expected) in cases {
        assert_eq!(get(&fake, &format!("/v1/leads?{query}")).await.status, 200, "{query}");
        assert_eq!(last_filter(&fake), expected, "{query}");
    }
}

#[actix_web::test]
async fn identifiers_are_brought_into_canonical_form() {
    let fake = Arc::new(Fake::default());
    let query = "/v1/leads?email=%20Ada@Ex%C3%A4mple.COM&phone=06%2012%2034%2056%2078,%2B32470123456&external_id=C-1004";
    assert_eq!(get(&fake, query).await.status, 200);
    let expected = vec![
        (IdentifierKind::Email, texts(["ada@xn--exmple-cua.com"])),
        (IdentifierKind::Phone, texts(["+32470123456", "+33612345678"])),
        (IdentifierKind::ExternalId, texts(["C-1004"])),
    ];
    assert_eq!(last_filter(&fake).identifiers, expected);
}

#[actix_web::test]
async fn an_unescaped_plus_in_a_phone_number_or_an_email_address_is_understood() {
    let fake = Arc::new(Fake::default());
    assert_eq!(
        get(&fake, "/v1/leads?phone=+33612345678,06%2012+34+56%2079&email=ada+x@example.com").await.status,
        200
    );
    let expected = vec![
        (IdentifierKind::Email, texts(["ada+x@example.com"])),
        (IdentifierKind::Phone, texts(["+33612345678", "+33612345679"])),
    ];
    assert_eq!(last_filter(&fake).identifiers, expected);
}

#[actix_web::test]
async fn the_least_score_becomes_a_bound_of_the_rank_key_at_the_instant() {
    let fake = Arc::new(Fake::default());
    assert_eq!(get(&fake, "/v1/leads?min_score=25").await.status, 200);
    let (filter, ..) = fake.asked.lock().unwrap().last().unwrap().clone();
    let bound = Score::rank_bound(25.0, filter.at.unwrap(), &Policy::default_policy());
    assert_eq!(filter.min_rank_key, bound);
    assert!(bound.is_some());
    assert_eq!(get(&fake, "/v1/leads?temperature=hot,warm").await.status, 200);
    let (filter, ..) = fake.asked.lock().unwrap().last().unwrap().clone();
    let bound = Score::rank_bound_of(Temperature::Warm, filter.at.unwrap(), &Policy::default_policy());
    assert_eq!((filter.temperature, filter.min_rank_key), (texts(["hot", "warm"]), bound));
}

#[actix_web::test]
async fn every_order_reaches_the_read_model_and_score_is_the_default() {
    let fake = Arc::new(Fake::default());
    let orders = [
        ("", LeadSort::Score),
        ("?sort=-score", LeadSort::Score),
        ("?sort=-last_activity_at", LeadSort::LastActivity),
        ("?sort=-created_at", LeadSort::Created),
        ("?sort=name", LeadSort::Name),
    ];
    for (query, expected) in orders {
        assert_eq!(get(&fake, &format!("/v1/leads{query}")).await.status, 200);
        let (_, sort, after, limit) = fake.asked.lock().unwrap().last().unwrap().clone();
        assert_eq!((sort, after, limit), (expected, None, 51));
    }
}

#[actix_web::test]
async fn pages_follow_each_other_by_cursor_in_every_order() {
    let fake = Arc::new(Fake::with_ada_and_ben());
    let ids = {
        let mut ids = [ada(), email("ben@example.org")];
        ids.sort();
        ids.map(|id| id.to_string())
    };
    for sort in ["-score", "-last_activity_at", "-created_at", "name"] {
        let uri = format!("/v1/leads?limit=1&stage=lead,customer&sort={sort}");
        let first = get(&fake, &uri).await.json();
        assert_eq!(first["data"][0]["id"], ids[0]);
        let cursor = first["next_cursor"].as_str().unwrap();
        assert!(!cursor.contains(&ids[0]), "a cursor is sealed");
        let second =
            get(&fake, &format!("{uri}&cursor={cursor}&limit=1").replacen("limit=1&", "", 1)).await.json();
        assert_eq!((&second["data"][0]["id"], &second["next_cursor"]), (&json!(ids[1]), &Value::Null));
        let (_, _, after, _) = fake.asked.lock().unwrap().last().unwrap().clone();
        if let Some(After::Score(key, _)) = after {
            assert_eq!(key, Some(0.1 + 0.2), "the key comes back with all its bits");
        }
    }
}

#[actix_web::test]
async fn a_cursor_of_another_question_of_another_installation_or_of_nobody_is_refused() {
    let fake = Arc::new(Fake::with_ada_and_ben());
    let first = get(&fake, "/v1/leads?limit=1&stage=lead,customer").await.json();
    let cursor = first["next_cursor"].as_str().unwrap();
    let timeline = get(&fake, &format!("/v1/leads/{}/timeline?limit=1", ada())).await.json();
    let other_list = timeline["next_cursor"].as_str().unwrap();
    let questions = [
        format!("/v1/leads?limit=1&cursor={cursor}"),
        format!("/v1/leads?limit=1&stage=lead&cursor={cursor}"),
        format!("/v1/leads?limit=1&stage=lead,customer&sort=name&cursor={cursor}"),
        format!("/v1/leads?stage=lead,customer&cursor={other_list}"),
        format!("/v1/leads?stage=lead,customer&cursor=x{cursor}"),
        "/v1/leads?cursor=c_ec073ca0a9cb8f1a".to_owned(),
    ];
    for uri in questions {
        let answer = get(&fake, &uri).await;
        assert_eq!(answer.problem(), (400, "invalid_cursor".to_owned()), "{uri}");
        assert_eq!(answer.errors(), [("/cursor".to_owned(), "invalid_cursor".to_owned())]);
    }
}

#[actix_web::test]
async fn what_is_wrong_with_a_parameter_is_told_with_a_pointer_to_it() {
    let fake = Arc::new(Fake::default());
    let cases = [
        ("stage=boss", "/stage", "unknown_value"),
        ("temperature=tepid", "/temperature", "unknown_value"),
        ("disposition=maybe", "/disposition", "unknown_value"),
        ("min_score=many", "/min_score", "not_a_number"),
        ("min_score=NaN", "/min_score", "not_a_number"),
        ("email=ada", "/email", "invalid_email"),
        ("phone=call%20me", "/phone", "invalid_phone"),
        ("external_id=null", "/external_id", "stands_for_nobody"),
        ("q=ab", "/q", "too_short"),
        ("created_from=yesterday", "/created_from", "not_an_instant"),
        ("created_to=2026-01-01", "/created_to", "not_an_instant"),
        ("anonymous=1", "/anonymous", "not_a_boolean"),
        ("sort=score", "/sort", "unknown_value"),
        ("limit=0", "/limit", "out_of_range"),
        ("limit=201", "/limit", "out_of_range"),
        ("limit=-1", "/limit", "out_of_range"),
        ("owner=", "/owner", "empty"),
        ("owner=,", "/owner", "empty"),
        ("owner=a%00b", "/owner", "invalid_text"),
        ("owner=a&owner=b", "/owner", "repeated"),
        ("grade=E", "/grade", "unknown_value"),
        ("customer_state=asleep", "/customer_state", "unknown_value"),
        ("created_from=2026-02-01T00:00:00Z&created_to=2026-01-01T00:00:00Z", "/created_to", "out_of_range"),
    ];
    for (query, pointer, code) in cases {
        let answer = get(&fake, &format!("/v1/leads?{query}")).await;
        assert_eq!(answer.problem(), (400, "invalid_parameter".to_owned()), "{query}");
        assert_eq!(answer.errors(), [(pointer.to_owned(), code.to_owned())], "{query}");
    }
    let many: Vec<String> = (0..101).map(|number| number.to_string()).collect();
    let answer = get(&fake, &format!("/v1/leads?owner={}", many.join(","))).await;
    assert_eq!(answer.errors(), [("/owner".to_owned(), "too_many".to_owned())]);
}

#[actix_web::test]
async fn an_unknown_parameter_is_named_with_the_nearest_one_and_values_are_never_repeated() {
    let fake = Arc::new(Fake::default());
    let answer = get(&fake, "/v1/leads?stages=lead&email=someone").await;
    let text = answer.json().to_string();
    assert!(text.contains("Did you mean `stage`?"), "{text}");
    assert!(!text.contains("someone"), "{text}");
}

#[actix_web::test]
async fn before_qualification_ran_the_list_is_empty() {
    let fake = Arc::new(Fake { no_policy: true, ..Fake::with_ada_and_ben() });
    let mut answer = get(&fake, "/v1/leads").await.json();
    answer["as_of"].take();
    assert_eq!(answer, json!({"data": [], "next_cursor": null, "as_of": null}));
}

#[actix_web::test]
async fn a_list_is_read_again_when_another_generation_took_over_meanwhile() {
    let fake = Fake::with_ada_and_ben();
    *fake.switches_after.lock().unwrap() = Some(1);
    let fake = Arc::new(fake);
    let answer = get(&fake, "/v1/leads").await.json();
    assert_eq!(answer["data"].as_array().unwrap().len(), 2);
}
