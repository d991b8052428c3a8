//! The rows of the read model, alike in every adapter.

use lead_domain::fact::OrderKey;
use lead_domain::{EventId, Instant, LeadId};

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
    /// A record of this lead could not be read or folded.
    pub incomplete: bool,
}

/// What lists of leads filter and sort by. Text columns are compared as they are, byte by byte.
#[derive(Clone, Debug, PartialEq)]
pub struct LeadColumns {
    /// An e-mail, phone or external id stands in `lead` of one of its facts.
    pub identified: bool,
    /// suspect, lead, prospect, customer.
    pub stage: Option<&'static str>,
    /// open, nurture, contact_later, refused, disqualified.
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
    /// Roles, sorted.
    pub roles: Vec<String>,
    /// Groups, sorted.
    pub groups: Vec<String>,
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
    /// stage, temperature, disposition, customer_state.
    pub what: &'static str,
    /// Before.
    pub from: Option<String>,
    /// After.
    pub to: Option<String>,
    /// The fact that caused it; none where time did.
    pub because_event: Option<EventId>,
    /// What decided: a points rule, the stage reached, a type of fact, `cooling` or `inactivity`.
    pub because_rule: String,
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
    /// Why, for programs: `unreadable`, `id_conflict`.
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
