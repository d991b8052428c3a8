//! A lead as the API shows it.

use lead_domain::fact::{Criterion, Money};
use lead_domain::lead::{CustomerState, Lead, Profile, Touch};
use lead_domain::policy::{Grade, Policy};
use lead_domain::{Instant, LeadId};
use serde::Serialize;
use serde_json::{Map, Number, Value};
use utoipa::ToSchema;

use super::criteria::CriteriaView;
use super::names::{
    ConsentStatus, CriterionName, CustomerKind, CustomerStateName, DispositionName, GradeName, StageName,
    TemperatureName,
};
use super::{NextFollowUpView, shown};

/// One page of leads.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LeadPage {
    /// The leads, in the order asked for.
    pub(crate) data: Vec<LeadView>,
    /// Pass it as `cursor`, with the same filters and sort, for the next page; null on the last one.
    #[schema(example = "AXpR0c2V0LXNlYWxlZA")]
    pub(crate) next_cursor: Option<String>,
    /// The instant of the request: temperatures and scores are those of this instant. RFC 3339, UTC.
    #[schema(value_type = String, format = DateTime, example = "2026-06-01T08:00:00.000Z")]
    pub(crate) as_of: Instant,
}

/// A lead: what is known of a person or organisation, where they stand on the way to buying, and how warm they are.
/// Nothing is left out: what is not known is null, an empty list or an empty object.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Lead)]
pub(crate) struct LeadView {
    /// The lead's id. It can change when two leads turn out to be one person: the old id then answers 308.
    #[schema(value_type = uuid::Uuid, example = "7d65a29b-5931-8d0d-9b6b-5a0378c84114")]
    pub(crate) id: LeadId,
    #[serde(flatten)]
    profile: ProfileView,
    /// Where the lead stands on the way to buying; null for a visitor nobody can name, or for somebody who is only
    /// an employee, a supplier, …
    #[schema(value_type = Option<StageName>)]
    stage: Option<&'static str>,
    /// How ready the lead is at the instant of the answer.
    #[schema(value_type = TemperatureName)]
    temperature: &'static str,
    /// Engagement points at the instant of the answer, rounded to one decimal, never below 0.
    #[schema(example = 44.6)]
    score: f64,
    /// How well the profile fits the target, as of the lead's last fact; null while no field of any fit rule is known.
    #[schema(value_type = Option<GradeName>)]
    grade: Option<&'static str>,
    /// What is known of the four criteria.
    criteria: CriteriaView,
    /// The criteria that are not met, in the order fit, means, authority, need.
    #[schema(value_type = Vec<CriterionName>, example = json!(["fit", "means"]))]
    missing: Vec<&'static str>,
    /// Side state of the sale.
    #[schema(value_type = DispositionName)]
    disposition: &'static str,
    /// What was bought.
    customer: CustomerView,
    /// What else the person is, sorted.
    #[schema(example = json!(["partner"]))]
    roles: Vec<String>,
    /// Named sets that the person is in, sorted.
    #[schema(example = json!(["north"]))]
    groups: Vec<String>,
    /// Who looks after the lead, as assigned; null: nobody.
    #[schema(example = "kim")]
    owner: Option<String>,
    /// First and last touch.
    source: SourceView,
    /// What the person allows and refuses, by purpose, then channel.
    consents: Vec<ConsentView>,
    /// Hot until then (exclusive) unless something happens; in the past if it was hot once; null if it never was.
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-03-01T14:37:02.032Z")]
    hot_until: Option<Instant>,
    /// Warm or hot until then (exclusive) unless something happens; in the past if it was once; null if it never was.
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-04-05T16:57:47.636Z")]
    warm_until: Option<Instant>,
    /// What is to be done next, however far ahead; null: nothing.
    follow_up: Option<NextFollowUpView>,
    /// Instant of the last thing that the person did; null if nothing.
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-02-03T09:10:00.000Z")]
    last_activity_at: Option<Instant>,
    /// Instant of the lead's first fact.
    #[schema(value_type = String, format = DateTime, example = "2026-02-03T09:00:00.000Z")]
    created_at: Instant,
    /// A record of this lead could not be read or folded: something is missing from this answer.
    #[schema(example = false)]
    incomplete: bool,
    /// Version of the policy under which this was computed: the hash of its canonical text.
    #[schema(example = "5d398d8394eb61e16789a5a6823bd7c691355f951ba69bd83d254645c10ddffb")]
    policy: String,
}

