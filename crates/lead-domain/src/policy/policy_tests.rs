use serde_json::json;

use super::*;

fn problems(given: &Value) -> Vec<String> {
    Policy::parse(given).unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn an_empty_policy_is_the_default_one() {
    let policy = Policy::default_policy();
    assert_eq!(policy.version(), Policy::parse(&json!({})).unwrap().version());
    assert_eq!(policy.half_life_ms, 30.0 * 86_400_000.0);
    assert_eq!(policy.points.len(), 21);
    assert_eq!(policy.follow_up.inbound, 86_400_000);
}

#[test]
fn a_key_that_is_given_replaces_the_default_list_or_map() {
    let policy = Policy::parse(&json!({"groups": {}, "points": [], "fit": [{"rule": "r", "when": {"age": {"gte": 18}}, "points": 5}]})).unwrap();
    assert!(policy.points.is_empty() && policy.caps.is_empty());
    assert_eq!(policy.fit.len(), 1);
}

#[test]
fn temperature_customer_follow_up_and_stages_are_merged_key_by_key() {
    let policy =
        Policy::parse(&json!({"temperature": {"hot": 40}, "stages": {"suspect": {"facts": {"gte": 3}}}}))
            .unwrap();
    assert_eq!((policy.temperature.warm, policy.temperature.hot), (25.0, 40.0));
    assert_eq!(policy.stages.len(), 4);
}

#[test]
fn the_version_is_the_hash_of_the_text_with_defaults_filled_in() {
    let spelled_out = Policy::parse(&json!({"half_life_days": 30})).unwrap();
    assert_eq!(spelled_out.version(), Policy::default_policy().version());
    assert_ne!(Policy::parse(&json!({"half_life_days": 31})).unwrap().version(), spelled_out.version());
}

#[test]
fn every_mistake_is_reported_with_its_place() {
    let given = json!({
        "half_life": 30,
        "temperature": {"warm": 60, "hysteresis": 60},
        "follow_up": {"hot": "1 hour"},
        "points": [{"rule": "x", "when": {"typ": "form.submitted"}, "points": "10", "group": "click"}],
        "fit": [{"when": {"intent": "quote"}, "points": 1, "rule": "y"}],
        "stages": {"buyer": {}},
    });
    let found = problems(&given);
    let expect = [
        "/half_life: No such key of a policy. Did you mean `half_life_days`?",
        "/stages/buyer: No such key here. Known are: customer, lead, prospect, suspect.",
        "/temperature/hot: Hot cannot begin below warm.",
        "/temperature/hysteresis: The hysteresis is at least 0 and less than `warm`.",
        "/follow_up/hot: This must be a duration such as 30m, 1h or 3d.",
        "/points/0/group: No such group of points. Did you mean `clicks`?",
        "/points/0/when/typ: No such field. Did you mean `type`?",
        "/points/0/points: This must be a number, at most 10^9 in size.",
    ];
    for problem in expect {
        assert!(found.iter().any(|one| one == problem), "{problem} in {found:#?}");
    }
    assert!(found.iter().any(|one| one.starts_with("/fit/0/when/intent: No such field.")), "{found:#?}");
}

#[test]
fn a_rule_is_a_mapping_and_two_may_have_one_name() {
    let rule = |name: &str| json!({"rule": name, "when": {}, "points": 1});
    let twice = json!({"points": [rule("a"), rule("a")], "fit": [rule("a"), rule("a")]});
    assert_eq!(Policy::parse(&twice).unwrap().fit.len(), 2);
    assert_eq!(problems(&json!({"fit": [rule("a"), "b"]})), ["/fit/1: A rule is a mapping."]);
}

#[test]
fn groups_that_the_default_points_still_need_are_told_once_where_they_are_given() {
    let problems = Policy::parse(&json!({"groups": {"clicks": {"cap": 30}}})).unwrap_err();
    let told: Vec<String> = problems.iter().map(|one| format!("{}: {}", one.pointer, one.detail)).collect();
    let expected = "/groups: These groups replace the default ones, and the default points use more: `social` (by the rule \
                    `social`), `views` (by the rule `view`). Give them here, too, or give `points`.";
    assert_eq!(told, [expected]);
}

#[test]
fn a_number_makes_no_other_version_by_being_written_otherwise() {
    let version = |policy: serde_json::Value| Policy::parse(&policy).unwrap().version().to_owned();
    assert_eq!(version(json!({"half_life_days": 30.0})), Policy::default_policy().version());
    assert_ne!(version(json!({"half_life_days": 30.5})), Policy::default_policy().version());
}
