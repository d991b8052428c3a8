//! Metric 6 in the embedded product: how fast a full log becomes rows of the same file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::{Connection, OpenFlags};
use serde::Serialize;
use uuid::Uuid;

use crate::args::EmbeddedProjectionArgs;
use crate::block::{Metric, Ratios, mean, run_blocks};
use crate::corpus::Leads;
use crate::history::History;
use crate::limit::sqlite_rows;
use crate::machine::{Clocks, Sample};
use crate::pause::pause;
use crate::process::peak_mib;
use crate::product::{self, Service};
use crate::reading::{Reading, count};
use crate::records::{self, Record};
use crate::report::Report;
use crate::{Outcome, ask};

const OURS: &str = "embedded projection";
const LIMIT: &str = "limit: raw rows";
const LOOK: Duration = Duration::from_millis(10);
const PATIENCE: Duration = Duration::from_secs(600);

#[derive(Serialize)]
struct Settings<'a> {
    product: String,
    leads: Leads,
    facts_per_batch: f64,
    #[serde(flatten)]
    args: &'a EmbeddedProjectionArgs,
}

/// Runs the blocks, for each spread of facts over leads.
///
/// # Errors
/// When something cannot be started or measured.
pub(crate) fn run(args: &EmbeddedProjectionArgs, report: &mut Report) -> Outcome<()> {
    args.history.spread.iter().try_for_each(|spread| run_spread(args, *spread, report))
}

fn run_spread(args: &EmbeddedProjectionArgs, spread: Leads, report: &mut Report) -> Outcome<()> {
    let records = records::of(&args.history.recipe(spread).make()?)?;
    let history = History { batches: Vec::new(), states: BTreeMap::new() };
    let mut bench = Bench { args, records, history, facts_per_batch: 1.0 };
    bench.ours()?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a batch has a few thousand facts"
    )]
    let size = bench.facts_per_batch.round() as usize;
    bench.history = History::of(std::slice::from_ref(&bench.records), size)?;
    let product = product::version(&args.blocks, "batea");
    let settings = Settings { product, leads: spread, facts_per_batch: bench.facts_per_batch, args };
    report.begin("embedded projection", &settings)?;
    run_blocks(&args.blocks, report, || bench.block(), |readings| ratios(spread, readings))
}

struct Bench<'a> {
    args: &'a EmbeddedProjectionArgs,
    records: Vec<Record>,
    history: History,
    facts_per_batch: f64,
}

impl Bench<'_> {
    fn block(&mut self) -> Outcome<Vec<Reading>> {
        Ok(vec![self.limit()?, self.ours()?, self.ours()?, self.limit()?])
    }

    fn facts(&self) -> u64 {
        self.records.len() as u64
    }

    fn limit(&self) -> Outcome<Reading> {
        let service = product::embedded(&self.args.blocks)?;
        service.process.stop()?;
        let database = database(service.folder.path());
        let mut clocks = Clocks::of(&[]);
        let before = clocks.now();
        sqlite_rows::write(&database, &self.history.batches)?;
        let mut reading = Reading::of_own_work(LIMIT, self.facts(), &[before, clocks.now()]);
        reading.expect_effects(facts(&database)?, self.facts());
        reading.group = Some(self.facts_per_batch);
        Ok(reading)
    }

    /// A fresh server makes its file and stops; the log is filled; the server starts again.
    fn ours(&mut self) -> Outcome<Reading> {
        let Service { process, folder, .. } = product::embedded(&self.args.blocks)?;
        process.stop()?;
        fill(&database(folder.path()), &self.records)?;
        let service = product::embedded_in(&self.args.blocks, folder)?;
        let drained = self.drain(&service)?;
        let batches = ask::metric(service.admin, "batea_projection_batch_seconds_count")?;
        self.facts_per_batch = count(self.facts()) / batches.max(1.0);
        let mut reading = Reading::of_processes(OURS, drained.facts, &drained.samples);
        reading.group = Some(self.facts_per_batch);
        reading.peak_mib = peak_mib(service.process.id());
        service.process.stop()?;
        let database = database(service.folder.path());
        reading.expect_effects(facts(&database)?, self.facts());
        if !self.history.batches.is_empty() && states(&database)? != self.history.states {
            reading.void.push("the leads are not those of the reference fold".to_owned());
        }
        Ok(reading)
    }

    fn drain(&self, service: &Service) -> Outcome<Drained> {
        let reader = open_to_read(&database(service.folder.path()))?;
        let mut clocks = Clocks::of(&[service.process.id()]);
        let mut began: Option<(u64, Sample)> = None;
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            let projected = projected(&reader)?;
            if projected > 0 && began.is_none() {
                began = Some((projected, clocks.now()));
            }
            if let Some((first, before)) = began.filter(|_| projected >= self.facts()) {
                return Ok(Drained { facts: projected - first, samples: [before, clocks.now()] });
            }
            pause(LOOK);
        }
        Err(format!("the log is not projected after {PATIENCE:?}").into())
    }
}

