//! The filters of `/v1/leads`: they hold together, and a comma means one of.

use lead_domain::Instant;
use lead_domain::identity::{Identifier, IdentifierKind};
use lead_domain::lead::Score;
use lead_domain::policy::Policy;
use lead_domain::segment::{Segment, Segments};
use read_model::{LeadFilter, LeadSort};
use utoipa::IntoParams;

use crate::parameters::Parameters;
use crate::segment_needs;
use crate::state::QueryState;
use crate::view::names::{CustomerStateFilter, DispositionName, GradeFilter, StageFilter, TemperatureName};

/// The word for "no stage" among stages.
pub(crate) const NO_STAGE: &str = "none";
pub(crate) const STAGES: [&str; 5] = ["suspect", "lead", "prospect", "customer", NO_STAGE];
/// The word for "no grade" among grades.
const NO_GRADE: &str = "none";
const GRADES: [&str; 5] = ["A", "B", "C", "D", NO_GRADE];
const TEMPERATURES: [&str; 3] = ["cold", "warm", "hot"];
/// The word for "no customer" among states of customers.
const NO_CUSTOMER: &str = "none";
const CUSTOMER_STATES: [&str; 4] = ["active", "inactive", "reactivated", NO_CUSTOMER];
const DISPOSITIONS: [&str; 5] = ["open", "nurture", "contact_later", "refused", "disqualified"];

/// The fewest characters that `q` may have.
const Q_MIN: usize = 3;

/// Filters and order of a list of leads.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct LeadQuestion {
    /// One of these stages, comma-separated: `suspect`, `lead`, `prospect`, `customer`, or `none` (leads without a stage).
    #[param(value_type = Option<Vec<StageFilter>>, inline, style = Form, explode = false, example = json!(["lead", "prospect"]))]
    stage: Vec<String>,
    /// One of these temperatures at the instant of the answer, comma-separated: `cold`, `warm`, `hot`.
    #[param(value_type = Option<Vec<TemperatureName>>, inline, style = Form, explode = false, example = json!(["hot", "warm"]))]
    temperature: Vec<String>,
    /// One of these grades, comma-separated: `A`, `B`, `C`, `D`, or `none` (nothing is known of the fit).
    #[param(value_type = Option<Vec<GradeFilter>>, inline, style = Form, explode = false, example = json!(["A", "B"]))]
    grade: Vec<String>,
    /// At least this score (points) at the instant of the answer; 0 or less: any.
    #[param(example = 25)]
    min_score: Option<f64>,
    /// One of these dispositions, comma-separated: `open`, `nurture`, `contact_later`, `refused`, `disqualified`.
    #[param(value_type = Option<Vec<DispositionName>>, inline, style = Form, explode = false, example = json!(["open"]))]
    disposition: Vec<String>,
    /// One of these states of a customer at the instant of the answer, comma-separated: `active`, `inactive`,
    /// `reactivated`, or `none` (no purchase stands).
    #[param(value_type = Option<Vec<CustomerStateFilter>>, inline, style = Form, explode = false, example = json!(["inactive"]))]
    customer_state: Vec<String>,
    /// Has one of these roles, comma-separated.
    #[param(value_type = Option<Vec<String>>, style = Form, explode = false, example = json!(["partner"]))]
    role: Vec<String>,
    /// Is in one of these groups, comma-separated.
    #[param(value_type = Option<Vec<String>>, style = Form, explode = false, example = json!(["north"]))]
    group: Vec<String>,
    /// One of these owners, comma-separated, as assigned.
    #[param(value_type = Option<Vec<String>>, style = Form, explode = false, example = json!(["kim"]))]
    owner: Vec<String>,
    /// In one of these segments of the configuration file, comma-separated: its condition at the instant of the request.
    #[param(value_type = Option<Vec<String>>, style = Form, explode = false, example = json!(["hot-in-france"]))]
    segment: Vec<String>,
    /// One of these sources of the first touch, comma-separated.
    #[param(value_type = Option<Vec<String>>, style = Form, explode = false, example = json!(["website"]))]
    source: Vec<String>,
    /// One of these campaigns of the first touch, comma-separated.
    #[param(value_type = Option<Vec<String>>, style = Form, explode = false, example = json!(["spring-mail"]))]
    campaign: Vec<String>,
    /// One of these channels of the first touch, comma-separated.
    #[param(value_type = Option<Vec<String>>, style = Form, explode = false, example = json!(["ads"]))]
    channel: Vec<String>,
    /// One of these countries, comma-separated, without case.
    #[param(value_type = Option<Vec<String>>, style = Form, explode = false, example = json!(["FR", "BE"]))]
    country: Vec<String>,
    /// The lead of one of these e-mail addresses, comma-separated, in any form that is canonically the same; merged ones
    /// are found, too.
    #[param(value_type = Option<Vec<String>>, style = Form, explode = false, example = json!(["ada@example.com"]))]
    email: Vec<String>,
    /// The lead of one of these phone numbers, comma-separated; without a country code, in the region of the
    /// installation.
    #[param(value_type = Option<Vec<String>>, style = Form, explode = false, example = json!(["+33612345678"]))]
    phone: Vec<String>,
    /// The leads of one of these external ids, comma-separated, under any source.
    #[param(value_type = Option<Vec<String>>, style = Form, explode = false, example = json!(["C-1004"]))]
    external_id: Vec<String>,
    /// Part of name, e-mail or company, without case; three characters or more.
    #[param(min_length = 3, example = "lovelace")]
    q: Option<String>,
    /// Created at or after this instant (RFC 3339; a + in an offset is written %2B).
    #[param(value_type = Option<String>, format = DateTime, example = "2026-01-01T00:00:00Z")]
    created_from: Option<Instant>,
    /// Created before this instant (RFC 3339; a + in an offset is written %2B).
    #[param(value_type = Option<String>, format = DateTime, example = "2026-07-01T00:00:00Z")]
    created_to: Option<Instant>,
    /// Also people without e-mail, phone and external id.
    #[param(value_type = Option<bool>, default = false, example = true)]
    anonymous: bool,
    /// Order: highest score first (default), latest activity first, latest created first, or by lower-cased name (code
    /// points). Leads without the key come last, equal ones are ordered by id.
    #[param(value_type = Option<SortName>, inline, example = "-score")]
    sort: LeadSort,
}

