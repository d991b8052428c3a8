//! All rows of a read model as canonical JSON lines: equal stores give equal text, whatever holds them.
//!
//! Left out is what depends on arrival: when a fact was received, the change feed, positions, numbers of generations.

use lead_domain::fact::OrderKey;
use lead_domain::identity::Pair;
use lead_domain::lead::Shown;
use lead_domain::{EventId, Instant, LeadId};
use serde::Serialize;
use serde_json::Value;

use crate::order;
use crate::questions::QuestionRow;
use crate::rows::LeadRow;

/// A lead of the active generation, with all its columns.
#[derive(Serialize)]
pub(crate) struct LeadLine {
    pub id: LeadId,
    pub last_fact: OrderKey,
    /// The text as it is stored.
    pub state: String,
    pub incomplete: bool,
    pub identified: bool,
    #[serde(rename = "rank_key", serialize_with = "rank_key")]
    pub score_order: f64,
    #[serde(rename = "last_activity_at", serialize_with = "instant")]
    pub activity_order: i64,
    pub hot_until: Option<Instant>,
    pub warm_until: Option<Instant>,
    #[serde(rename = "created_at", serialize_with = "instant")]
    pub created_order: i64,
    #[serde(rename = "name_key", serialize_with = "name")]
    pub name_order: String,
    pub stage: Option<String>,
    pub disposition: String,
    pub grade: Option<String>,
    pub search_text: String,
    pub country: Option<String>,
    pub country_given: Option<String>,
    pub owner: Option<String>,
    pub source: Option<String>,
    pub campaign: Option<String>,
    pub channel: Option<String>,
    pub active_until: Option<Instant>,
    pub reactivated: bool,
    pub reached: [Option<Instant>; 4],
    pub roles: Vec<String>,
    pub groups: Vec<String>,
}

impl LeadLine {
    /// The line of a row that a fold made.
    pub(crate) fn of(row: &LeadRow) -> Self {
        let of = row.columns.clone();
        let name_order = order::name_order(of.name_key.as_deref());
        Self {
            id: row.id,
            last_fact: row.last_fact,
            state: row.state.clone(),
            incomplete: false,
            identified: of.identified,
            score_order: order::score_order(of.rank_key),
            activity_order: order::instant_order(of.last_activity_at),
            hot_until: of.hot_until,
            warm_until: of.warm_until,
            created_order: order::instant_order(Some(of.created_at)),
            name_order,
            stage: of.stage.map(str::to_owned),
            disposition: of.disposition.to_owned(),
            grade: of.grade.map(str::to_owned),
            search_text: of.search_text,
            country: of.country,
            country_given: of.country_given,
            owner: of.owner,
            source: of.source,
            campaign: of.campaign,
            channel: of.channel,
            active_until: of.active_until,
            reactivated: of.reactivated,
            reached: of.reached,
            roles: of.roles,
            groups: of.groups,
        }
    }
}

impl ShownLine {
    /// The lines of what a fold shows.
    pub(crate) fn all_of(row: &LeadRow) -> Vec<Self> {
        let line = |shown: &Shown| Self {
            id: row.id,
            from_at: shown.from,
            to_at: shown.to,
            reason: shown.candidate.reason.name().to_owned(),
            due_at: shown.candidate.due_at,
            waiting_since: shown.candidate.waiting_since,
        };
        row.shown.iter().map(line).collect()
    }
}

impl QuestionLine {
    /// The lines of the questions that a fold told.
    pub(crate) fn all_of(row: &LeadRow) -> Vec<Self> {
        let line = |question: &QuestionRow| Self {
            id: row.id,
            number: i64::try_from(question.number).unwrap_or(i64::MAX),
            asked_at: question.asked_at,
            answered_at: question.answered_at,
        };
        row.questions.rows.iter().map(line).collect()
    }
}

/// What the queue shows of a lead for a while.
#[derive(Serialize)]
pub(crate) struct ShownLine {
    pub id: LeadId,
    pub from_at: Instant,
    pub to_at: Option<Instant>,
    pub reason: String,
    pub due_at: Instant,
    pub waiting_since: Instant,
}

/// A question of a lead.
#[derive(Serialize)]
pub(crate) struct QuestionLine {
    pub id: LeadId,
    pub number: i64,
    pub asked_at: Instant,
    pub answered_at: Option<Instant>,
}

/// An identifier.
#[derive(Serialize)]
pub(crate) struct IdentifierLine {
    pub id: LeadId,
    pub kind: Option<String>,
    pub value: Option<String>,
    pub source: Option<String>,
    pub lead_id: LeadId,
    pub first_fact: Option<OrderKey>,
}

/// A fact.
#[derive(Serialize)]
pub(crate) struct FactLine {
    pub subject: LeadId,
    pub occurred_at: Instant,
    pub rank: i16,
    pub event_id: EventId,
    pub content: String,
    pub record: Value,
}

impl FactLine {
    /// Takes the stored text without what ingest noted about its arrival.
    pub(crate) fn new(subject: LeadId, key: OrderKey, content: String, record: &str) -> Self {
        let mut record: Value = serde_json::from_str(record).unwrap_or(Value::Null);
        if let Some(fields) = record.as_object_mut() {
            fields.remove("received_at");
        }
        Self { subject, occurred_at: key.at, rank: key.rank, event_id: key.event_id, content, record }
    }
}

#[derive(Serialize)]
struct PairLine {
    ends: (LeadId, LeadId),
    sighted: Option<OrderKey>,
    linked: Option<(OrderKey, LeadId)>,
    unlinked: Option<OrderKey>,
}

#[derive(Serialize)]
struct Line<T> {
    table: &'static str,
    #[serde(flatten)]
    row: T,
}

/// Every row, in the order of keys.
pub(crate) struct Rows {
    pub leads: Vec<LeadLine>,
    pub shown: Vec<ShownLine>,
    pub questions: Vec<QuestionLine>,
    pub identifiers: Vec<IdentifierLine>,
    pub pairs: Vec<Pair>,
    pub facts: Vec<FactLine>,
}

impl Rows {
    /// The text of a dump.
    pub(crate) fn text(self) -> String {
        let pairs = self.pairs.into_iter().map(|Pair { ends, sighted, linked, unlinked }| PairLine {
            ends,
            sighted,
            linked,
            unlinked,
        });
        let mut text = String::new();
        lines(&mut text, "leads", self.leads);
        lines(&mut text, "follow_ups", self.shown);
        lines(&mut text, "questions", self.questions);
        lines(&mut text, "identifiers", self.identifiers);
        lines(&mut text, "pairs", pairs);
        lines(&mut text, "timeline", self.facts);
        text
    }
}

fn lines<T: Serialize>(text: &mut String, table: &'static str, rows: impl IntoIterator<Item = T>) {
    for row in rows {
        let line = serde_json::to_string(&Line { table, row });
        text.push_str(&line.unwrap_or_else(|_| unreachable!("a row has string keys")));
        text.push('\n');
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn rank_key<S: serde::Serializer>(order: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    order::rank_key(*order).serialize(serializer)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes references")]
fn instant<S: serde::Serializer>(order: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    order::instant(*order).serialize(serializer)
}

fn name<S: serde::Serializer>(order: &str, serializer: S) -> Result<S::Ok, S::Error> {
    order::name(order).serialize(serializer)
}
