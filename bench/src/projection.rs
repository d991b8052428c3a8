//! Metric 6: how fast a full topic is drained into PostgreSQL.

use std::time::{Duration, Instant};

use serde::Serialize;

use crate::args::ProjectionArgs;
use crate::block::{Metric, Ratios, mean, run_blocks};
use crate::corpus::Leads;
use crate::database::Database;
use crate::history::{History, by_partition};
use crate::kafka::Topic;
use crate::limit::{produce::Limit, rows};
use crate::machine::{Clocks, Sample};
use crate::pause::pause;
use crate::process::peak_mib;
use crate::product::{self, Service};
use crate::reading::{Reading, count};
use crate::records::{self, Record};
use crate::report::Report;
use crate::{Outcome, ask};

const OURS: &str = "qualification";
const LIMIT: &str = "limit: raw rows";
const LOOK: Duration = Duration::from_millis(10);
const PATIENCE: Duration = Duration::from_secs(600);

#[derive(Serialize)]
struct Settings<'a> {
    product: String,
    leads: Leads,
    facts_per_batch: f64,
    batches: usize,
    #[serde(flatten)]
    args: &'a ProjectionArgs,
}

/// Runs the blocks, for each spread of facts over leads.
///
/// # Errors
/// When something cannot be started or measured.
pub(crate) fn run(args: &ProjectionArgs, report: &mut Report) -> Outcome<()> {
    args.history.spread.iter().try_for_each(|spread| run_spread(args, *spread, report))
}

fn run_spread(args: &ProjectionArgs, spread: Leads, report: &mut Report) -> Outcome<()> {
    let mut bench = Bench::start(args, spread)?;
    let settings = Settings {
        product: product::version(&args.blocks, "batea-qualification"),
        leads: spread,
        facts_per_batch: bench.facts_per_batch,
        batches: bench.history.batches.len(),
        args,
    };
    report.begin("projection", &settings)?;
    run_blocks(&args.blocks, report, || bench.block(), |readings| ratios(spread, readings))
}

struct Bench<'a> {
    args: &'a ProjectionArgs,
    topic: Topic,
    history: History,
    facts_per_batch: f64,
}

impl<'a> Bench<'a> {
    /// Fills a topic, and drains it once to see how large the product's batches are: the limit's are as large.
    fn start(args: &'a ProjectionArgs, spread: Leads) -> Outcome<Self> {
        let corpus = args.history.recipe(spread).make()?;
        let partitions: Vec<Vec<Record>> = by_partition(records::of(&corpus)?);
        let topic = Topic::create(&args.kafka)?;
        Limit::new(&args.kafka)?.fill(&topic, &partitions)?;
        let history = History { batches: Vec::new(), states: std::collections::BTreeMap::new() };
        let mut bench = Bench { args, topic, history, facts_per_batch: 1.0 };
        bench.ours()?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a batch has a few thousand facts"
        )]
        let size = bench.facts_per_batch.round() as usize;
        bench.history = History::of(&partitions, size)?;
        Ok(bench)
    }

    fn facts(&self) -> u64 {
        self.args.history.events as u64
    }

    fn block(&mut self) -> Outcome<Vec<Reading>> {
        Ok(vec![self.limit()?, self.ours()?, self.ours()?, self.limit()?])
    }

    fn limit(&self) -> Outcome<Reading> {
        let mut database = Database::create(self.args)?;
        let mut clocks = Clocks::of(&[]);
        let before = clocks.now();
        database.runtime.block_on(rows::write(&mut database.connection, &self.history.batches))?;
        let mut reading = Reading::of_own_work(LIMIT, self.facts(), &[before, clocks.now()]);
        reading.expect_effects(database.facts()?, self.facts());
        reading.group = Some(self.facts_per_batch);
        Ok(reading)
    }

    fn ours(&mut self) -> Outcome<Reading> {
        let mut database = Database::create(self.args)?;
        let service =
            product::qualification(&self.args.blocks, &self.args.kafka, &self.topic.name, &database.url)?;
        let drained = self.drain(&mut database, &service)?;
        let batches = ask::metric(service.admin, "batea_projection_batch_seconds_count")?;
        self.facts_per_batch = count(self.facts()) / batches.max(1.0);
        let mut reading = Reading::of_processes(OURS, drained.facts, &drained.samples);
        reading.group = Some(self.facts_per_batch);
        reading.peak_mib = peak_mib(service.process.id());
        service.process.stop()?;
        reading.expect_effects(database.facts()?, self.facts());
        if !self.history.batches.is_empty() && database.states()? != self.history.states {
            reading.void.push("the leads are not those of the reference fold".to_owned());
        }
        Ok(reading)
    }

    /// From the first batch that is there to the last: starting up and joining the group are not measured.
    fn drain(&self, database: &mut Database, service: &Service) -> Outcome<Drained> {
        let mut clocks = Clocks::of(&[service.process.id()]);
        let mut began: Option<(u64, Sample)> = None;
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            let projected = database.projected()?;
            if projected > 0 && began.is_none() {
                began = Some((projected, clocks.now()));
            }
            if let Some((first, before)) = began.filter(|_| projected >= self.facts()) {
                return Ok(Drained { facts: projected - first, samples: [before, clocks.now()] });
            }
            pause(LOOK);
        }
        Err(format!("the topic is not drained after {PATIENCE:?}").into())
    }
}

struct Drained {
    facts: u64,
    samples: [Sample; 2],
}

fn ratios(spread: Leads, readings: &[Reading]) -> Ratios {
    let rate = |what: &str| mean(readings, what, |reading| reading.per_second);
    let cpu = |what: &str| mean(readings, what, |reading| reading.cpu_us + reading.servers_cpu_us);
    let name = match spread {
        Leads::Zipf => "6  projection, Zipf leads",
        Leads::Distinct => "6  projection, all-distinct leads",
    };
    let drain = "facts per second / raw writes of the same rows in the same batches";
    let all_cpu = "CPU µs per fact with all servers / raw writes of the same rows";
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
