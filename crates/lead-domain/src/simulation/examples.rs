//! Some of the leads that move, to look at.

use std::collections::{BTreeMap, BTreeSet};

use super::moves::Kind;
use crate::ids::LeadId;

/// The most examples of a simulation.
pub const EXAMPLES_MAX: usize = 20;

/// The first leads of each kind of move, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Examples(BTreeMap<Kind, Vec<LeadId>>);

impl Examples {
    /// A lead makes these moves.
    pub(super) fn see(&mut self, id: LeadId, moves: impl IntoIterator<Item = Kind>) {
        for kind in moves {
            let first = self.0.entry(kind).or_default();
            if first.len() < EXAMPLES_MAX {
                first.push(id);
            }
        }
    }

    /// The first of each kind, then the second of each, and so on until there are enough; sorted.
    pub(super) fn choose(self) -> Vec<LeadId> {
        let mut chosen = BTreeSet::new();
        let rounds =
            (0..EXAMPLES_MAX).flat_map(|round| self.0.values().filter_map(move |ids| ids.get(round)));
        for id in rounds {
            if chosen.len() == EXAMPLES_MAX {
                break;
            }
            chosen.insert(*id);
        }
        chosen.into_iter().collect()
    }
}
