//! Metric 5: embedded ingest, durable on the disk.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::args::EmbeddedIngestArgs;
use crate::block::{Metric, Ratios, mean, run_blocks};
use crate::corpus::Body;
use crate::limit::sqlite;
use crate::load::{Load, Pace};
use crate::machine::Clocks;
use crate::probe::Probe;
use crate::process::peak_mib;
use crate::product::{self, KEY, Service};
use crate::reading::{Reading, count};
use crate::records::{self, Record};
use crate::report::Report;
use crate::request::Requests;
use crate::{Outcome, ask};

const BATCH: usize = 100;
const OURS: [&str; 3] = ["embedded, single", "embedded, batch of 100", "embedded, single, c=1"];
const LIMIT: [&str; 3] =
    ["limit: commits, as single", "limit: commits, as batch", "limit: commits of one row"];
const DISK: &str = "limit: fdatasync of 4 KiB";

#[derive(Serialize)]
struct Settings<'a> {
    product: String,
    durability: &'static str,
    #[serde(flatten)]
    args: &'a EmbeddedIngestArgs,
}

/// How facts are posted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Single,
    Batch,
    OneByOne,
}

/// Runs the blocks.
///
/// # Errors
/// When something cannot be started or measured.
pub(crate) fn run(args: &EmbeddedIngestArgs, report: &mut Report) -> Outcome<()> {
    let product = product::version(&args.blocks, "batea");
    report.begin("embedded ingest", &Settings { product, durability: "D1", args })?;
    let corpus = args.corpus.recipe().make()?;
    let records = records::of(&corpus)?;
    let mut bench = Bench { args, corpus, records, groups: [1.0; 3] };
    // The limit needs to know how many facts the product commits at once.
    for shape in [Shape::Single, Shape::Batch] {
        bench.ours(shape)?;
    }
    run_blocks(&args.blocks, report, || bench.block(), ratios)
}

struct Bench<'a> {
    args: &'a EmbeddedIngestArgs,
    corpus: Vec<Body>,
    records: Vec<Record>,
    /// Facts per commit of the latest run of each shape.
    groups: [f64; 3],
}

impl Bench<'_> {
    fn block(&mut self) -> Outcome<Vec<Reading>> {
        let mut readings = Vec::new();
        for shape in [Shape::Single, Shape::Batch] {
            for ours in [false, true, true, false] {
                readings.push(if ours { self.ours(shape)? } else { self.limit(shape)? });
            }
        }
        readings.push(self.disk()?);
        readings.push(self.ours(Shape::OneByOne)?);
        readings.push(self.limit(Shape::OneByOne)?);
        readings.push(self.disk()?);
        Ok(readings)
    }

    fn limit(&self, shape: Shape) -> Outcome<Reading> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a group has a few thousand rows"
        )]
        let group = self.groups[shape as usize].round() as usize;
        sqlite::run(LIMIT[shape as usize], &self.args.blocks, &self.records, group)
    }

    fn disk(&self) -> Outcome<Reading> {
        let mut clocks = Clocks::of(&[]);
        let before = clocks.now();
        let probe = Probe::take(&self.args.blocks.folder, self.args.blocks.measure())?;
        let mut reading = Reading::of_own_work(DISK, 0, &[before, clocks.now()]);
        reading.per_second = probe.per_second;
        let (p50_us, p99_us) = (probe.p50_us, probe.p99_us);
        reading.latency = Some(crate::load::Latency { p50_us, p99_us, p999_us: p99_us, max_us: p99_us });
        Ok(reading)
    }

    /// A fresh server with fresh data for each run.
    fn ours(&mut self, shape: Shape) -> Outcome<Reading> {
        let service = product::embedded(&self.args.blocks)?;
        let (connections, batch) = match shape {
            Shape::Single => (self.args.connections, 1),
            Shape::Batch => (self.args.batch_connections, BATCH),
            Shape::OneByOne => (1, 1),
        };
        let blocks = &self.args.blocks;
        let (warm_up, measure) = (blocks.warm_up(), blocks.measure());
        let load = Load { address: service.address, connections, pace: Pace::Closed, warm_up, measure };
        let pid = service.process.id();
        let (mut clocks, mut samples) = (Clocks::of(&[pid]), Vec::with_capacity(2));
        let mut requests = Requests::new(&self.corpus, batch, KEY);
        let before = Commits::of(&service)?;
        let tally = load.run(&mut requests, || samples.push(clocks.now()))?;
        let appends = Commits::of(&service)?.appends_since(&before);
        let mut reading = Reading::of_load(OURS[shape as usize], &tally, &samples);
        self.groups[shape as usize] = count(tally.accepted()) / appends.max(1.0);
        reading.group = Some(self.groups[shape as usize]);
        reading.peak_mib = peak_mib(pid);
        reading.expect_effects(stop_and_count(service)?, tally.accepted());
        Ok(reading)
    }
}

