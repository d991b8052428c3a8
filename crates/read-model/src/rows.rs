//! The rows of the read model, alike in every adapter.

use lead_domain::fact::{LeadEvent, OrderKey};
use lead_domain::lead::{Lead, Shown};
use lead_domain::policy::{Grade, Policy, Stage};
use lead_domain::{EventId, Instant, LeadId, sha256_hex};

use crate::questions::Questions;

/// A lead as the projector folds it on.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredLead {
    /// The lead.
    pub id: LeadId,
    /// The place of its last fact in the order of facts.
    pub last_fact: OrderKey,
    /// The fold's state in canonical JSON.
    pub state: String,
    /// When time alone changes something next that is not announced yet; none: never.
    pub next_change: Option<Instant>,
}

/// One lead: the fold's state, and the columns that lists filter and sort by. All of it follows from the state.
#[derive(Clone, Debug, PartialEq)]
pub struct LeadRow {
    /// The lead.
    pub id: LeadId,
    /// The place of its last fact in the order of facts.
    pub last_fact: OrderKey,
    /// The fold's state in canonical JSON.
    pub state: String,
    /// What lists filter and sort by.
    pub columns: LeadColumns,
    /// What the queue of follow-ups shows of it, from one instant to another.
    pub shown: Vec<Shown>,
    /// Its questions, as far as they changed.
    pub questions: Questions,
    /// When time alone changes something next that is not announced yet.
    pub next_change: Option<Instant>,
}

impl LeadRow {
    /// The row of a lead whose last fact stands at `last_fact`.
    #[must_use]
    pub fn of(
        id: LeadId,
        last_fact: OrderKey,
        lead: &Lead,
        policy: &Policy,
        questions: Questions,
        next_change: Option<Instant>,
    ) -> Self {
        Self {
            id,
            last_fact,
            state: lead.to_json(),
            columns: LeadColumns::of(lead, policy),
            shown: lead.schedule(last_fact.at, policy),
            questions,
            next_change,
        }
    }
}

/// What lists of leads filter and sort by. Text columns are compared as they are, byte by byte.
#[derive(Clone, Debug, PartialEq)]
pub struct LeadColumns {
    /// An e-mail, phone or external id stands in `lead` of one of its facts.
    pub identified: bool,
    /// `suspect`, `lead`, `prospect`, `customer`.
    pub stage: Option<&'static str>,
    /// `open`, `nurture`, `contact_later`, `refused`, `disqualified`.
    pub disposition: &'static str,
    /// A … D.
    pub grade: Option<&'static str>,
    /// The time-invariant key by which scores sort (log2 of points, plus time in half-lives); none if the sum is ≤ 0.
    pub rank_key: Option<f64>,
    /// Hot until then.
    pub hot_until: Option<Instant>,
    /// Warm until then, or hot.
    pub warm_until: Option<Instant>,
    /// Lower-cased name; none sorts last.
    pub name_key: Option<String>,
    /// Lower-cased name, e-mail and company, one per line, for `q`.
    pub search_text: String,
    /// Lower-cased, trimmed.
    pub country: Option<String>,
    /// As it stands in the profile, trimmed.
    pub country_given: Option<String>,
    /// As assigned.
    pub owner: Option<String>,
    /// Of the first touch.
    pub source: Option<String>,
    /// Of the first touch.
    pub campaign: Option<String>,
    /// Of the first touch.
    pub channel: Option<String>,
    /// Instant of the first fact.
    pub created_at: Instant,
    /// Instant of the last inbound fact.
    pub last_activity_at: Option<Instant>,
    /// Keys of the roles, sorted.
    pub roles: Vec<String>,
    /// Keys of the groups, sorted.
    pub groups: Vec<String>,
    /// Until when a customer is active; none: no customer.
    pub active_until: Option<Instant>,
    /// Came back after having been inactive.
    pub reactivated: bool,
    /// When the lead first had each stage or a later one, from suspect to customer.
    pub reached: [Option<Instant>; 4],
}

