//! Blocks: limit and product run side by side, and only the ratio within a block counts.

use std::time::Duration;

use serde::Serialize;

use crate::Outcome;
use crate::args::BlockArgs;
use crate::probe::Probe;
use crate::reading::Reading;
use crate::report::Report;

const PROBE: Duration = Duration::from_secs(1);
/// Disk readings before and after a block may differ by so much.
const PROBE_MAX: f64 = 0.25;

/// A metric of the table: how a ratio is to be read.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Metric {
    /// Its number and name.
    pub(crate) name: &'static str,
    /// What is divided by what.
    pub(crate) ratio: &'static str,
    /// The gate: a higher ratio is better if `at_least`, else a lower one.
    pub(crate) gate: f64,
    /// See `gate`.
    pub(crate) at_least: bool,
    /// What a 2xx survived: D0 a killed process, D1 a power cut.
    pub(crate) durability: &'static str,
}

/// The ratios of one block.
pub(crate) type Ratios = Vec<(Metric, f64)>;

/// One block.
#[derive(Debug, Serialize)]
struct Block {
    block: usize,
    probe_before: Probe,
    probe_after: Probe,
    readings: Vec<Reading>,
    ratios: Ratios,
    void: Vec<String>,
}

/// Runs blocks and reports the median of their ratios.
///
/// # Errors
/// When a run fails; void blocks are reported, not errors.
pub(crate) fn run_blocks(
    args: &BlockArgs,
    report: &mut Report,
    mut runs: impl FnMut() -> Outcome<Vec<Reading>>,
    ratios: impl Fn(&[Reading]) -> Ratios,
) -> Outcome<()> {
    let mut blocks = Vec::new();
    for block in 1..=args.blocks {
        let probe_before = Probe::take(&args.folder, PROBE)?;
        let readings = runs()?;
        let probe_after = Probe::take(&args.folder, PROBE)?;
        let void = reasons(&probe_before, &probe_after, &readings);
        let block = Block { block, probe_before, probe_after, ratios: ratios(&readings), readings, void };
        show(report, &block)?;
        blocks.push(block);
    }
    summarise(report, &blocks)
}

fn reasons(before: &Probe, after: &Probe, readings: &[Reading]) -> Vec<String> {
    let apart = before.differs_from(after);
    let disk = (apart > PROBE_MAX).then(|| format!("the disk changed by {:.0} %", apart * 100.0));
    let runs = readings
        .iter()
        .flat_map(|reading| reading.void.iter().map(|reason| format!("{}: {reason}", reading.what)));
    disk.into_iter().chain(runs).collect()
}

fn show(report: &mut Report, block: &Block) -> Outcome<()> {
    report.record("block", block)?;
    let (before, after) = (&block.probe_before, &block.probe_after);
    report.line(&format!(
        "\nblock {}  fdatasync of 4 KiB: {:.0}/s p50 {} µs before, {:.0}/s p50 {} µs after",
        block.block, before.per_second, before.p50_us, after.per_second, after.p50_us
    ))?;
    report.readings(&block.readings)?;
    for reason in &block.void {
        report.line(&format!("  VOID {reason}"))?;
    }
    Ok(())
}

/// A metric over all blocks.
#[derive(Debug, Serialize)]
struct Summary {
    metric: Metric,
    median: f64,
    min: f64,
    max: f64,
    blocks: usize,
    void_blocks: usize,
    passes: bool,
}

fn summarise(report: &mut Report, blocks: &[Block]) -> Outcome<()> {
    let void_blocks = blocks.iter().filter(|block| !block.void.is_empty()).count();
    let metrics = blocks.first().map(|block| block.ratios.clone()).unwrap_or_default();
    report.line(&format!(
        "\n{} blocks, {void_blocks} of them void (all of them are shown and counted here)",
        blocks.len()
    ))?;
    for (index, (metric, _)) in metrics.into_iter().enumerate() {
        let mut ratios: Vec<f64> =
            blocks.iter().filter_map(|block| Some(block.ratios.get(index)?.1)).collect();
        ratios.sort_by(f64::total_cmp);
        let (Some(min), Some(max)) = (ratios.first().copied(), ratios.last().copied()) else { continue };
        let median = median(&ratios);
        let passes = if metric.at_least { median >= metric.gate } else { median <= metric.gate };
        let summary = Summary { metric, median, min, max, blocks: blocks.len(), void_blocks, passes };
        report.record("summary", &summary)?;
        report.line(&format!(
            "  {:<44} {median:>7.2}  ({min:.2} … {max:.2})  gate {} {:.2}  {}  {}",
            metric.name,
            if metric.at_least { "≥" } else { "≤" },
            metric.gate,
            metric.durability,
            if passes { "reached" } else { "missed" },
        ))?;
        report.line(&format!("  {:<44} = {}", "", metric.ratio))?;
    }
    Ok(())
}

/// Of sorted numbers.
fn median(sorted: &[f64]) -> f64 {
    let (low, high) = (sorted.len().saturating_sub(1) / 2, sorted.len() / 2);
    let at = |index: usize| sorted.get(index).copied().unwrap_or(f64::NAN);
    f64::midpoint(at(low), at(high))
}

/// The mean over the runs of this name of what `of` takes from them.
pub(crate) fn mean(readings: &[Reading], what: &str, of: impl Fn(&Reading) -> f64) -> f64 {
    let found: Vec<f64> = readings.iter().filter(|reading| reading.what == what).map(of).collect();
    found.iter().sum::<f64>() / crate::reading::count(found.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_is_between_the_middle_two() {
        assert_eq!([median(&[1.0]), median(&[1.0, 2.0]), median(&[1.0, 2.0, 9.0])], [1.0, 1.5, 2.0]);
    }
}
