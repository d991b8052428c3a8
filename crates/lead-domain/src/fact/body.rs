//! What the fold reads of `data`: the table of DOMAIN §3, one arm for each of its rows.

use serde_json::{Map, Value};

use super::fields::{Fields, ID_MAX, NAME_MAX, TEXT_MAX};
use super::kind::FactType;
use super::money::Money;
use super::names::{CallOutcome, Criterion, DocumentKind, Intent, Verdict};
use crate::identity::Identifier;
use crate::ids::EventId;
use crate::instant::Instant;

/// One paper of a sale: its kind and the id that the back end gave it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentRef {
    /// Its kind.
    pub kind: DocumentKind,
    /// Its id, unique within the kind.
    pub id: String,
}

/// A fact of a sale: a paper, those it names, an amount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The paper itself.
    pub document: DocumentRef,
    /// Other papers that it names.
    pub links: Vec<DocumentRef>,
    /// What the fact says the paper is worth.
    pub amount: Option<Money>,
}

/// What the fold reads of `data`, per type of fact.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// The type says it all; profile fields are read from `data` where they stand.
    Plain,
    /// A form post, quarantined ones included.
    Form {
        /// What the person wants.
        intent: Intent,
    },
    /// The release of a quarantined post.
    Release {
        /// The post.
        quarantined: EventId,
    },
    /// Something else a back end reports.
    Activity {
        /// Its name, which a policy can list as inbound.
        name: String,
    },
    /// A call of ours.
    Call {
        /// How it ended.
        outcome: CallOutcome,
        /// When they want to be called back.
        callback_at: Option<Instant>,
        /// From when on they may be asked again.
        contact_again_at: Option<Instant>,
    },
    /// Who looks after the lead now; nobody if none.
    Owner(Option<String>),
    /// A role, added or removed.
    Role(String),
    /// A group, joined or left.
    Group(String),
    /// A consent, given, denied or withdrawn.
    Consent {
        /// What for.
        purpose: String,
        /// Through which channel; all if none.
        channel: Option<String>,
    },
    /// A criterion that somebody judged.
    Assessment {
        /// Which one.
        criterion: Criterion,
        /// What they found.
        verdict: Verdict,
    },
    /// Not ready.
    Deferred {
        /// Until when.
        until: Option<Instant>,
    },
    /// A no.
    Refusal {
        /// From when on they may be asked again.
        contact_again_at: Option<Instant>,
    },
    /// A paper of a sale.
    Sale(Document),
    /// Two identifiers are one person.
    Link {
        /// The one beside that of `lead`.
        other: Identifier,
    },
    /// Two identifiers are not one person.
    Unlink {
        /// The one beside that of `lead`.
        other: Identifier,
    },
}

/// The profile fields that are texts.
pub(crate) const PROFILE_TEXTS: [&str; 15] = [
    "name",
    "first_name",
    "last_name",
    "company",
    "job_title",
    "email",
    "phone",
    "country",
    "region",
    "city",
    "postal_code",
    "industry",
    "language",
    "website",
    "birth_date",
];

