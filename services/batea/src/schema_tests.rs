//! The JSON Schema for editors, `deploy/batea.schema.json`, says the same as the parser: each accepts what the other does, but
//! for what no schema can tell.

use std::collections::BTreeSet;

use jsonschema::Validator;
use lead_domain::fact::{Criterion, Intent, Verdict};
use lead_domain::policy::{FieldNames, fields};
use lead_domain::segment;
use serde_json::{Map, Value, json};
use service_kit::auth::Scope;
use service_kit::config::ConfigFile;

use crate::company::Company;

const SCHEMA: &str = include_str!("../../../deploy/batea.schema.json");
/// Everything that a file can say.
const FULL: &str = include_str!("../tests/fixtures/full.yaml");
const EXAMPLES: [&str; 4] = [
    FULL,
    "",
    include_str!("../../../deploy/batea.yaml"),
    include_str!("../../../integration-tests/fixtures/batea.yaml"),
];
const DEFAULT_POLICY: &str = include_str!("../../../crates/lead-domain/src/policy/default.json");

/// Beginnings of what the parser says of mistakes that no schema can tell.
const BEYOND_A_SCHEMA: [&str; 10] = [
    "There is no site ",
    "There is a ",
    "There are several sites",
    "Another key has ",
    "Hot cannot begin below warm",
    "The hysteresis is ",
    "No such group of points",
    "These groups replace the default ones",
    "Not a regular expression",
    "This must be the two letters of a country",
];

/// A key that stands nowhere.
const NOWHERE: &str = "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz";

fn schema() -> Value {
    serde_json::from_str(SCHEMA).unwrap()
}

fn validator(schema: &Value) -> Validator {
    jsonschema::draft202012::new(schema).unwrap()
}

/// The mistakes that the parser finds.
fn mistakes(file: &Value) -> Vec<String> {
    let read = ConfigFile::parse("batea.yaml", file.to_string().as_bytes())
        .and_then(|file| Company::read(&file).map(drop));
    let errors = read.err().map(|errors| errors.0).unwrap_or_default();
    errors.into_iter().map(|problem| problem.detail).collect()
}

/// The value of a YAML file.
fn value(text: &str) -> Value {
    let file = ConfigFile::parse("batea.yaml", text.as_bytes()).unwrap();
    let sections = schema()["properties"].as_object().unwrap().clone();
    let given = sections.keys().map(|name| (name.clone(), file.section(name).clone()));
    given.filter(|(_, section)| !section.is_null()).collect::<Map<_, _>>().into()
}

