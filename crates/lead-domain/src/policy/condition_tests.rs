use serde_json::json;

use super::*;

const NAMES: FieldNames =
    FieldNames { exact: &["country", "size", "roles", "when", "open"], open: &["data"] };

struct Json(Value);

impl Scope for Json {
    fn operand(&self, path: &[String]) -> Operand<'_> {
        Operand::of(path.iter().try_fold(&self.0, |value, key| value.get(key)))
    }
}

fn parse(condition: Value) -> Result<Condition, Vec<String>> {
    let mut problems = Vec::new();
    let condition = Condition::parse(&condition, "", NAMES, &mut problems);
    if problems.is_empty() { Ok(condition) } else { Err(problems.iter().map(ToString::to_string).collect()) }
}

#[track_caller]
fn holds(condition: Value, of: Value) -> bool {
    parse(condition).unwrap().holds(&Json(of))
}

#[test]
fn text_is_compared_without_case_and_trimmed() {
    assert!(holds(json!({"country": "fr"}), json!({"country": " FR "})));
    assert!(holds(json!({"country": ["be", "ÎLE"]}), json!({"country": "île"})));
    assert!(!holds(json!({"country": "fr"}), json!({"country": "frx"})));
}

#[test]
fn several_keys_and_all_operators_of_a_mapping_hold_together() {
    let between = json!({"size": {"gte": 10, "lt": 20}, "country": "FR"});
    assert!(holds(between.clone(), json!({"size": 10, "country": "FR"})));
    assert!(!holds(between.clone(), json!({"size": 20, "country": "FR"})));
    assert!(!holds(between, json!({"size": 10, "country": "BE"})));
}

#[test]
fn a_missing_field_makes_a_comparison_false_but_ne_and_exists_false() {
    for condition in [
        json!({"size": 1}),
        json!({"size": {"lt": 5}}),
        json!({"size": {"in": [1]}}),
        json!({"country": {"matches": ""}}),
    ] {
        assert!(!holds(condition, json!({})));
    }
    assert!(holds(json!({"size": {"ne": 1}}), json!({})));
    assert!(holds(json!({"size": {"exists": false}}), json!({})));
    assert!(holds(json!({"not": {"size": 1}}), json!({})), "not of what is missing is true");
}

#[test]
fn mixed_types_are_false() {
    assert!(!holds(json!({"size": {"gt": 5}}), json!({"size": "10"})));
    assert!(!holds(json!({"size": "10"}), json!({"size": 10})));
    assert!(holds(json!({"when": {"gt": "2026-01"}}), json!({"when": "2026-02"})), "two texts by code point");
}

#[test]
fn on_sets_a_value_or_list_means_contains_one_of_them() {
    let roles = json!({"roles": ["partner", "press"]});
    assert!(holds(json!({"roles": "Press"}), roles.clone()));
    assert!(holds(json!({"roles": ["employee", "press"]}), roles.clone()));
    assert!(holds(json!({"roles": {"contains": "partner"}}), roles.clone()));
    assert!(!holds(json!({"roles": {"contains": "part"}}), roles.clone()));
    assert!(!holds(json!({"roles": ["employee"]}), roles));
}

#[test]
fn members_of_a_set_compare_as_values_do() {
    let set = json!({"data": {"x": [10, "silver", true, ["deep"]]}});
    for member in [json!(10), json!("Silver"), json!(true), json!([5, 10]), json!({"in": [10, 20]})] {
        assert!(holds(json!({"data.x": member}), set.clone()), "{member}");
    }
    for other in [json!("10"), json!("true"), json!("deep"), json!({"contains": "10"}), json!({"ne": 10})] {
        assert!(!holds(json!({"data.x": other}), set.clone()), "{other}");
    }
}

#[test]
fn what_holds_others_has_no_value_of_its_own() {
    let problems = parse(json!({"data": {"exists": true}})).unwrap_err();
    assert_eq!(
        problems,
        ["/data: `data` has no value of its own: name what stands in it, as in `data.NAME`."]
    );
}

#[test]
fn matches_finds_anywhere_without_case() {
    assert!(holds(
        json!({"country": {"matches": r"\bdirectrice\b"}}),
        json!({"country": "La Directrice générale"})
    ));
    assert!(holds(json!({"country": {"matches": r"\bg[eé]rante?\b"}}), json!({"country": "GÉRANT"})));
}

#[test]
fn any_not_and_nested_fields_combine() {
    let condition = json!({"any": [{"data.extra.plan": "pro"}, {"not": {"country": "FR"}}]});
    assert!(holds(condition.clone(), json!({"country": "FR", "data": {"extra": {"plan": "Pro"}}})));
    assert!(!holds(condition, json!({"country": "FR"})));
}

#[test]
fn mistakes_are_all_reported_with_pointer_and_suggestion() {
    let problems = parse(
        json!({"contry": "FR", "size": {"gte": null, "bigger": 1}, "country": {"matches": "("}, "any": {}}),
    )
    .unwrap_err();
    assert_eq!(problems.len(), 5, "{problems:?}");
    assert!(problems.iter().any(|p| p == "/contry: No such field. Did you mean `country`?"), "{problems:?}");
    assert!(
        problems.iter().any(|p| p.starts_with("/country/matches: Not a regular expression")),
        "{problems:?}"
    );
}