impl Body {
    /// Reads `data` of a fact of this type; whatever is wrong with it is collected in `fields`.
    pub(super) fn read(kind: FactType, fields: &mut Fields<'_>, source: &str, region: Option<&str>) -> Self {
        use FactType as T;
        fields.flag("machine");
        fields.object("utm");
        match kind {
            T::ContactAdded | T::LeadAccepted => plain(fields, &["by"]),
            T::ListImported => list(fields),
            T::PageViewed => plain(fields, &["url"]),
            T::AdClicked => plain(fields, &["ad", "url"]),
            T::SocialEngaged => plain(fields, &["network", "action"]),
            T::ContentDownloaded => plain(fields, &["asset"]),
            T::ContestEntered | T::SurveyAnswered | T::EventAttended => answers(fields),
            T::EmailDelivered
            | T::EmailOpened
            | T::EmailBounced
            | T::EmailComplained
            | T::EmailUnsubscribed => mail_fate(fields),
            T::EmailClicked => click(fields),
            T::EmailReplied => free_text(fields),
            T::FormSubmitted => form(fields),
            T::FormQuarantined => quarantined(fields),
            T::FormReleased => release(fields),
            T::MessageReceived => message(fields),
            T::ActivityRecorded => activity(fields),
            T::CallMade => call(fields),
            T::MeetingBooked | T::MeetingHeld => meeting(fields),
            T::FollowUpDone => plain(fields, &["channel"]),
            T::NoteAdded => note(fields),
            T::OwnerAssigned => owner(fields),
            T::ProfileUpdated => profile(fields),
            T::RoleAdded | T::RoleRemoved => Self::Role(fields.required("role", NAME_MAX)),
            T::GroupJoined | T::GroupLeft => Self::Group(fields.required("group", NAME_MAX)),
            T::ConsentGiven | T::ConsentDenied | T::ConsentWithdrawn => consent(fields),
            T::CriterionAssessed => assessment(fields),
            T::LeadDeferred => Self::Deferred { until: fields.instant("until") },
            T::LeadRefused => Self::Refusal { contact_again_at: fields.instant("contact_again_at") },
            T::LeadDisqualified => plain_with(fields, "reason", &[]),
            T::LeadReopened => Self::Plain,
            T::QuoteIssued | T::QuoteDeclined | T::QuoteExpired | T::QuoteAccepted => {
                sale(fields, DocumentKind::Quote)
            }
            T::ContractSigned => sale(fields, DocumentKind::Contract),
            T::OrderPlaced | T::OrderCancelled => sale(fields, DocumentKind::Order),
            T::InvoiceIssued | T::InvoicePaid => sale(fields, DocumentKind::Invoice),
            T::IdentityLinked => link(fields, source, region, |other| Self::Link { other }),
            T::IdentityUnlinked => link(fields, source, region, |other| Self::Unlink { other }),
            T::LeadErased => plain(fields, &["requested_by"]),
            T::CampaignDefined => campaign(fields),
            T::CampaignCostRecorded => cost(fields),
        }
    }
}

fn plain(fields: &mut Fields<'_>, names: &[&str]) -> Body {
    for name in names {
        fields.name(name);
    }
    Body::Plain
}

fn plain_with(fields: &mut Fields<'_>, required: &str, names: &[&str]) -> Body {
    fields.required(required, NAME_MAX);
    plain(fields, names)
}

fn free_text(fields: &mut Fields<'_>) -> Body {
    fields.text("text", TEXT_MAX);
    Body::Plain
}

fn list(fields: &mut Fields<'_>) -> Body {
    fields.number("row");
    plain_with(fields, "list", &[])
}

fn answers(fields: &mut Fields<'_>) -> Body {
    fields.object("answers");
    plain_with(fields, "name", &[])
}

fn mail_fate(fields: &mut Fields<'_>) -> Body {
    fields.id("message_id");
    fields.flag("hard");
    plain(fields, &["reason"])
}

fn click(fields: &mut Fields<'_>) -> Body {
    fields.id("message_id");
    plain(fields, &["link"])
}

fn message(fields: &mut Fields<'_>) -> Body {
    fields.required("channel", NAME_MAX);
    free_text(fields)
}

fn activity(fields: &mut Fields<'_>) -> Body {
    fields.object("properties");
    Body::Activity { name: fields.required("name", NAME_MAX) }
}

fn meeting(fields: &mut Fields<'_>) -> Body {
    fields.instant("at");
    Body::Plain
}

fn note(fields: &mut Fields<'_>) -> Body {
    fields.required("text", TEXT_MAX);
    Body::Plain
}

fn form(fields: &mut Fields<'_>) -> Body {
    fields.required("form", NAME_MAX);
    fields.object("fields");
    fields.name("page_url");
    fields.name("referrer");
    Body::Form { intent: fields.one_of("intent", Intent::NAMES).unwrap_or(Intent::Contact) }
}

fn quarantined(fields: &mut Fields<'_>) -> Body {
    fields.required_codes("reasons");
    form(fields)
}

