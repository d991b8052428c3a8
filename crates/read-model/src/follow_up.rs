//! The queue of follow-ups: what is asked of it, how its rows are found by an index, and the times of answers.

use async_trait::async_trait;
use lead_domain::lead::Shown;
use lead_domain::{Instant, LeadId};

use crate::error::StoreError;
use crate::reader::LeadView;

/// Which follow-ups. An empty list of alternatives means: any.
#[derive(Clone, Debug, PartialEq)]
pub struct FollowUpFilter {
    /// The instant at which the queue is looked at.
    pub at: Instant,
    /// Due at or before.
    pub due_before: Instant,
    /// One of these reasons.
    pub reason: Vec<String>,
    /// One of these owners.
    pub owner: Vec<String>,
    /// One of these stages; `None` within the list is "no stage".
    pub stage: Vec<Option<String>>,
}

/// One row of the queue.
#[derive(Clone, Debug, PartialEq)]
pub struct FollowUpRow {
    /// The lead.
    pub lead: LeadView,
    /// Why.
    pub reason: String,
    /// By when.
    pub due_at: Instant,
    /// Since when somebody waits for it.
    pub waiting_since: Instant,
}

/// How long people waited for an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct AnswerTimes {
    /// Questions that came up.
    pub questions: u64,
    /// How many of them were answered.
    pub answered: u64,
    /// How many of them within each of the times that were asked for.
    pub within: [u64; 2],
    /// The median time to an answer in milliseconds; none if none was answered.
    pub median_ms: Option<f64>,
}

/// What query asks of the queue.
#[async_trait]
pub trait FollowUpReader: Send + Sync + std::fmt::Debug {
    /// At most `limit` follow-ups behind `after`, by due date, then id.
    async fn queue(
        &self,
        generation: i64,
        filter: &FollowUpFilter,
        after: Option<(Instant, LeadId)>,
        limit: u32,
    ) -> Result<Vec<FollowUpRow>, StoreError>;

    /// How long the questions that came up in `[from, to)` waited, and how many not longer than each of `within`, in
    /// milliseconds.
    async fn answer_times(
        &self,
        generation: i64,
        from: Instant,
        to: Instant,
        within: [i64; 2],
    ) -> Result<AnswerTimes, StoreError>;
}

/// The class of what is shown for ever.
const FOR_EVER: i16 = 0;
/// No span of time is longer: ten thousand years have fewer than 2^27 hours.
const LONGEST_SPAN: i16 = 27;
const HOUR_MS: i64 = 3_600_000;

/// The class of a row of the queue: the least `n` of 2^n hours for which it can be shown after it is due.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(crate) fn span_of(shown: &Shown) -> i16 {
    let Some(to) = shown.to else { return FOR_EVER };
    let lasts = to.millis().saturating_sub(shown.candidate.due_at.millis());
    (1..LONGEST_SPAN).find(|span| lasts <= span_ms(*span)).unwrap_or(LONGEST_SPAN)
}

/// Each class, and the instant after which its rows became due that are shown at `t`.
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(crate) fn spans_at(t: Instant) -> impl Iterator<Item = (i16, i64)> {
    let bounded = (1..=LONGEST_SPAN).map(move |span| (span, t.millis().saturating_sub(span_ms(span))));
    std::iter::once((FOR_EVER, i64::MIN)).chain(bounded)
}

const fn span_ms(span: i16) -> i64 {
    HOUR_MS << span
}

#[cfg(test)]
mod tests {
    use lead_domain::lead::{Candidate, Reason};

    use super::*;

    #[test]
    fn a_row_that_is_shown_became_due_after_the_bound_of_its_class() {
        let due_at = Instant::from_millis(1_000_000);
        for lasts in [-5 * HOUR_MS, 0, 1, 2 * HOUR_MS, 2 * HOUR_MS + 1, 100_000 * HOUR_MS, i64::MAX / 4] {
            let to = due_at.plus_millis(lasts);
            let candidate =
                Candidate { reason: Reason::QuoteOpen, due_at, waiting_since: due_at, until: None };
            let span = span_of(&Shown { from: Instant::MIN, to: Some(to), candidate });
            let last_shown = to.plus_millis(-1);
            let bound = spans_at(last_shown).find(|(class, _)| *class == span).map(|(_, bound)| bound);
            assert!(bound.is_some_and(|bound| due_at.millis() > bound), "{lasts}");
        }
    }
}
