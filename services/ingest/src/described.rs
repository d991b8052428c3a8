//! Schemas of what callers send. They describe; the checks themselves stand in `lead_domain::fact`.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::answer::{FactRecorded, FactsRecorded};

/// One fact, or an array of facts.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) enum PostedFacts {
    /// One fact.
    One(Box<PostedFact>),
    /// Up to 1,000 facts.
    Several(Vec<PostedFact>),
}

/// The answer to one fact, or to several.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) enum EventsAnswer {
    /// To one fact.
    One(FactRecorded),
    /// To an array, even of one, and to NDJSON.
    Several(FactsRecorded),
}

/// Something that happened to or was learned about a person, or a campaign. Other keys are refused.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PostedFact {
    /// The sender's own id, at most 128 characters. The same source and id always mean the same fact: a repeat counts once.
    #[schema(example = "s-11", max_length = 128)]
    id: Option<String>,
    /// What kind of thing happened.
    #[schema(schema_with = type_schema)]
    r#type: String,
    /// When it happened: RFC 3339 with an offset, kept in UTC to the millisecond. Without one, or with one in the future,
    /// it is the instant of receipt.
    #[schema(example = "2026-02-03T09:10:00Z", format = DateTime)]
    occurred_at: Option<String>,
    /// Whom it is about. Required, but for `campaign.defined` and `campaign.cost_recorded`, which have none.
    lead: Option<PostedLead>,
    /// The campaign it is owed to, at most 1,024 characters; if absent, that of `data.utm.campaign`.
    #[schema(example = "spring-mail", max_length = 1024)]
    campaign: Option<String>,
    /// The channel it came through, free text of at most 1,024 characters: `website`, `email`, `phone`, `social`, `ads`, `radio`,
    /// `trade_show`, `contest`, `survey`, `list`, `referral`, `other`.
    #[schema(example = "ads", max_length = 1024)]
    channel: Option<String>,
    /// The system that says so, at most 1,024 characters; if absent, the source of the key.
    #[schema(example = "crm", max_length = 1024)]
    source: Option<String>,
    /// What the type of fact knows; see its keys in the documentation. Unknown keys are kept under `extra`.
    #[schema(example = json!({"form": "demo", "intent": "demo", "fields": {"name": "Ada Lovelace", "country": "FR"}}))]
    data: Option<BTreeMap<String, Value>>,
}

fn type_schema() -> utoipa::openapi::schema::Object {
    let names = lead_domain::fact::FactType::ALL.iter().filter(|kind| {
        // The first is made by ingest alone, the other cannot be kept yet.
        !matches!(
            kind,
            lead_domain::fact::FactType::FormQuarantined | lead_domain::fact::FactType::LeadErased
        )
    });
    utoipa::openapi::schema::ObjectBuilder::new()
        .schema_type(utoipa::openapi::schema::Type::String)
        .description(Some("What kind of thing happened."))
        .enum_values(Some(names.map(|kind| kind.name())))
        .examples(["form.submitted"])
        .build()
}

/// Names the person by one or more identifiers, or by `lead_id` alone. The strongest one names the lead: e-mail,
/// external id, phone, anonymous id.
#[derive(Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PostedLead {
    /// An e-mail address.
    #[schema(example = "ada@example.com", format = Email)]
    email: Option<String>,
    /// A phone number, with its country code or in the region of the installation.
    #[schema(example = "+33612345678")]
    phone: Option<String>,
    /// The person's id in the system that the fact comes from, at most 128 characters.
    #[schema(example = "C-1004", max_length = 128)]
    external_id: Option<String>,
    /// The id that a site gave a visitor, at most 128 characters.
    #[schema(example = "an-7f3a", max_length = 128)]
    anonymous_id: Option<String>,
    /// The id of a lead as an answer told it; instead of all others.
    #[schema(example = "e08cc7dd-4743-8699-a8eb-fa6ad3b5df62", format = Uuid)]
    lead_id: Option<String>,
}

/// A fact in the envelope of CloudEvents 1.0. `source` and `id` are its identity.
#[derive(Serialize, ToSchema)]
pub(crate) struct CloudEvent {
    /// The version of CloudEvents.
    #[schema(example = "1.0")]
    specversion: String,
    /// The sender's own id of the fact, at most 128 characters.
    #[schema(example = "s-11", max_length = 128)]
    id: String,
    /// The system that says so; becomes the fact's source.
    #[schema(example = "crm", max_length = 1024)]
    source: String,
    /// The type of fact, with or without a reverse-DNS prefix.
    #[schema(example = "com.example.form.submitted")]
    r#type: String,
    /// When it happened: RFC 3339 with an offset.
    #[schema(example = "2026-02-03T09:10:00Z", format = DateTime)]
    time: Option<String>,
    /// The rest of the fact.
    data: CloudEventData,
}

/// What stands in the `data` of a CloudEvent.
#[derive(Serialize, ToSchema)]
pub(crate) struct CloudEventData {
    /// Whom it is about.
    lead: Option<PostedLead>,
    /// The campaign it is owed to.
    #[schema(example = "spring-mail")]
    campaign: Option<String>,
    /// The channel it came through.
    #[schema(example = "ads")]
    channel: Option<String>,
    /// What the type of fact knows.
    #[schema(example = json!({"form": "demo", "intent": "demo"}))]
    data: Option<BTreeMap<String, Value>>,
}

/// The fields of a form: any names. These have a meaning; others are kept as they are.
#[derive(Serialize, ToSchema)]
pub(crate) struct FormFields {
    /// An e-mail address; also under the usual English, French and Dutch names.
    #[schema(example = "ada@example.com")]
    email: Option<String>,
    /// A phone number, with its country code or in the region of the site; also under the usual names.
    #[schema(example = "+33612345678")]
    phone: Option<String>,
    /// The person's name.
    #[schema(example = "Ada Lovelace")]
    name: Option<String>,
    /// What the person says.
    #[schema(example = "Please call me")]
    message: Option<String>,
    /// Where to go afterwards: a path, or an address at an allowed origin. Not stored.
    #[schema(example = "/merci")]
    _next: Option<String>,
    /// The page on which the form stands; if absent, the `Referer` header.
    #[schema(example = "https://www.example.com/prices")]
    page_url: Option<String>,
    /// The page before that one.
    #[schema(example = "https://news.example/")]
    referrer: Option<String>,
    /// The campaign, and likewise the other `utm_…` parameters.
    #[schema(example = "spring-mail")]
    utm_campaign: Option<String>,
}