/// What a read knows beside the lead's state.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen<'a> {
    /// The lead's id.
    pub(crate) id: LeadId,
    /// A record of it could not be read or folded.
    pub(crate) incomplete: bool,
    /// The instant of the answer.
    pub(crate) at: Instant,
    /// The policy under which the state was folded.
    pub(crate) policy: &'a Policy,
}

impl LeadView {
    /// The state of a lead as seen at an instant.
    pub(crate) fn new(lead: &Lead, seen: Seen<'_>) -> Self {
        Self {
            id: seen.id,
            profile: ProfileView::new(&lead.profile),
            stage: lead.stage.map(lead_domain::policy::Stage::name),
            temperature: lead.score.temperature_at(seen.at).name(),
            score: shown(lead.score.at(seen.at, seen.policy)),
            grade: lead.grade.map(Grade::name),
            criteria: CriteriaView::new(&lead.criteria),
            missing: lead.criteria.missing().into_iter().map(Criterion::name).collect(),
            disposition: lead.disposition.name(),
            customer: CustomerView::new(lead, seen.at, seen.policy),
            roles: lead.roles.iter().cloned().collect(),
            groups: lead.groups.iter().cloned().collect(),
            owner: lead.owner.clone(),
            source: SourceView {
                first: lead.touches.first.as_ref().map(TouchView::new),
                last: lead.touches.last.as_ref().map(TouchView::new),
            },
            consents: consents(lead),
            hot_until: lead.score.hot_until,
            warm_until: lead.score.warm_until,
            follow_up: lead.follow_up_at(seen.at, seen.policy).map(NextFollowUpView::new),
            last_activity_at: lead.last_activity_at,
            created_at: lead.created_at,
            incomplete: seen.incomplete,
            policy: seen.policy.version().to_owned(),
        }
    }
}

/// What is known of the person or organisation. Texts are as given, trimmed.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Profile)]
struct ProfileView {
    /// The full name, else first and last name.
    #[schema(example = "Ada Lovelace")]
    name: Option<String>,
    /// First name.
    #[schema(example = "Ada")]
    first_name: Option<String>,
    /// Last name.
    #[schema(example = "Lovelace")]
    last_name: Option<String>,
    /// The organisation they work for.
    #[schema(example = "Analytical SARL")]
    company: Option<String>,
    /// What they do there.
    #[schema(example = "Directrice générale")]
    job_title: Option<String>,
    /// The latest e-mail address, in canonical form where it identified the person.
    #[schema(example = "ada@example.com")]
    email: Option<String>,
    /// The latest phone number, in E.164 where it identified the person.
    #[schema(example = "+33612345678")]
    phone: Option<String>,
    /// Country, as given.
    #[schema(example = "FR")]
    country: Option<String>,
    /// Region, as given.
    #[schema(example = "Bretagne")]
    region: Option<String>,
    /// City.
    #[schema(example = "Rennes")]
    city: Option<String>,
    /// Postal code.
    #[schema(example = "35000")]
    postal_code: Option<String>,
    /// Date of birth.
    #[schema(format = Date, example = "1980-06-15")]
    birth_date: Option<String>,
    /// Trade of the organisation.
    #[schema(example = "machines")]
    industry: Option<String>,
    /// How many people the organisation has.
    #[schema(value_type = Option<f64>, example = 40)]
    company_size: Option<Number>,
    /// Language they prefer, as given.
    #[schema(example = "fr")]
    language: Option<String>,
    /// Web site of the organisation.
    #[schema(example = "https://www.example.com")]
    website: Option<String>,
    /// Fields of your own, as given.
    #[schema(value_type = HashMap<String, Value>, example = json!({"budget": 5000}))]
    attributes: Map<String, Value>,
}

