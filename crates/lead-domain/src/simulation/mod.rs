//! A candidate policy against all history: what would move, and how well each policy's score would have told who buys
//! (POLICY §4).
//!
//! Every lead is folded once under each policy, by the one fold there is; on the way the score is noted at fixed ages. Of
//! a lead nothing is kept but two scores per age, and the ids of a few that move.

mod backtest;
mod course;
mod examples;
mod moves;
mod ranks;

pub use backtest::Ranking;
pub use course::AGES_DAYS;
pub use examples::EXAMPLES_MAX;
pub use moves::{Move, Moves};
pub use ranks::Quality;

use crate::fact::Fact;
use crate::ids::LeadId;
use crate::instant::Instant;
use crate::policy::Policy;

use backtest::Backtest;
use course::Course;
use examples::Examples;
use moves::Standing;

/// The policy that is answered from, and the one that is tried.
#[derive(Clone, Copy, Debug)]
pub struct Policies<'p> {
    /// Answered from.
    pub active: &'p Policy,
    /// Tried.
    pub candidate: &'p Policy,
}

/// A simulation that has seen some of the leads.
#[derive(Debug)]
pub struct Simulation {
    at: Instant,
    leads: u64,
    moves: Moves,
    examples: Examples,
    backtest: Backtest,
}

/// What a simulation found.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The instant at which both policies were compared.
    pub at: Instant,
    /// Leads that had a fact by then.
    pub leads: u64,
    /// How many of them stand elsewhere under the candidate.
    pub moves: Moves,
    /// Some of those that move, at most [`EXAMPLES_MAX`], sorted. Every kind of move is among them before one is there twice.
    pub examples: Vec<LeadId>,
    /// How well each policy would have ranked those who later bought, by age.
    pub ranking: Vec<Ranking>,
}

impl Simulation {
    /// Compares as of this instant: later facts do not count.
    #[must_use]
    pub fn new(at: Instant) -> Self {
        Self {
            at,
            leads: 0,
            moves: Moves::default(),
            examples: Examples::default(),
            backtest: Backtest::default(),
        }
    }

    /// How many leads it has seen.
    #[must_use]
    pub const fn leads(&self) -> u64 {
        self.leads
    }

    /// Takes in one lead, whose facts must stand in their order. Without a fact by the instant there is no lead.
    pub fn add(&mut self, id: LeadId, facts: &[&Fact], policies: Policies<'_>) {
        let course = |policy| Course::of(facts, self.at, policy);
        let (Some(active), Some(candidate)) = (course(policies.active), course(policies.candidate)) else {
            return;
        };
        self.leads += 1;
        let [from, to] = [&active, &candidate].map(|course| Standing::of(&course.lead, self.at));
        self.examples.see(id, self.moves.add(from, to));
        self.backtest.add(&active, &candidate);
    }

    /// What all leads together tell. Sorts all scores of each age.
    #[must_use]
    pub fn finish(self) -> Outcome {
        Outcome {
            at: self.at,
            leads: self.leads,
            moves: self.moves,
            examples: self.examples.choose(),
            ranking: self.backtest.finish(),
        }
    }
}
