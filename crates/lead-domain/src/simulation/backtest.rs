//! Would the score have told who buys? (POLICY §4, Backtest)
//!
//! Whether somebody is undecided and buys follows from the facts alone, so both policies rank the same people. A buyer is
//! who was undecided at the age and has a purchase at the instant of the simulation; an order that was cancelled since is
//! no purchase (DOMAIN §4).

use super::course::{AGES, AGES_DAYS, Course};
use super::ranks::{Quality, Ranks};

/// How well each policy's score at one age would have ranked those who later bought.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranking {
    /// The age in days.
    pub age_days: u32,
    /// Leads that are old enough and were undecided at that age.
    pub undecided: u64,
    /// Those of them who bought later.
    pub buyers: u64,
    /// Under the policy that is answered from.
    pub active: Quality,
    /// Under the one that is tried.
    pub candidate: Quality,
}

/// Scores of all undecided leads at every age: 16 bytes for each lead and age.
#[derive(Debug, Default)]
pub(super) struct Backtest([Group; AGES]);

/// The undecided leads of one age.
#[derive(Debug, Default)]
struct Group {
    buyers: Scores,
    others: Scores,
}

/// Scores under the active policy and under the candidate, in the order in which leads came.
#[derive(Debug, Default)]
struct Scores(Vec<[f64; 2]>);

impl Backtest {
    /// Takes in one lead under both policies.
    pub(super) fn add(&mut self, active: &Course, candidate: &Course) {
        let buys = active.lead.sales.purchases() > 0;
        for ((group, active), candidate) in self.0.iter_mut().zip(active.stops).zip(candidate.stops) {
            let (Some(active), Some(candidate)) = (active, candidate) else { return };
            if active.undecided {
                let scores = if buys { &mut group.buyers } else { &mut group.others };
                scores.push([active.score, candidate.score]);
            }
        }
    }

    pub(super) fn finish(self) -> Vec<Ranking> {
        AGES_DAYS.into_iter().zip(self.0).map(|(age_days, group)| group.ranking(age_days)).collect()
    }
}

impl Group {
    fn ranking(self, age_days: u32) -> Ranking {
        let [active, candidate] =
            [0, 1].map(|policy| Ranks::new(self.buyers.of(policy), self.others.of(policy)).quality());
        let (buyers, others) = (self.buyers.0.len() as u64, self.others.0.len() as u64);
        Ranking { age_days, undecided: buyers + others, buyers, active, candidate }
    }
}

impl Scores {
    /// Room grows by an eighth, not by doubling: most of the memory of a simulation is here.
    fn push(&mut self, scores: [f64; 2]) {
        if self.0.len() == self.0.capacity() {
            self.0.reserve_exact(64 + self.0.len() / 8);
        }
        self.0.push(scores);
    }

    fn of(&self, policy: usize) -> Vec<f64> {
        self.0.iter().map(|scores| scores[policy]).collect()
    }
}
