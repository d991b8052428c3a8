//! The OpenAPI document of ingest, made from the handlers.

use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Batea: ingest",
        description = "Takes facts about leads from websites and back ends, and answers once they are durable.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    tags(
        (name = "Ingest", description = "Facts from back ends."),
        (name = "Forms", description = "Forms of websites, and hosted pages for them."),
    ),
    paths(
        crate::events::post,
        crate::form::post,
        crate::form::hosted,
        crate::form::preflight,
        crate::form::thanks,
    ),
    modifiers(&Security),
)]
struct Document;

struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let mut scheme = Http::new(HttpAuthScheme::Bearer);
        scheme.description = Some("A secret key with the scope that the call needs.".to_owned());
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("key", SecurityScheme::Http(scheme));
        let mut basic = Http::new(HttpAuthScheme::Basic);
        basic.description = Some("The same key as the user, with an empty password.".to_owned());
        components.add_security_scheme("basic", SecurityScheme::Http(basic));
    }
}

/// The document.
#[must_use]
pub fn openapi() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_document_lists_exactly_the_routes_that_are_registered() {
        let document = serde_json::to_value(openapi()).unwrap();
        assert_eq!(document["openapi"], "3.1.0");
        let mut listed = BTreeSet::new();
        for (path, methods) in document["paths"].as_object().unwrap() {
            for method in methods.as_object().unwrap().keys() {
                listed.insert((method.to_uppercase(), path.clone()));
            }
        }
        let registered: BTreeSet<_> =
            crate::ROUTES.iter().map(|(method, path)| ((*method).to_owned(), (*path).to_owned())).collect();
        assert_eq!(listed, registered);
    }

    #[test]
    fn every_property_of_a_schema_has_a_meaning() {
        let document = serde_json::to_value(openapi()).unwrap();
        for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
            let none = serde_json::Map::new();
            for (key, property) in schema["properties"].as_object().unwrap_or(&none) {
                let told = [&property["description"], &property["oneOf"][0]["description"]];
                assert!(
                    told.iter().any(|text| text.is_string()),
                    "{name}.{key} has no description: {property}"
                );
            }
        }
    }
}
