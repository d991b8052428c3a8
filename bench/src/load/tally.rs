//! What came back.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use serde::Serialize;

use crate::Outcome;

/// Latencies are kept up to a minute, with three digits.
const LONGEST_US: u64 = 60_000_000;

/// The answers of a run.
#[derive(Debug)]
pub(crate) struct Tally {
    facts_per_request: u64,
    /// Answers by status, over the whole run.
    pub(crate) statuses: BTreeMap<u16, u64>,
    /// Requests that were never answered.
    pub(crate) lost: u64,
    /// Beginning and end of the measured time.
    pub(super) edges: (Option<Instant>, Option<Instant>),
    measured: u64,
    latencies: Histogram<u64>,
}

/// Latencies of the answers within the measured time, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Latency {
    /// Half were faster.
    pub(crate) p50_us: u64,
    /// 99 of 100 were faster.
    pub(crate) p99_us: u64,
    /// 999 of 1,000 were faster.
    pub(crate) p999_us: u64,
    /// The slowest.
    pub(crate) max_us: u64,
}

impl Tally {
    pub(super) fn new(facts_per_request: u64) -> Outcome<Self> {
        let latencies = Histogram::new_with_bounds(1, LONGEST_US, 3)?;
        let (statuses, edges) = (BTreeMap::new(), (None, None));
        Ok(Self { facts_per_request, statuses, lost: 0, edges, measured: 0, latencies })
    }

    pub(super) fn count(&mut self, status: u16, latency: Duration, measured: bool) {
        *self.statuses.entry(status).or_default() += 1;
        if measured && is_success(status) {
            self.measured += 1;
            self.latencies.saturating_record(u64::try_from(latency.as_micros()).unwrap_or(LONGEST_US));
        }
    }

    pub(super) fn edge(&mut self, now: Instant) {
        match self.edges {
            (None, _) => self.edges.0 = Some(now),
            (Some(_), _) => self.edges.1 = Some(now),
        }
    }

    /// Facts answered with 2xx over the whole run: so many must be in the log.
    pub(crate) fn accepted(&self) -> u64 {
        let accepted = self.statuses.iter().filter(|(status, _)| is_success(**status));
        accepted.map(|(_, count)| count).sum::<u64>() * self.facts_per_request
    }

    /// Answers that were no 2xx, over the whole run.
    pub(crate) fn refused(&self) -> u64 {
        self.statuses.iter().filter(|(status, _)| !is_success(**status)).map(|(_, count)| count).sum()
    }

    /// Facts answered with 2xx within the measured time.
    pub(crate) const fn facts(&self) -> u64 {
        self.measured * self.facts_per_request
    }

    /// The latencies.
    pub(crate) fn latency(&self) -> Latency {
        let at = |quantile| self.latencies.value_at_quantile(quantile);
        Latency { p50_us: at(0.5), p99_us: at(0.99), p999_us: at(0.999), max_us: self.latencies.max() }
    }
}

const fn is_success(status: u16) -> bool {
    status >= 200 && status < 300
}
