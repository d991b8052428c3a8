//! The questions of a lead: first asking facts, and the answers to them.

use std::collections::BTreeMap;

use lead_domain::Instant;
use lead_domain::lead::Question;

/// What a fold told of the questions of a lead.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Questions {
    /// These are all of them: others that are stored are there no more.
    pub(crate) all: bool,
    pub(crate) rows: Vec<QuestionRow>,
}

/// One question of a lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct QuestionRow {
    pub(crate) number: u64,
    pub(crate) asked_at: Instant,
    pub(crate) answered_at: Option<Instant>,
}

impl Questions {
    /// Of a lead that was folded from its first fact on.
    #[must_use]
    pub fn all(told: &[Question]) -> Self {
        Self { all: true, ..Self::newer(told) }
    }

    /// Of newer facts that were folded on.
    #[must_use]
    pub fn newer(told: &[Question]) -> Self {
        let mut rows = BTreeMap::new();
        for question in told {
            let row = match *question {
                Question::Asked { number, at } => QuestionRow { number, asked_at: at, answered_at: None },
                Question::Answered { number, asked_at, at } => {
                    QuestionRow { number, asked_at, answered_at: Some(at) }
                }
            };
            rows.insert(row.number, row);
        }
        Self { all: false, rows: rows.into_values().collect() }
    }
}
