//! The one source of "now" in a process, so that demonstrations and tests can start it elsewhere.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Tells the time. Cheap to copy; all copies tell the same.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// Where the clock was set, and when that was; none for the clock of the system.
    set: Option<(i64, Instant)>,
}

impl Clock {
    /// The clock of the system.
    #[must_use]
    pub const fn system() -> Self {
        Self { set: None }
    }

    /// A clock that shows `millis` (since 1970-01-01T00:00:00Z) now, and runs on from there.
    #[must_use]
    pub fn starting_at(millis: i64) -> Self {
        Self { set: Some((millis, Instant::now())) }
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        let Some((start, since)) = self.set else { return system_ms() };
        start.saturating_add(i64::try_from(since.elapsed().as_millis()).unwrap_or(i64::MAX))
    }
}

fn system_ms() -> i64 {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since_1970.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_clock_starts_where_it_was_set_and_runs_on() {
        let clock = Clock::starting_at(1_000);
        let first = clock.now_ms();
        assert!((1_000..61_000).contains(&first), "{first}");
        assert!(clock.now_ms() >= first);
    }
}
