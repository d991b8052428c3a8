//! The contract of this service, made from its handlers.

use serde_json::Value;
use service_kit::problem::{CONTENT_TYPE_PROBLEM, Code, Problem};
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    Components, ContentBuilder, Header, OpenApi as Document, Ref, RefOr, Response, ResponseBuilder,
};
use utoipa::{Modify, OpenApi};

use crate::described::{LIST, MOVED, NO_CAMPAIGN, NO_LEAD, NO_POLICY, NO_SEGMENT, SIMULATION};
use crate::{
    docs_page, get_campaign, get_campaigns, get_changes, get_follow_up_stats, get_follow_ups, get_funnel,
    get_history, get_lead, get_policy, get_score, get_segments, get_timeline, list_leads, simulate,
};

/// The OpenAPI 3.1 document of this service.
#[must_use]
pub fn openapi() -> Document {
    Contract::openapi()
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Batea: query",
        description = "Reads of leads: who they are, where they stand, how warm they are, and why. Nothing here writes.\n\n\
            Instants are RFC 3339 in UTC with milliseconds and `Z`; ids are UUIDs; money is whole minor units and an ISO 4217 \
            code. Nothing is left out of an answer: what is not known is null, an empty list or an empty object. \
            What goes wrong is told as `application/problem+json` (RFC 9457) with a stable `code`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    tags(
        (name = "Leads", description = "Leads, their facts and their scores (scope `leads:read`)."),
        (name = "Follow-ups", description = "Whom to contact, why and by when; how long answers take (scope `leads:read`)."),
        (name = "Figures", description = "What became of the leads, and what campaigns brought and cost, counted (scope `leads:read`)."),
        (name = "Changes", description = "The change feed (scope `leads:read`)."),
        (name = "Policy", description = "The company's own rules, their versions, and what others would do (scope `leads:read`)."),
        (name = "Segments", description = "Named conditions of the configuration file, and how many leads they hold of (scope `leads:read`)."),
        (name = "Contract", description = "This document.")
    ),
    paths(
        list_leads::list_leads,
        get_lead::get_lead,
        get_timeline::get_timeline,
        get_history::get_history,
        get_score::get_score,
        get_follow_ups::get_follow_ups,
        get_follow_up_stats::get_follow_up_stats,
        get_funnel::get_funnel,
        get_campaigns::get_campaigns,
        get_campaign::get_campaign,
        get_changes::get_changes,
        get_policy::get_policies,
        get_policy::get_policy,
        simulate::simulate,
        get_segments::list_segments,
        get_segments::get_segment,
        docs_page::get_openapi,
        docs_page::get_docs
    ),
    components(schemas(Problem, simulate::ProgressView)),
    modifiers(&Keys, &Problems, &Whole)
)]
struct Contract;

/// The ways to show a key.
struct Keys;

impl Modify for Keys {
    fn modify(&self, document: &mut Document) {
        let scheme = |kind, description: &str| {
            SecurityScheme::Http(HttpBuilder::new().scheme(kind).description(Some(description)).build())
        };
        let components = document.components.get_or_insert_with(Components::new);
        components.add_security_scheme(
            "key",
            scheme(HttpAuthScheme::Bearer, "A secret key with the scope `leads:read`."),
        );
        components.add_security_scheme(
            "basic",
            scheme(HttpAuthScheme::Basic, "The key as user, the password empty."),
        );
    }
}

/// The shared answers beside 200.
struct Problems;

impl Modify for Problems {
    fn modify(&self, document: &mut Document) {
        let components = document.components.get_or_insert_with(Components::new);
        for (name, _, codes) in
            LIST.into_iter().chain([NO_LEAD, NO_CAMPAIGN, NO_POLICY, NO_SEGMENT]).chain(SIMULATION)
        {
            components.responses.insert(name.to_owned(), RefOr::T(problem(codes)));
        }
        components.responses.insert(MOVED.to_owned(), RefOr::T(moved()));
    }
}

/// A problem as it is answered: each names its request.
fn example(code: Code) -> Option<Value> {
    let mut problem = serde_json::to_value(Problem::new(code)).ok()?;
    problem["trace_id"] = "4bf92f3577b34da6a3ce929d0e0e4736".into();
    Some(problem)
}

fn problem(codes: &[Code]) -> Response {
    let lines: Vec<String> =
        codes.iter().map(|code| format!("* `{}`: {}", code.as_str(), code.detail())).collect();
    let mut content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem")));
    if let Some(code) = codes.first() {
        content = content.example(example(*code));
    }
    let mut response = ResponseBuilder::new()
        .description(lines.join("\n"))
        .content(CONTENT_TYPE_PROBLEM, content.build())
        .build();
    if codes.iter().any(|code| code.retry_after().is_some()) {
        response
            .headers
            .insert("Retry-After".to_owned(), header(Type::Integer, "Seconds to wait before trying again."));
    }
    response
}

fn moved() -> Response {
    let mut response = Response::new(
        "The lead was merged into another one. Not to be stored (`Cache-Control: no-store`): a late fact can turn it round.",
    );
    let location = header(
        Type::String,
        "The same read of the lead that survived; keeps `as_of`, `policy`, `limit` and `min_position`.",
    );
    response.headers.insert("Location".to_owned(), location);
    response
}

fn header(kind: Type, description: &str) -> RefOr<Header> {
    let schema = ObjectBuilder::new().schema_type(kind);
    RefOr::T(HeaderBuilder::new().schema(Some(schema)).description(Some(description)).build())
}

/// Nothing is left out of an answer: all fields are required, but for the identifiers of a fact, of which it names some,
/// and for causes, which name what there is.
struct Whole;

const PARTIAL: [&str; 3] = ["Because", "Cause", "Identifiers"];

impl Modify for Whole {
    fn modify(&self, document: &mut Document) {
        let components = document.components.get_or_insert_with(Components::new);
        for (name, schema) in &mut components.schemas {
            if !PARTIAL.contains(&name.as_str()) {
                require_all(schema);
            }
        }
    }
}

fn require_all(schema: &mut RefOr<Schema>) {
    if let RefOr::T(Schema::Object(object)) = schema {
        object.required = object.properties.keys().cloned().collect();
    } else if let RefOr::T(Schema::AllOf(all)) = schema {
        all.items.iter_mut().for_each(require_all);
    }
}