/// The orders of a list.
#[derive(Debug, utoipa::ToSchema)]
#[expect(dead_code, reason = "the contract is derived from the variants")]
enum SortName {
    #[schema(rename = "-score")]
    Score,
    #[schema(rename = "-last_activity_at")]
    LastActivity,
    #[schema(rename = "-created_at")]
    Created,
    #[schema(rename = "name")]
    Name,
}

const SORTS: [(&str, LeadSort); 4] = [
    ("-score", LeadSort::Score),
    ("-last_activity_at", LeadSort::LastActivity),
    ("-created_at", LeadSort::Created),
    ("name", LeadSort::Name),
];

impl LeadQuestion {
    /// Reads the filters; what is wrong with them is noted in `given`.
    pub(crate) fn read(given: &mut Parameters, state: &QueryState) -> Self {
        let region = state.region.as_deref();
        let (created_from, created_to) = given.between("created_from", "created_to");
        Self {
            stage: given.codes("stage", &STAGES),
            temperature: given.codes("temperature", &TEMPERATURES),
            grade: given.codes("grade", &GRADES),
            min_score: min_score(given),
            disposition: given.codes("disposition", &DISPOSITIONS),
            customer_state: given.codes("customer_state", &CUSTOMER_STATES),
            role: given.list("role"),
            group: given.list("group"),
            segment: segment(given, &state.segments),
            owner: given.list("owner"),
            source: given.list("source"),
            campaign: given.list("campaign"),
            channel: given.list("channel"),
            country: given.list("country"),
            email: identifiers(given, IdentifierKind::Email, region),
            phone: identifiers(given, IdentifierKind::Phone, region),
            external_id: identifiers(given, IdentifierKind::ExternalId, region),
            q: q(given),
            created_from,
            created_to,
            anonymous: given.flag("anonymous"),
            sort: sort(given),
        }
    }

    /// The order asked for.
    pub(crate) const fn sort(&self) -> LeadSort {
        self.sort
    }