/// Pointers to everything in a value, itself included.
fn pointers(value: &Value, at: String, found: &mut Vec<String>) {
    let inside: Vec<(String, &Value)> = match value {
        Value::Array(items) => items.iter().enumerate().map(|(at, item)| (at.to_string(), item)).collect(),
        Value::Object(map) => map.iter().map(|(key, item)| (key.clone(), item)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    found.push(at.clone());
    for (key, item) in inside {
        pointers(item, format!("{at}/{key}"), found);
    }
}

/// Whether both judge a file alike.
#[track_caller]
fn judged_alike(validator: &Validator, file: &Value, what: &str) {
    let (found, valid) = (mistakes(file), validator.is_valid(file));
    let beyond = |one: &String| BEYOND_A_SCHEMA.iter().any(|beginning| one.starts_with(beginning));
    let alike = if valid { found.iter().all(beyond) } else { !found.is_empty() };
    assert!(alike, "{what}: valid by the schema: {valid}; the parser says {found:?}");
}

#[test]
fn both_accept_every_valid_example() {
    let validator = validator(&schema());
    let policy: Value = serde_json::from_str(DEFAULT_POLICY).unwrap();
    let examples = EXAMPLES.map(value).into_iter().chain([json!(null), json!({"policy": policy})]);
    for example in examples {
        assert_eq!(mistakes(&example), Vec::<String>::new(), "{example}");
        let errors: Vec<String> = validator.iter_errors(&example).map(|error| error.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new(), "{example}");
    }
}

#[test]
fn both_judge_alike_when_anything_has_another_type_is_missing_or_is_not_known() {
    let (full, validator) = (value(FULL), validator(&schema()));
    let mut all = Vec::new();
    pointers(&full, String::new(), &mut all);
    let others =
        [json!(null), json!(true), json!(-7), json!("text"), json!(""), json!([]), json!([1]), json!({})];
    for pointer in &all {
        for other in &others {
            let mut file = full.clone();
            *file.pointer_mut(pointer).unwrap() = other.clone();
            judged_alike(&validator, &file, &format!("{pointer} is {other}"));
        }
        let Some(map) = full.pointer(pointer).unwrap().as_object() else { continue };
        for key in map.keys() {
            let mut file = full.clone();
            file.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove(key);
            judged_alike(&validator, &file, &format!("{pointer}/{key} is missing"));
        }
        let mut file = full.clone();
        file.pointer_mut(pointer).unwrap()[NOWHERE] = json!("text");
        judged_alike(&validator, &file, &format!("{pointer} has an unknown key"));
    }
}

#[test]
fn both_judge_alike_what_only_looks_right() {
    let validator = validator(&schema());
    for text in [
        "region: F\n",
        "region: FRA\n",
        "sites: [{name: a, origins: [www.example.com]}]\n",
        "sites: [{name: a, origins: ['https://example.com/path']}]\n",
        "forms: [{name: a b}]\n",
        "forms: [{name: a, intent: kontact}]\n",
        "forms: [{name: a, thank_you: merci}]\n",
        "keys: [{name: a, hash: abc, scopes: [admin]}]\n",
        "segments: [{name: 'a,b', when: {}}]\n",
        "segments: [{name: '   ', when: {}}]\n",
        "segments: [{name: a, when: {attributes: 1}}]\n",
        "segments: [{name: a, when: {attributes.: 1}}]\n",
        "policy: {follow_up: {hot: 1 hour}}\n",
        "policy: {follow_up: {hot: h}}\n",
        "policy: {half_life_days: 0}\n",
        "policy: {temperature: {hysteresis: -1}}\n",
        "policy: {points: [{rule: a, when: {data: 1}, points: 1}]}\n",
        "policy: {points: [{rule: a, when: {type: {}}, points: 1}]}\n",
        "policy: {points: [{rule: a, when: {type: [[a]]}, points: 1}]}\n",
        "policy: {points: [{rule: a, when: {}, points: 2000000000}]}\n",
        "policy: {fit: [{rule: a, when: {intent: quote}, points: 1}]}\n",
        "policy: {fit_criterion: {met: [E]}}\n",
    ] {
        let file = value(text);
        assert!(!validator.is_valid(&file), "{text}");
        assert_ne!(mistakes(&file), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn the_schema_knows_the_keys_that_the_parser_knows_and_no_others() {
    let (full, schema) = (value(FULL), schema());
    let mut all = Vec::new();
    pointers(&full, String::new(), &mut all);
    let mut compared = 0;
    for pointer in all {
        let Some(known) = keys_at(&schema, &pointer).filter(|known| !known.contains("all")) else { continue };
        let mut file = full.clone();
        let Some(map) = file.pointer_mut(&pointer).and_then(Value::as_object_mut) else { continue };
        map.insert(NOWHERE.to_owned(), json!(1));
        let told = mistakes(&file);
        let told = told.iter().find_map(|one| one.split_once("Known are: ")).map(|(_, names)| names);
        let told: BTreeSet<&str> =
            told.unwrap_or_else(|| panic!("{pointer}")).trim_end_matches('.').split(", ").collect();
        assert_eq!(told, known.iter().map(String::as_str).collect(), "{pointer}");
        compared += 1;
    }
    assert!(compared > 20, "only {compared} mappings were compared");
}

/// The keys that the schema knows where a pointer leads; none where it names none.
fn keys_at(root: &Value, pointer: &str) -> Option<BTreeSet<String>> {
    let mut schema = resolved(root, root);
    for step in pointer.split('/').skip(1) {
        let below = if step.parse::<usize>().is_ok() {
            schema.get("items")?
        } else {
            let named = schema.get("properties").and_then(|known| known.get(step));
            named.or_else(|| schema.get("additionalProperties"))?
        };
        schema = resolved(root, below);
    }
    Some(schema.get("properties")?.as_object()?.keys().cloned().collect())
}

/// Follows a reference, and chooses the mapping where there is a choice.
fn resolved<'s>(root: &'s Value, schema: &'s Value) -> &'s Value {
    let target = schema.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#'));
    let schema = target.and_then(|pointer| root.pointer(pointer)).unwrap_or(schema);
    let choices = schema.get("anyOf").and_then(Value::as_array);
    let mapping = choices.and_then(|all| all.iter().find(|one| one.get("properties").is_some()));
    mapping.unwrap_or(schema)
}

#[test]
fn conditions_may_name_the_same_fields() {
    let schema = schema();
    let places: [(&str, FieldNames); 5] = [
        ("condition_on_fact", fields::FACT),
        ("condition_on_profile", fields::PROFILE),
        ("condition_on_criteria", fields::CRITERIA),
        ("condition_on_state", fields::STATE),
        ("condition_on_lead", segment::LEAD_FIELDS),
    ];
    for (name, fields) in places {
        let definition = &schema["$defs"][name];
        let keys = |of: &str| -> BTreeSet<String> {
            definition[of].as_object().map(|map| map.keys().cloned().collect()).unwrap_or_default()
        };
        let exact = fields.exact.iter().chain(&["all", "any", "not"]).map(|field| (*field).to_owned());
        assert_eq!(keys("properties"), exact.collect(), "{name}");
        let open = fields.open.iter().map(|open| format!("^{}\\..+$", open.replace('.', "\\.")));
        assert_eq!(keys("patternProperties"), open.collect(), "{name}");
    }
}

#[test]
fn lists_of_words_are_the_same() {
    let schema = schema();
    let words = |pointer: &str| -> BTreeSet<String> {
        let list = schema.pointer(pointer).and_then(Value::as_array).unwrap_or_else(|| panic!("{pointer}"));
        list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let names = |text: &str| text.split_whitespace().map(str::to_owned).collect::<BTreeSet<_>>();
    let rules = "/$defs/policy/properties/criteria/items/properties";
    assert_eq!(words("/properties/forms/items/properties/intent/enum"), names(Intent::NAMES));
    assert_eq!(words(&format!("{rules}/criterion/enum")), names(Criterion::NAMES));
    assert_eq!(words(&format!("{rules}/verdict/enum")), names(Verdict::NAMES));
    let scopes = Scope::ALL.map(|scope| scope.as_str().to_owned()).into();
    assert_eq!(words("/properties/keys/items/properties/scopes/items/enum"), scopes);
}

#[test]
fn everything_in_the_schema_is_described() {
    fn undescribed(value: &Value, at: &str, found: &mut Vec<String>) {
        let Some(map) = value.as_object() else { return };
        for (key, inside) in map {
            let at = format!("{at}/{key}");
            if let (true, Some(known)) = (key == "properties", inside.as_object()) {
                let bare = |one: &&String| {
                    let comparison = known[*one]["$ref"] == "#/$defs/comparison";
                    let described = known[*one].get("description").is_some() || comparison;
                    !described && known[*one]["$ref"] != "#/$defs/policy"
                };
                found.extend(known.keys().filter(bare).map(|key| format!("{at}/{key}")));
            }
            undescribed(inside, &at, found);
        }
    }
    let mut found = Vec::new();
    undescribed(&schema(), "", &mut found);
    assert_eq!(found, Vec::<String>::new());
}
