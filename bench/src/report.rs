//! Two readers: a person at the terminal, and whoever takes the JSON lines.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use serde::Serialize;

use crate::Outcome;
use crate::machine::Machine;
use crate::reading::Reading;

/// Where results go.
#[derive(Debug)]
pub(crate) struct Report {
    lines: Option<File>,
}

#[derive(Serialize)]
struct Record<'a, T> {
    kind: &'a str,
    #[serde(flatten)]
    content: &'a T,
}

impl Report {
    /// Appends JSON lines to `file`, if there is one, and says where we are.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub(crate) fn open(file: Option<&Path>) -> Outcome<Self> {
        let open = |file| File::options().create(true).append(true).open(file);
        let mut report = Self { lines: file.map(open).transpose()? };
        let machine = Machine::here();
        report.record("machine", &machine)?;
        report.line(&serde_json::to_string_pretty(&machine)?)?;
        Ok(report)
    }

    /// One JSON line.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn record<T: Serialize>(&mut self, kind: &str, content: &T) -> Outcome<()> {
        let Some(file) = &mut self.lines else { return Ok(()) };
        let line = serde_json::to_string(&Record { kind, content })?;
        Ok(writeln!(file, "{line}")?)
    }

    /// One line for a person.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn line(&mut self, text: &str) -> Outcome<()> {
        Ok(writeln!(std::io::stdout().lock(), "{text}")?)
    }

    /// A metric begins: its name and its settings.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn begin<T: Serialize>(&mut self, metric: &str, settings: &T) -> Outcome<()> {
        self.record(metric, settings)?;
        self.line(&format!("\n== {metric}\n   {}", serde_json::to_string(settings)?))
    }

    /// The table of a block.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn readings(&mut self, readings: &[Reading]) -> Outcome<()> {
        self.line(&format!(
            "  {:<34} {:>10} {:>9} {:>10} {:>8} {:>8} {:>8} {:>7} {:>7}",
            "run", "facts/s", "CPU µs", "servers µs", "load µs", "p50 µs", "p99 µs", "group", "MiB"
        ))?;
        readings.iter().try_for_each(|reading| self.reading(reading))
    }

    fn reading(&mut self, reading: &Reading) -> Outcome<()> {
        let (p50, p99) = reading.latency.map_or((0, 0), |latency| (latency.p50_us, latency.p99_us));
        self.line(&format!(
            "  {:<34} {:>10.0} {:>9.2} {:>10.2} {:>8.2} {:>8} {:>8} {:>7.1} {:>7.0}",
            reading.what,
            reading.per_second,
            reading.cpu_us,
            reading.servers_cpu_us,
            reading.generator_cpu_us,
            p50,
            p99,
            reading.group.unwrap_or_default(),
            reading.peak_mib.unwrap_or_default(),
        ))
    }
}