    /// The segments of which a lead must be in one; none: any lead.
    pub(crate) fn segments<'s>(&self, segments: &'s Segments) -> Vec<&'s Segment> {
        self.segment.iter().filter_map(|name| segments.named(name)).collect()
    }

    /// The same for the read model: bounds of score and temperature moved to the instant asked about, and what `segments`
    /// need at the least.
    pub(crate) fn filter(&self, segments: &[&Segment], at: Instant, policy: &Policy) -> LeadFilter {
        let asked = self.asked(at, policy);
        let asked = match segments {
            [only] => segment_needs::added(asked, &only.when),
            _ => asked,
        };
        segment_needs::with_rank_bound(asked, at, policy)
    }

    fn asked(&self, at: Instant, policy: &Policy) -> LeadFilter {
        LeadFilter {
            anonymous: self.anonymous,
            stage: or_none(&self.stage, NO_STAGE),
            grade: or_none(&self.grade, NO_GRADE),
            temperature: self.temperature.clone(),
            min_rank_key: self.min_score.and_then(|least| Score::rank_bound(least, at, policy)),
            disposition: self.disposition.clone(),
            customer_state: or_none(&self.customer_state, NO_CUSTOMER),
            role: self.role.clone(),
            group: self.group.clone(),
            owner: self.owner.clone(),
            source: self.source.clone(),
            campaign: self.campaign.clone(),
            channel: self.channel.clone(),
            country: self.country.iter().map(|country| country.to_lowercase()).collect(),
            identifiers: self.identifiers(),
            q: self.q.clone(),
            created_from: self.created_from,
            created_to: self.created_to,
            at: Some(at),
        }
    }

    fn identifiers(&self) -> Vec<(IdentifierKind, Vec<String>)> {
        let asked = [
            (IdentifierKind::Email, &self.email),
            (IdentifierKind::Phone, &self.phone),
            (IdentifierKind::ExternalId, &self.external_id),
        ];
        asked
            .into_iter()
            .filter(|(_, values)| !values.is_empty())
            .map(|(kind, values)| (kind, values.clone()))
            .collect()
    }
}

/// The codes asked for, and `None` where the word for it stands.
pub(crate) fn or_none(codes: &[String], none: &str) -> Vec<Option<String>> {
    codes.iter().map(|code| (code != none).then(|| code.clone())).collect()
}

fn min_score(given: &mut Parameters) -> Option<f64> {
    let score = given.parsed::<f64>("min_score", "not_a_number", "This must be a number of points.")?;
    if !score.is_finite() {
        given.error("min_score", "not_a_number", "This must be a finite number of points.");
    }
    Some(score)
}

/// The values in canonical form, as the read model keeps them.
fn identifiers(given: &mut Parameters, kind: IdentifierKind, region: Option<&str>) -> Vec<String> {
    given.amend(kind.key(), |values| {
        values.split(',').map(|value| with_plus(kind, value)).collect::<Vec<_>>().join(",")
    });
    let values = given.list(kind.key());
    let canonical =
        |value: &String| Identifier::parse(kind, value, "", region).map(|found| found.value().to_owned());
    match values.iter().map(canonical).collect() {
        Ok(found) => found,
        Err(invalid) => {
            given.error(kind.key(), invalid.code(), invalid.to_string());
            Vec::new()
        }
    }
}

/// A + that was not escaped arrives as a blank. None stands at the start of a phone number or inside an e-mail address.
fn with_plus(kind: IdentifierKind, value: &str) -> String {
    match kind {
        IdentifierKind::Phone if value.starts_with(' ') => format!("+{}", value.trim_start()),
        IdentifierKind::Email => value.trim().replace(' ', "+"),
        IdentifierKind::Phone | IdentifierKind::ExternalId | IdentifierKind::AnonymousId => value.to_owned(),
    }
}

fn q(given: &mut Parameters) -> Option<String> {
    let part = given.text("q")?.to_lowercase();
    if part.chars().count() < Q_MIN {
        given.error("q", "too_short", format!("This must have at least {Q_MIN} characters."));
    }
    Some(part)
}

fn segment(given: &mut Parameters, segments: &Segments) -> Vec<String> {
    let known: Vec<&str> = segments.iter().map(|segment| segment.name.as_str()).collect();
    let names = given.list("segment");
    if names.iter().any(|name| !known.contains(&name.as_str())) {
        let detail = match known.as_slice() {
            [] => "The configuration file has no segments.".to_owned(),
            known => format!("Known values are {}.", known.join(", ")),
        };
        given.error("segment", "unknown_value", detail);
    }
    names
}

fn sort(given: &mut Parameters) -> LeadSort {
    let Some(name) = given.text("sort") else { return LeadSort::Score };
    let known = SORTS.iter().find(|(known, _)| *known == name);
    if known.is_none() {
        let names: Vec<&str> = SORTS.iter().map(|(name, _)| *name).collect();
        given.error("sort", "unknown_value", format!("Known values are {}.", names.join(", ")));
    }
    known.map_or(LeadSort::Score, |(_, sort)| *sort)
}