impl LeadColumns {
    fn of(lead: &Lead, policy: &Policy) -> Self {
        let first = lead.touches.first.as_ref();
        Self {
            identified: lead.identified,
            stage: lead.stage.map(Stage::name),
            disposition: lead.disposition.name(),
            grade: lead.grade.map(Grade::name),
            rank_key: lead.score.rank_key(policy),
            hot_until: lead.score.hot_until,
            warm_until: lead.score.warm_until,
            search_text: search_text(lead),
            name_key: lead.profile.display_name().map(|name| sort_key(&name)),
            country: lead.profile.text("country").map(|country| country.trim().to_lowercase()),
            country_given: lead.profile.text("country").map(|country| country.trim().to_owned()),
            owner: lead.owner.clone(),
            source: first.map(|touch| touch.source.clone()),
            campaign: first.and_then(|touch| touch.campaign.clone()),
            channel: first.and_then(|touch| touch.channel.clone()),
            created_at: lead.created_at,
            last_activity_at: lead.last_activity_at,
            roles: lead.roles.iter().map(|role| set_key(role)).collect(),
            groups: lead.groups.iter().map(|group| set_key(group)).collect(),
            active_until: lead.sales.active_until(policy),
            reactivated: lead.sales.is_reactivated(policy),
            reached: Stage::UPWARDS.map(|stage| lead.reached.at(stage)),
        }
    }
}

/// The most characters of a sort key: an index row of PostgreSQL holds 2,700 bytes, and names have up to 2,049 characters.
const SORT_KEY_MAX: usize = 500;

fn sort_key(name: &str) -> String {
    name.to_lowercase().chars().take(SORT_KEY_MAX).collect()
}

/// A role or a group as it is looked up: itself, or its beginning and a hash where an index row could not hold it.
pub(crate) fn set_key(name: &str) -> String {
    if name.chars().nth(SORT_KEY_MAX).is_none() {
        return name.to_owned();
    }
    let beginning: String = name.chars().take(SORT_KEY_MAX).collect();
    format!("{beginning}{}", sha256_hex(name.as_bytes()))
}

/// The whole of each text, unlike the sort key: a part is found wherever it stands.
fn search_text(lead: &Lead) -> String {
    let rest = ["email", "company"].into_iter().filter_map(|field| lead.profile.text(field));
    let lines = lead.profile.display_name().into_iter().chain(rest.map(str::to_owned));
    lines.map(|line| line.to_lowercase()).collect::<Vec<_>>().join("\n")
}

/// One fact for the timeline.
#[derive(Clone, Debug, PartialEq)]
pub struct TimelineRow {
    /// The id of its strongest identifier (or of the campaign): where it is stored, for ever.
    pub subject: LeadId,
    /// The fact as it stands in the log.
    pub event: LeadEvent,
}

/// One transition, as the change feed shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangeRow {
    /// Derived from (cause, what, from, to).
    pub id: EventId,
    /// The lead as it was called then.
    pub lead_id: LeadId,
    /// When it happened.
    pub at: Instant,
    /// `stage`, `temperature`, `disposition`, `customer_state`.
    pub what: &'static str,
    /// Before.
    pub from: Option<String>,
    /// After.
    pub to: Option<String>,
    /// The fact that caused it; none where time or a policy did.
    pub because_event: Option<EventId>,
    /// What decided: a points rule, the stage reached, a type of fact, `cooling` or `inactivity`; none where a policy did.
    pub because_rule: Option<String>,
    /// The version of the policy that took over, where that caused it.
    pub because_policy: Option<String>,
    /// The version of the policy under which it is so.
    pub policy: String,
}

/// A record that could not be read or folded.
#[derive(Clone, Debug, PartialEq)]
pub struct DeadLetter {
    /// Derived from its place in the log.
    pub id: EventId,
    /// The partition it stands in.
    pub partition: i32,
    /// Its offset.
    pub offset: i64,
    /// Why, for programs: [`UNREADABLE`](Self::UNREADABLE), [`UNFOLDABLE`](Self::UNFOLDABLE) or
    /// [`ID_CONFLICT`](Self::ID_CONFLICT).
    pub code: &'static str,
    /// Why, for people; nothing personal.
    pub detail: String,
    /// The fact's id, as far as it can be read.
    pub event_id: Option<EventId>,
    /// The id of its strongest identifier, as far as it can be read.
    pub subject: Option<LeadId>,
    /// When it came in, as far as it can be read.
    pub received_at: Option<Instant>,
    /// The record as it stands in the log; personal data.
    pub record: Vec<u8>,
}

impl DeadLetter {
    /// The record is no fact that this build can read; its lead misses it.
    pub const UNREADABLE: &'static str = "unreadable";
    /// The fact can be read, but not folded; its lead misses it.
    pub const UNFOLDABLE: &'static str = "unfoldable";
    /// Another fact stands under its id; the lead misses nothing.
    pub const ID_CONFLICT: &'static str = "id_conflict";
}