struct Drained {
    facts: u64,
    samples: [Sample; 2],
}

fn database(folder: &Path) -> PathBuf {
    folder.join("data").join("batea.db")
}

fn open_to_read(database: &Path) -> Outcome<Connection> {
    Ok(Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?)
}

fn fill(database: &Path, records: &[Record]) -> Outcome<()> {
    let connection = Connection::open(database)?;
    connection.execute_batch("pragma journal_mode = wal; begin immediate")?;
    // As if they had come just now: old records are forgotten.
    let sql = "insert into log (appended_at, record) values (unixepoch() * 1000, ?1)";
    let mut insert = connection.prepare(sql)?;
    for record in records {
        insert.execute([record.payload.as_bytes()])?;
    }
    Ok(connection.execute_batch("commit")?)
}

/// Offsets start at 1 and have no gaps.
fn projected(connection: &Connection) -> Outcome<u64> {
    let sql = "select coalesce(max(next_offset) - 1, 0) from positions";
    let offset: i64 = connection.query_row(sql, [], |row| row.get(0))?;
    Ok(u64::try_from(offset.max(0))?)
}

fn facts(database: &Path) -> Outcome<u64> {
    let sql = "select count(*) from timeline";
    let count: i64 = open_to_read(database)?.query_row(sql, [], |row| row.get(0))?;
    Ok(u64::try_from(count)?)
}

fn states(database: &Path) -> Outcome<BTreeMap<Uuid, String>> {
    let connection = open_to_read(database)?;
    let mut select = connection.prepare("select id, state from leads")?;
    let rows = select.query_map([], |row| Ok((row.get::<_, [u8; 16]>(0)?, row.get(1)?)))?;
    rows.map(|row| row.map(|(id, state)| (Uuid::from_bytes(id), state)).map_err(Into::into)).collect()
}

fn ratios(spread: Leads, readings: &[Reading]) -> Ratios {
    let rate = |what: &str| mean(readings, what, |reading| reading.per_second);
    let cpu = |what: &str| mean(readings, what, |reading| reading.cpu_us);
    let name = match spread {
        Leads::Zipf => "6  embedded projection, Zipf leads",
        Leads::Distinct => "6  embedded projection, all-distinct leads",
    };
    let drain = "facts per second / raw writes of the same rows in the same batches";
    let all_cpu = "CPU µs per fact of the server / raw writes of the same rows";
    vec![
        (
            Metric { name, ratio: drain, gate: 0.60, at_least: true, durability: "D1" },
            rate(OURS) / rate(LIMIT),
        ),
        (
            Metric {
                name: "   the same as CPU",
                ratio: all_cpu,
                gate: 1.0 / 0.60,
                at_least: false,
                durability: "D1",
            },
            cpu(OURS) / cpu(LIMIT),
        ),
    ]
}
