//! How fast the disk is right now: an append of 4 KiB and `fdatasync`, again and again.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use serde::Serialize;

use crate::Outcome;

const APPEND: [u8; 4096] = [0x5a; 4096];

/// One reading of the disk.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Probe {
    /// Appends per second.
    pub(crate) per_second: f64,
    /// Half were faster, in microseconds.
    pub(crate) p50_us: u64,
    /// 99 of 100 were faster, in microseconds.
    pub(crate) p99_us: u64,
}

impl Probe {
    /// Tries the disk under `folder` for a while.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn take(folder: &Path, length: Duration) -> Outcome<Self> {
        let mut file = tempfile::tempfile_in(folder)?;
        let mut times = Histogram::<u64>::new_with_bounds(1, 60_000_000, 3)?;
        let begin = Instant::now();
        while begin.elapsed() < length {
            times.saturating_record(append(&mut file)?);
        }
        #[expect(clippy::cast_precision_loss, reason = "a count of appends is small")]
        let per_second = times.len() as f64 / begin.elapsed().as_secs_f64();
        let at = |quantile| times.value_at_quantile(quantile);
        Ok(Self { per_second, p50_us: at(0.5), p99_us: at(0.99) })
    }

    /// How much slower one reading is than the other, as a share of the faster one.
    pub(crate) fn differs_from(&self, other: &Self) -> f64 {
        let (low, high) = (self.per_second.min(other.per_second), self.per_second.max(other.per_second));
        (high - low) / high.max(f64::MIN_POSITIVE)
    }
}

fn append(file: &mut File) -> Outcome<u64> {
    let begin = Instant::now();
    file.write_all(&APPEND)?;
    file.sync_data()?;
    Ok(u64::try_from(begin.elapsed().as_micros())?)
}
