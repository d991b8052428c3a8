//! The one OpenAPI document of the embedded server, put together from those of its parts.

/// What `/openapi.json` answers.
pub(crate) fn document() -> Result<String, serde_json::Error> {
    let mut contract = query::openapi();
    "Batea".clone_into(&mut contract.info.title);
    contract.info.description = Some(
        "Captures leads (`/f`, `/v1/events`) and tells who they are, where they stand, how warm they are, and why \
         (`/v1/leads`). Instants are RFC 3339 in UTC with milliseconds and `Z`; ids are UUIDs; money is whole minor \
         units and an ISO 4217 code. What goes wrong is told as `application/problem+json` (RFC 9457) with a stable \
         `code`."
            .to_owned(),
    );
    contract.merge(ingest::openapi());
    contract.to_json()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::document;

    fn parsed(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    /// The order of lists in a schema means nothing.
    fn ordered(value: Value) -> Value {
        match value {
            Value::Array(items) => {
                let mut items: Vec<Value> = items.into_iter().map(ordered).collect();
                items.sort_by_key(Value::to_string);
                items.into()
            }
            Value::Object(map) => map.into_iter().map(|(key, value)| (key, ordered(value))).collect(),
            scalar @ (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => scalar,
        }
    }

    #[test]
    fn every_path_of_both_parts_is_there_and_forms_need_no_key() {
        let contract = parsed(&document().unwrap());
        for path in ["/v1/events", "/f/{form}", "/v1/leads", "/v1/leads/{id}/score"] {
            assert!(contract["paths"][path].is_object(), "{path}");
        }
        // The document as a whole asks for a key that reads; other operations must say what they ask for.
        assert_eq!(contract["paths"]["/f/{form}"]["post"]["security"], json!([{}]));
        let writing = json!([{"key": ["events:write"]}, {"basic": ["events:write"]}]);
        assert_eq!(contract["paths"]["/v1/events"]["post"]["security"], writing);
    }

    #[test]
    fn what_both_parts_call_alike_is_alike() {
        let [ingest, query] =
            [ingest::openapi(), query::openapi()].map(|part| ordered(parsed(&part.to_json().unwrap())));
        for kind in ["schemas", "responses"] {
            let (ingest, query) = (&ingest["components"][kind], &query["components"][kind]);
            for (name, schema) in ingest.as_object().into_iter().flatten() {
                assert!(
                    query[name].is_null() || query[name] == *schema,
                    "{kind} {name}: {schema} {}",
                    query[name]
                );
            }
        }
    }
}
