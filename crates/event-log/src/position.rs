//! How far a reader must come, or has come: per partition, the offset to be read next.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// A place in the log: per partition, the offset behind the last record that belongs to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Position(BTreeMap<i32, i64>);

/// The text is no position of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a position as a 202 tells it")]
pub struct NotAPosition;

impl Position {
    /// The place behind the record at `offset` of `partition`.
    #[must_use]
    pub fn behind(partition: i32, offset: i64) -> Self {
        let mut position = Self::default();
        position.cover(partition, offset);
        position
    }

    /// Grows to lie behind this record, too.
    pub fn cover(&mut self, partition: i32, offset: i64) {
        let next = self.0.entry(partition).or_insert(0);
        *next = (*next).max(offset.saturating_add(1));
    }

    /// Whether a reader that will read these (partition, offset) next has everything up to here.
    #[must_use]
    pub fn is_reached_by(&self, read_up_to: &[(i32, i64)]) -> bool {
        let reached = |(partition, next): (&i32, &i64)| {
            read_up_to.iter().any(|(read, offset)| read == partition && offset >= next)
        };
        self.0.iter().all(reached)
    }
}

/// `0-62` for one partition, joined by dots for several: safe in a URL as it is.
impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (partition, next)) in self.0.iter().enumerate() {
            let dot = if index == 0 { "" } else { "." };
            write!(f, "{dot}{partition}-{next}")?;
        }
        Ok(())
    }
}

impl FromStr for Position {
    type Err = NotAPosition;

    fn from_str(text: &str) -> Result<Self, NotAPosition> {
        let part = |part: &str| {
            let (partition, next) = part.split_once('-')?;
            Some((number(partition)?, number(next)?))
        };
        text.split('.').map(part).collect::<Option<_>>().map(Self).ok_or(NotAPosition)
    }
}

fn number<T: FromStr>(digits: &str) -> Option<T> {
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_reads_back_and_covers_all_its_partitions() {
        let mut position = Position::behind(0, 61);
        position.cover(3, 43);
        position.cover(0, 5);
        assert_eq!(position.to_string(), "0-62.3-44");
        assert_eq!("0-62.3-44".parse(), Ok(position.clone()));
        assert!(position.is_reached_by(&[(0, 62), (1, 0), (3, 50)]));
        assert!(!position.is_reached_by(&[(0, 62), (3, 43)]));
        assert!(!position.is_reached_by(&[(0, 62)]));
    }

    #[test]
    fn what_is_no_position_is_refused() {
        for text in ["", "0", "a-1", "0-1.", "0--1", "-1-5", "0-99999999999999999999", "+0-1"] {
            assert_eq!(text.parse::<Position>(), Err(NotAPosition), "{text}");
        }
    }
}
