//! The contract that is committed is the one that the handlers make; `BATEA_WRITE_OPENAPI=1` writes it.

use serde_json::Value;

const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi/query.json");

fn made() -> Value {
    serde_json::to_value(query::openapi()).unwrap_or_default()
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a developer's switch, not a setting")]
fn the_committed_contract_is_that_of_the_handlers() {
    let made = format!("{}\n", serde_json::to_string_pretty(&made()).unwrap());
    if std::env::var("BATEA_WRITE_OPENAPI").is_ok() {
        std::fs::write(COMMITTED, &made).unwrap();
    }
    let committed = std::fs::read_to_string(COMMITTED).unwrap_or_default();
    assert!(made == committed, "openapi/query.json is not what the handlers say: run `cargo xtask openapi`");
}

#[test]
fn every_field_and_parameter_has_a_meaning_and_every_value_an_example() {
    let contract = made();
    let mut bare = Vec::new();
    for (name, schema) in contract["components"]["schemas"].as_object().unwrap() {
        check_fields(name, schema, &mut bare);
    }
    for (path, item) in contract["paths"].as_object().unwrap() {
        let operations = item.as_object().into_iter().flat_map(|item| item.values());
        for parameter in operations.filter_map(|operation| operation["parameters"].as_array()).flatten() {
            let name = format!("{path} {}", parameter["name"]);
            let default = &parameter["schema"]["default"];
            if parameter["description"].is_null() || (parameter["example"].is_null() && default.is_null()) {
                bare.push(name);
            }
        }
    }
    assert!(bare.is_empty(), "without description or example: {bare:#?}");
}

fn check_fields(name: &str, schema: &Value, bare: &mut Vec<String>) {
    for part in schema["allOf"].as_array().into_iter().flatten() {
        check_fields(name, part, bare);
    }
    for (field, shape) in schema["properties"].as_object().into_iter().flatten() {
        // What can be null and is described elsewhere carries its meaning beside the reference.
        let described = if shape["oneOf"].is_null() { shape } else { &shape["oneOf"][0] };
        let is_value = shape["type"] != "array" && described["$ref"].is_null();
        if described["description"].is_null()
            || (is_value && shape["example"].is_null() && shape["examples"].is_null())
        {
            bare.push(format!("{name}.{field}"));
        }
    }
}