fn release(fields: &mut Fields<'_>) -> Body {
    let text = fields.required("quarantined", ID_MAX);
    let quarantined = text.parse().unwrap_or_else(|_| {
        if !text.is_empty() {
            fields.problem(
                "quarantined",
                "invalid_id",
                "This must be the event id of a quarantined form post.",
            );
        }
        uuid::Uuid::nil()
    });
    Body::Release { quarantined: EventId(quarantined) }
}

fn call(fields: &mut Fields<'_>) -> Body {
    fields.number("duration_s");
    Body::Call {
        outcome: fields.required_one_of("outcome", CallOutcome::NAMES).unwrap_or(CallOutcome::NoAnswer),
        callback_at: fields.instant("callback_at"),
        contact_again_at: fields.instant("contact_again_at"),
    }
}

/// The one required key that may be null or empty: nobody looks after the lead.
fn owner(fields: &mut Fields<'_>) -> Body {
    if !fields.has("owner") {
        fields.missing("owner");
    }
    let owner = fields.name("owner");
    fields.keep("owner", owner.clone());
    Body::Owner(owner)
}

fn profile(fields: &mut Fields<'_>) -> Body {
    for key in PROFILE_TEXTS {
        if fields.take_null(key) {
            fields.keep(key, Value::Null);
        } else if key == "birth_date" {
            fields.date(key);
        } else {
            fields.name(key);
        }
    }
    for key in ["company_size", "attributes"] {
        if fields.take_null(key) {
            fields.keep(key, Value::Null);
        }
    }
    fields.number("company_size");
    fields.object("attributes");
    Body::Plain
}

fn consent(fields: &mut Fields<'_>) -> Body {
    plain(fields, &["text_hash", "notice_version", "collected_via"]);
    Body::Consent { purpose: fields.required("purpose", NAME_MAX), channel: fields.name("channel") }
}

fn assessment(fields: &mut Fields<'_>) -> Body {
    fields.name("note");
    let criterion = fields.required_one_of("criterion", Criterion::NAMES).unwrap_or(Criterion::Fit);
    let verdict = fields.required_one_of("verdict", Verdict::NAMES).unwrap_or(Verdict::Unknown);
    Body::Assessment { criterion, verdict }
}

/// The paper itself, and for all but quotes the quote, contract and order that it names.
fn sale(fields: &mut Fields<'_>, kind: DocumentKind) -> Body {
    let id = fields.required(kind.name(), ID_MAX);
    let linked = if kind == DocumentKind::Quote { &[][..] } else { &LINKS[..] };
    let others = linked.iter().filter(|other| **other != kind);
    let links =
        others.filter_map(|other| Some(DocumentRef { kind: *other, id: fields.id(other.name())? })).collect();
    let amount = fields.money("amount");
    Body::Sale(Document { document: DocumentRef { kind, id }, links, amount })
}

const LINKS: [DocumentKind; 3] = [DocumentKind::Quote, DocumentKind::Contract, DocumentKind::Order];

fn link(
    fields: &mut Fields<'_>,
    source: &str,
    region: Option<&str>,
    body: impl Fn(Identifier) -> Body,
) -> Body {
    fields.one_identifier("other", source, region).map_or(Body::Plain, body)
}

fn campaign(fields: &mut Fields<'_>) -> Body {
    fields.date("starts_on");
    fields.date("ends_on");
    plain_with(fields, "campaign", &["name", "channel"])
}

fn cost(fields: &mut Fields<'_>) -> Body {
    fields.date("on");
    fields.required("campaign", NAME_MAX);
    fields.required_money("amount");
    Body::Plain
}

/// The `intent` that a fact carries: its own, or that of somebody who writes to us.
#[must_use]
pub(crate) fn intent_of(kind: FactType, body: &Body) -> Option<Intent> {
    if let Body::Form { intent } = body {
        return Some(*intent);
    }
    matches!(kind, FactType::MessageReceived | FactType::EmailReplied).then_some(Intent::Contact)
}

/// Puts the intent of the form into `data` where the sender told none.
pub(super) fn fill_intent(data: &mut Map<String, Value>, body: &mut Body, configured: Option<Intent>) {
    if let (Body::Form { intent }, None) = (body, data.get("intent")) {
        *intent = configured.unwrap_or(Intent::Contact);
        data.insert("intent".to_owned(), intent.name().into());
    }
}
