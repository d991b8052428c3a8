//! Who stands elsewhere under the candidate.

use std::collections::BTreeMap;

use crate::instant::Instant;
use crate::lead::{Lead, Temperature};
use crate::policy::{Grade, Stage};

/// So many leads go from one value to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// Under the active policy; none for "no stage" and "no grade".
    pub from: Option<&'static str>,
    /// Under the candidate.
    pub to: Option<&'static str>,
    /// How many.
    pub leads: u64,
}

/// All moves of a simulation. Leads that stay where they are count nowhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moves(BTreeMap<Kind, u64>);

/// A kind of move. Sorts by part, then from and to: nothing before something, then upwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Stage(Option<Stage>, Option<Stage>),
    Temperature(Temperature, Temperature),
    Grade(Option<Grade>, Option<Grade>),
}

/// Where a lead stands at an instant.
#[derive(Clone, Copy, Debug)]
pub(super) struct Standing {
    stage: Option<Stage>,
    temperature: Temperature,
    grade: Option<Grade>,
}

impl Standing {
    pub(super) fn of(lead: &Lead, at: Instant) -> Self {
        Self { stage: lead.stage, temperature: lead.score.temperature_at(at), grade: lead.grade }
    }
}

impl Kind {
    fn is_a_move(&self) -> bool {
        match self {
            Self::Stage(from, to) => from != to,
            Self::Temperature(from, to) => from != to,
            Self::Grade(from, to) => from != to,
        }
    }
}

impl Moves {
    /// Counts what changes for one lead, and tells it.
    pub(super) fn add(&mut self, from: Standing, to: Standing) -> Vec<Kind> {
        let kinds = [
            Kind::Stage(from.stage, to.stage),
            Kind::Temperature(from.temperature, to.temperature),
            Kind::Grade(from.grade, to.grade),
        ];
        let moves: Vec<Kind> = kinds.into_iter().filter(Kind::is_a_move).collect();
        for kind in &moves {
            *self.0.entry(*kind).or_default() += 1;
        }
        moves
    }

    /// Between stages.
    #[must_use]
    pub fn stage(&self) -> Vec<Move> {
        self.told(|kind| match kind {
            Kind::Stage(from, to) => Some((from.map(Stage::name), to.map(Stage::name))),
            Kind::Temperature(..) | Kind::Grade(..) => None,
        })
    }

    /// Between temperatures at the instant of the simulation.
    #[must_use]
    pub fn temperature(&self) -> Vec<Move> {
        self.told(|kind| match kind {
            Kind::Temperature(from, to) => Some((Some(from.name()), Some(to.name()))),
            Kind::Stage(..) | Kind::Grade(..) => None,
        })
    }

    /// Between grades.
    #[must_use]
    pub fn grade(&self) -> Vec<Move> {
        self.told(|kind| match kind {
            Kind::Grade(from, to) => Some((from.map(Grade::name), to.map(Grade::name))),
            Kind::Stage(..) | Kind::Temperature(..) => None,
        })
    }

    fn told(&self, name: impl Fn(Kind) -> Option<(Option<&'static str>, Option<&'static str>)>) -> Vec<Move> {
        let told =
            |(kind, leads): (&Kind, &u64)| name(*kind).map(|(from, to)| Move { from, to, leads: *leads });
        self.0.iter().filter_map(told).collect()
    }
}
