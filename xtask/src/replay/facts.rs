//! The lines of a file in the order in which they are posted, and how far a reader must come to have them all.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::shell::{self, Outcome};

/// In which order lines are posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Given,
    Backwards,
    Shuffled(u64),
}

impl Order {
    pub(super) fn named(name: &str) -> Outcome<Self> {
        let orders = [Self::Given, Self::Shuffled(1), Self::Backwards];
        Ok(orders[super::one_of(name, ["given", "shuffled", "backwards"])?])
    }

    pub(super) const fn with_seed(self, seed: u64) -> Self {
        match self {
            Self::Shuffled(_) => Self::Shuffled(seed),
            Self::Given | Self::Backwards => self,
        }
    }
}

/// The facts of a file, packed or not.
pub(super) fn read(file: &Path, order: Order) -> Outcome<Vec<String>> {
    let packed = file.extension().is_some_and(|extension| extension == "gz");
    let text = if packed {
        shell::output(Command::new("gzip").arg("-dc").arg(file))?
    } else {
        fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?
    };
    let mut lines: Vec<String> =
        text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect();
    match order {
        Order::Given => {}
        Order::Backwards => lines.reverse(),
        Order::Shuffled(seed) => shuffle(&mut lines, seed),
    }
    Ok(lines)
}

/// Fisher–Yates with `SplitMix64`: one seed, one order.
fn shuffle(lines: &mut [String], mut seed: u64) {
    for last in (1..lines.len()).rev() {
        seed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (seed ^ (seed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        let bound = u64::try_from(last).unwrap_or(u64::MAX).saturating_add(1);
        let other = usize::try_from((mixed ^ (mixed >> 31)) % bound).unwrap_or_default();
        lines.swap(last, other);
    }
}

/// The furthest of several positions, partition by partition: `0-62.3-44`.
#[derive(Debug, Default)]
pub(super) struct Position(BTreeMap<u32, u64>);

impl Position {
    pub(super) fn add(&mut self, position: &str) -> Outcome {
        for part in position.split('.') {
            let (partition, offset) = part.split_once('-').ok_or("an unknown form of position")?;
            let furthest = self.0.entry(partition.parse()?).or_default();
            *furthest = (*furthest).max(offset.parse()?);
        }
        Ok(())
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = self.0.iter().map(|(partition, offset)| format!("{partition}-{offset}"));
        f.write_str(&parts.collect::<Vec<_>>().join("."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_gives_one_order_of_the_same_lines() {
        let lines: Vec<String> = (0..100).map(|number| number.to_string()).collect();
        let shuffled = |seed| {
            let mut lines = lines.clone();
            shuffle(&mut lines, seed);
            lines
        };
        assert_eq!(shuffled(1), shuffled(1));
        assert_ne!(shuffled(1), shuffled(2));
        let mut sorted = shuffled(3);
        sorted.sort_by_key(|line| line.parse::<u32>().unwrap());
        assert_eq!(sorted, lines);
    }

    #[test]
    fn positions_add_up_to_the_furthest_of_each_partition() {
        let mut position = Position::default();
        for one in ["0-62.3-44", "0-7", "2-1.3-45"] {
            position.add(one).unwrap();
        }
        assert_eq!(position.to_string(), "0-62.2-1.3-45");
        assert!(position.add("x").is_err());
    }
}