fn stop_and_count(service: Service) -> Outcome<u64> {
    let Service { process, folder, .. } = service;
    process.stop()?;
    sqlite::rows(&database(folder.path()))
}

fn database(folder: &Path) -> PathBuf {
    folder.join("data").join("batea.db")
}

/// Commits of the product's file so far: all of them, and those of the projection.
struct Commits {
    all: f64,
    projection: f64,
}

impl Commits {
    fn of(service: &Service) -> Outcome<Self> {
        let projection = ask::metric(service.admin, "batea_projection_batch_seconds_count")?;
        Ok(Self { all: changes(&database(service.folder.path()))?, projection })
    }

    fn appends_since(&self, before: &Self) -> f64 {
        (self.all - before.all) - (self.projection - before.projection)
    }
}

/// `iChange` in the header of SQLite's wal-index: it counts the transactions that wrote.
fn changes(database: &Path) -> Outcome<f64> {
    let mut index = database.as_os_str().to_owned();
    index.push("-shm");
    let mut counter = [0; 4];
    File::open(PathBuf::from(index))?.read_exact_at(&mut counter, 8)?;
    Ok(f64::from(u32::from_ne_bytes(counter)))
}

fn ratios(readings: &[Reading]) -> Ratios {
    let rate = |what: &str| mean(readings, what, |reading| reading.per_second);
    let cpu = |what: &str| mean(readings, what, |reading| reading.cpu_us);
    let p50 = |what: &str| {
        mean(readings, what, |reading| reading.latency.map_or(f64::NAN, |latency| count(latency.p50_us)))
    };
    vec![
        (
            metric(
                "5  embedded, single posts",
                "facts per second, c=256 / raw commits of groups of that size",
                0.60,
                true,
            ),
            rate(OURS[0]) / rate(LIMIT[0]),
        ),
        (
            metric(
                "5  embedded, batches of 100",
                "facts per second / raw commits of groups of that size",
                0.70,
                true,
            ),
            rate(OURS[1]) / rate(LIMIT[1]),
        ),
        (
            metric(
                "5  embedded, one post at a time",
                "p50 of a post / p50 of one fdatasync of 4 KiB",
                2.0,
                false,
            ),
            p50(OURS[2]) / p50(DISK),
        ),
        (
            metric("   the same (observation)", "p50 of a post / p50 of a raw commit of one row", 2.0, false),
            p50(OURS[2]) / p50(LIMIT[2]),
        ),
        (
            metric(
                "   CPU per single fact (observation)",
                "CPU µs of the whole server, projection included / raw commits",
                20.0,
                false,
            ),
            cpu(OURS[0]) / cpu(LIMIT[0]),
        ),
    ]
}

const fn metric(name: &'static str, ratio: &'static str, gate: f64, at_least: bool) -> Metric {
    Metric { name, ratio, gate, at_least, durability: "D1" }
}
