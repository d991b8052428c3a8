use serde_json::json;

use super::*;

fn segment(when: Value) -> Segment {
    let segments = Segments::parse(&json!([{"name": "x", "when": when}])).unwrap();
    segments.named("x").unwrap().clone()
}

fn lead() -> Value {
    json!({
        "name": "Ada", "country": " fr", "temperature": "warm", "score": 44.6, "grade": null, "stage": "lead",
        "criteria": {"fit": {"verdict": "unknown", "event_id": null, "rule": null},
            "need": {"verdict": "met", "event_id": "e", "rule": "asked"}},
        "missing": ["fit", "means"], "roles": [], "groups": ["North"], "attributes": {"plan": {"size": 3}},
        "customer": {"kind": "repeat", "purchases": 2, "revenue": [{"amount_minor": 1, "currency": "EUR"}]},
        "source": {"first": {"campaign": "spring", "utm": {"medium": "cpc"}}, "last": null},
        "consents": [], "follow_up": null, "created_at": "2026-02-03T09:00:00.000Z", "incomplete": false,
    })
}

#[track_caller]
fn has(when: Value) {
    assert!(segment(when.clone()).has(&lead()), "{when}");
    assert!(!segment(json!({"not": when.clone()})).has(&lead()), "not {when}");
}

#[track_caller]
fn lacks(when: Value) {
    has(json!({"not": when}));
}

#[test]
fn a_field_is_that_of_the_lead_as_the_api_shows_it() {
    has(json!({"country": "FR", "temperature": ["hot", "warm"], "score": {"gte": 44.6, "lt": 44.7}}));
    has(json!({"customer.kind": "repeat", "customer.purchases": {"gt": 1}, "incomplete": false}));
    has(json!({"source.first.campaign": "Spring", "source.first.utm.medium": "cpc"}));
    has(json!({"attributes.plan.size": 3, "created_at": {"gte": "2026-02", "lt": "2026-03-01T00:00:00Z"}}));
    lacks(json!({"score": {"gt": 44.6}}));
}

#[test]
fn a_criterion_is_its_verdict_and_what_says_so_stands_below() {
    has(json!({"criteria.need": "met", "criteria.fit": "unknown"}));
    has(json!({"criteria.need.rule": "asked", "criteria.fit.rule": {"exists": false}}));
    lacks(json!({"criteria.fit": ["met", "unmet"]}));
}

#[test]
fn lists_are_sets_and_an_empty_one_is_as_good_as_missing() {
    has(json!({"missing": "means", "groups": ["north", "south"], "groups": {"exists": true}}));
    has(json!({"roles": {"ne": "press"}, "consents": {"exists": false}}));
    has(json!({"customer.revenue": {"exists": true}}));
    lacks(json!({"roles": {"exists": true}}));
    lacks(json!({"missing": "need"}));
    lacks(json!({"customer.revenue": {"matches": "eur"}}));
}

#[test]
fn what_is_null_is_missing() {
    has(
        json!({"grade": {"exists": false}, "follow_up": {"exists": false}, "source.last": {"exists": false}}),
    );
    has(json!({"follow_up.reason": {"exists": false}, "grade": {"ne": "A"}}));
    lacks(json!({"source.last.campaign": "spring"}));
}

#[test]
fn a_look_up_may_ask_beforehand_for_what_a_segment_needs() {
    let needs = |when: Value, field: &str| {
        let texts = segment(when).when.needed_texts(field).map(|texts| texts.join(","));
        texts.unwrap_or_else(|| "-".to_owned())
    };
    assert_eq!(needs(json!({"country": " FR"}), "country"), "fr");
    assert_eq!(needs(json!({"all": [{"score": {"gt": 1}}, {"grade": ["A", "b"]}]}), "grade"), "a,b");
    assert_eq!(needs(json!({"stage": {"ne": "lead", "in": ["lead", "prospect"]}}), "stage"), "lead,prospect");
    for when in [
        json!({"any": [{"country": "FR"}, {"score": 1}]}),
        json!({"not": {"country": "FR"}}),
        json!({"country": {"ne": "FR"}}),
        json!({"country": ["FR", 1]}),
        json!({"city": "FR"}),
    ] {
        assert_eq!(needs(when.clone(), "country"), "-", "{when}");
    }
}

#[test]
fn every_mistake_is_reported_with_its_place_and_a_suggestion() {
    let section = json!([
        {"name": "a", "when": {"contry": "FR", "all": [{"campaign": "x"}, {"score": {"bigger": 1}}]}},
        {"name": "a", "wen": {}},
        {"when": {"source.first.utm.": 1, "colour": 4}},
        {"name": "x,y", "when": {"name": {"matches": "("}}},
        "hot",
    ]);
    let found: Vec<String> = Segments::parse(&section).unwrap_err().iter().map(ToString::to_string).collect();
    let expected = [
        "/0/when/contry: No such field. Did you mean `country`?",
        "/0/when/all/0/campaign: No such field. Did you mean `source.first.campaign`?",
        "/0/when/all/1/score/bigger: No such operator. Known are: eq, ne, in, gt, gte, lt, lte, matches, contains, exists.",
        "/1/wen: No such key of a segment. Did you mean `when`?",
        "/1/name: There is a segment of this name already.",
        "/1: The key `when` is required.",
        "/2: The key `name` is required.",
        "/2/when/source.first.utm.: No such field. Did you mean `source.first.utm`?",
        "/2/when/colour: No such field.",
        "/4: A segment is a mapping of name and when.",
    ];
    for one in expected {
        assert!(found.iter().any(|found| found == one), "{one} in {found:#?}");
    }
    assert!(found.iter().any(|one| one.starts_with("/3/name: A segment's name is ")), "{found:#?}");
    assert!(found.iter().any(|one| one.starts_with("/3/when/name/matches: Not a reg")), "{found:#?}");
    assert_eq!(found.len(), expected.len() + 2, "{found:#?}");
    assert_eq!(Segments::parse(&json!({"name": "a"})).unwrap_err()[0].pointer, "");
}

#[test]
fn no_section_is_no_segment() {
    assert_eq!(Segments::parse(&Value::Null).unwrap().iter().count(), 0);
    assert!(Segments::default().named("x").is_none());
}
