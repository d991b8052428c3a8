//! The queue of follow-ups and the times of answers as the API shows them.

use lead_domain::Instant;
use lead_domain::lead::Candidate;
use read_model::{AnswerTimes, FollowUpRow};
use serde::Serialize;
use utoipa::ToSchema;

use super::LeadView;
use super::names::ReasonName;

/// One page of the queue.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FollowUpPage {
    /// Whom to contact, by due date, then id.
    pub(crate) data: Vec<FollowUpView>,
    /// Pass it as `cursor`, with the same filters, for the next page; null on the last one.
    #[schema(example = "AXpR0c2V0LXNlYWxlZA")]
    pub(crate) next_cursor: Option<String>,
    /// The instant of the answer. RFC 3339, UTC.
    #[schema(value_type = String, format = DateTime, example = "2026-06-01T08:00:00.000Z")]
    pub(crate) as_of: Instant,
}

/// Somebody to contact.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FollowUp)]
pub(crate) struct FollowUpView {
    /// Whom.
    lead: LeadView,
    /// Why.
    #[schema(value_type = ReasonName)]
    reason: String,
    /// By when.
    #[schema(value_type = String, format = DateTime, example = "2026-06-01T08:30:00.000Z")]
    due_at: Instant,
    /// Since when somebody waits for it: the question, the promise, the issue of the quote, …
    #[schema(value_type = String, format = DateTime, example = "2026-06-01T07:30:00.000Z")]
    waiting_since: Instant,
    /// It was due before the instant of the answer.
    #[schema(example = false)]
    overdue: bool,
}

impl FollowUpView {
    pub(crate) fn new(lead: LeadView, row: &FollowUpRow, at: Instant) -> Self {
        let FollowUpRow { reason, due_at, waiting_since, .. } = row;
        Self {
            lead,
            reason: reason.clone(),
            due_at: *due_at,
            waiting_since: *waiting_since,
            overdue: *due_at < at,
        }
    }
}

/// The next follow-up of a lead, however far ahead.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = NextFollowUp)]
pub(crate) struct NextFollowUpView {
    /// Why.
    #[schema(value_type = ReasonName)]
    reason: &'static str,
    /// By when.
    #[schema(value_type = String, format = DateTime, example = "2026-06-01T08:30:00.000Z")]
    due_at: Instant,
}

impl NextFollowUpView {
    pub(crate) const fn new(candidate: Candidate) -> Self {
        Self { reason: candidate.reason.name(), due_at: candidate.due_at }
    }
}

/// How long people waited for an answer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AnswerTimes)]
pub(crate) struct AnswerTimesView {
    /// Questions that came up at or after; null: all.
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-01-01T00:00:00.000Z")]
    from: Option<Instant>,
    /// Questions that came up before; null: all.
    #[schema(value_type = Option<String>, format = DateTime, example = "2026-06-01T08:00:00.000Z")]
    to: Option<Instant>,
    /// How many questions came up.
    #[schema(example = 6)]
    questions: u64,
    /// How many of them were answered.
    #[schema(example = 4)]
    answered: u64,
    /// How many of them were not answered.
    #[schema(example = 2)]
    never_answered: u64,
    /// The median time from a question to its answer, in seconds, over those that were answered; null: none was.
    #[schema(example = 2250)]
    median_seconds: Option<f64>,
    /// The share of all questions that were answered within five minutes, 0 to 1; null: there was no question.
    #[schema(example = 0.25)]
    within_5_min: Option<f64>,
    /// The share of all questions that were answered within one hour, 0 to 1; null: there was no question.
    #[schema(example = 0.5)]
    within_1_h: Option<f64>,
}

/// Answers within five minutes and within an hour are counted.
pub(crate) const WITHIN_MS: [i64; 2] = [5 * 60_000, 60 * 60_000];

impl AnswerTimesView {
    /// Over the questions of a period; `times` counts those within [`WITHIN_MS`].
    pub(crate) fn new(from: Option<Instant>, to: Option<Instant>, times: &AnswerTimes) -> Self {
        let [within_5_min, within_1_h] = times.within.map(|part| share(part, times.questions));
        Self {
            from,
            to,
            questions: times.questions,
            answered: times.answered,
            never_answered: times.questions - times.answered,
            median_seconds: times.median_ms.map(|median| median / 1_000.0),
            within_5_min,
            within_1_h,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "nobody has 2^53 questions")]
fn share(part: u64, all: u64) -> Option<f64> {
    (all > 0).then(|| part as f64 / all as f64)
}