impl ProfileView {
    fn new(profile: &Profile) -> Self {
        let text = |field: &str| profile.text(field).map(ToOwned::to_owned);
        Self {
            name: profile.display_name(),
            first_name: text("first_name"),
            last_name: text("last_name"),
            company: text("company"),
            job_title: text("job_title"),
            email: text("email"),
            phone: text("phone"),
            country: text("country"),
            region: text("region"),
            city: text("city"),
            postal_code: text("postal_code"),
            birth_date: text("birth_date"),
            industry: text("industry"),
            company_size: profile.company_size().cloned(),
            language: text("language"),
            website: text("website"),
            attributes: profile.attributes().cloned().unwrap_or_default(),
        }
    }
}

/// What was bought. Quotes, contracts, orders and invoices that name each other are one purchase.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Customer)]
struct CustomerView {
    /// One purchase or several; null: none that stands.
    #[schema(value_type = Option<CustomerKind>)]
    kind: Option<&'static str>,
    /// Whether the customer still buys, at the instant of the answer; null: no purchase stands.
    #[schema(value_type = Option<CustomerStateName>)]
    state: Option<&'static str>,
    /// How many purchases stand.
    #[schema(example = 2)]
    purchases: u64,
    /// Instant of the latest purchase that stands.
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-05-11T09:30:00.000Z")]
    last_purchase_at: Option<Instant>,
    /// What the purchases that stand are worth: one entry per currency, sorted by code; currencies are never added up.
    revenue: Vec<MoneyView>,
}

impl CustomerView {
    fn new(lead: &Lead, at: Instant, policy: &Policy) -> Self {
        let kind = match lead.sales.purchases() {
            0 => None,
            1 => Some("one_time"),
            _ => Some("repeat"),
        };
        Self {
            kind,
            state: lead.sales.state_at(at, policy).map(CustomerState::name),
            purchases: lead.sales.purchases(),
            last_purchase_at: lead.sales.last_purchase_at(),
            revenue: lead.sales.revenue().to_list().into_iter().map(MoneyView::new).collect(),
        }
    }
}

/// An amount in one currency.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Money)]
pub(super) struct MoneyView {
    /// Whole minor units: cents of a euro, whole yen.
    #[schema(example = 129_900)]
    amount_minor: i64,
    /// ISO 4217 code.
    #[schema(example = "EUR")]
    currency: String,
}

impl MoneyView {
    pub(super) fn new(Money { amount_minor, currency }: Money) -> Self {
        Self { amount_minor, currency }
    }
}

/// The first and the last fact that carries a campaign, a channel of its own or utm parameters.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Source)]
struct SourceView {
    /// The first touch; null while there is none.
    first: Option<TouchView>,
    /// The last touch; null while there is none.
    last: Option<TouchView>,
}

/// Where the person came from.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Touch)]
struct TouchView {
    /// The system that reported the fact.
    #[schema(example = "website")]
    source: String,
    /// Campaign it is owed to.
    #[schema(example = "brand")]
    campaign: Option<String>,
    /// Channel it came through.
    #[schema(example = "ads")]
    channel: Option<String>,
    /// utm parameters, as posted.
    #[schema(value_type = Option<HashMap<String, Value>>, example = json!({"source": "google", "medium": "cpc", "campaign": "brand"}))]
    utm: Option<Map<String, Value>>,
    /// When.
    #[schema(value_type = String, format = DateTime, example = "2026-02-03T09:10:00.000Z")]
    at: Instant,
}

impl TouchView {
    fn new(touch: &Touch) -> Self {
        Self {
            source: touch.source.clone(),
            campaign: touch.campaign.clone(),
            channel: touch.channel.clone(),
            utm: touch.utm.clone(),
            at: touch.at,
        }
    }
}

/// What the person said last for a purpose and a channel.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Consent)]
struct ConsentView {
    /// What for.
    #[schema(example = "marketing")]
    purpose: String,
    /// Through which channel; null: every channel that has no entry of its own.
    #[schema(example = "email")]
    channel: Option<String>,
    /// What they said.
    #[schema(value_type = ConsentStatus)]
    status: &'static str,
    /// When.
    #[schema(value_type = String, format = DateTime, example = "2026-02-21T08:00:00.000Z")]
    at: Instant,
}

fn consents(lead: &Lead) -> Vec<ConsentView> {
    let view = |consent: lead_domain::lead::Consent| ConsentView {
        purpose: consent.purpose,
        channel: consent.channel,
        status: consent.status.name(),
        at: consent.at,
    };
    lead.consents.to_list().into_iter().map(view).collect()
}
