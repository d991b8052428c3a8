//! Metrics 1, 2 and 3: ingest over Kafka.

use std::net::SocketAddr;
use std::process::Command;

use serde::Serialize;

use crate::Outcome;
use crate::args::KafkaIngestArgs;
use crate::block::{Metric, Ratios, mean, run_blocks};
use crate::kafka::Topic;
use crate::limit::produce::Limit;
use crate::load::{Load, Pace, Tally};
use crate::machine::Clocks;
use crate::process::{Process, free_address, peak_mib};
use crate::product::{self, KEY, Service};
use crate::reading::Reading;
use crate::records::{self, Record};
use crate::report::Report;
use crate::request::Requests;

const BATCH: usize = 100;
const PRODUCE: &str = "limit: produce";
const HANDLER_BATCH: &str = "limit: handler, batch of 100";
const INGEST_BATCH: &str = "ingest, batch of 100";

#[derive(Serialize)]
struct Settings<'a> {
    product: String,
    durability: &'static str,
    #[serde(flatten)]
    args: &'a KafkaIngestArgs,
}

/// Runs the blocks.
///
/// # Errors
/// When something cannot be started or measured.
pub(crate) fn run(args: &KafkaIngestArgs, report: &mut Report) -> Outcome<()> {
    let product = product::version(&args.blocks, "batea-ingest");
    report.begin("ingest over Kafka", &Settings { product, durability: args.kafka.durability(), args })?;
    let mut bench = Bench::start(args)?;
    run_blocks(&args.blocks, report, || bench.block(), |readings| ratios(args, readings))?;
    bench.ingest.process.stop()
}

/// Everything that runs during the blocks.
struct Bench<'a> {
    args: &'a KafkaIngestArgs,
    topic: Topic,
    ingest: Service,
    handler: (Process, SocketAddr),
    produce: Limit,
    records: Vec<Record>,
    singles: Requests,
    batches: Requests,
}

impl<'a> Bench<'a> {
    fn start(args: &'a KafkaIngestArgs) -> Outcome<Self> {
        let corpus = args.corpus.recipe().make()?;
        let topic = Topic::create(&args.kafka)?;
        Ok(Self {
            args,
            ingest: product::ingest(&args.blocks, &args.kafka, &topic.name)?,
            handler: bare_handler(args)?,
            produce: Limit::new(&args.kafka)?,
            records: records::of(&corpus)?,
            singles: Requests::new(&corpus, 1, KEY),
            batches: Requests::new(&corpus, BATCH, KEY),
            topic,
        })
    }

    fn block(&mut self) -> Outcome<Vec<Reading>> {
        let mut readings = Vec::new();
        for connections in self.args.connections.clone() {
            for ours in [false, true, true, false] {
                readings.push(self.single(ours, connections)?);
            }
        }
        for ours in [false, true, true, false] {
            readings.push(if ours { self.batch(true)? } else { self.bare_produce()? });
        }
        readings.push(self.batch(false)?);
        if let Some(rate) = self.args.open {
            readings.push(self.open(rate)?);
        }
        Ok(readings)
    }

    fn bare_produce(&self) -> Outcome<Reading> {
        self.produce.run(PRODUCE, &self.args.blocks, &self.topic, &self.records)
    }

    fn single(&mut self, ours: bool, connections: usize) -> Outcome<Reading> {
        let what = if ours { ingest_single(connections) } else { handler_single(connections) };
        self.load(&what, ours, connections, Pace::Closed, false)
    }

    fn batch(&mut self, ours: bool) -> Outcome<Reading> {
        let what = if ours { INGEST_BATCH } else { HANDLER_BATCH };
        self.load(what, ours, self.args.batch_connections, Pace::Closed, true)
    }

    fn open(&mut self, rate: f64) -> Outcome<Reading> {
        let connections = self.args.connections.iter().copied().max().unwrap_or(1);
        self.load(&format!("ingest, open loop at {rate:.0}/s"), true, connections, Pace::Open(rate), false)
    }

    fn load(
        &mut self,
        what: &str,
        ours: bool,
        connections: usize,
        pace: Pace,
        batch: bool,
    ) -> Outcome<Reading> {
        let (pid, address) = if ours {
            (self.ingest.process.id(), self.ingest.address)
        } else {
            (self.handler.0.id(), self.handler.1)
        };
        let blocks = &self.args.blocks;
        let load = Load { address, connections, pace, warm_up: blocks.warm_up(), measure: blocks.measure() };
        let before = self.topic.records()?;
        let (mut clocks, mut samples) = (Clocks::of(&[pid]), Vec::with_capacity(2));
        let requests = if batch { &mut self.batches } else { &mut self.singles };
        let tally: Tally = load.run(requests, || samples.push(clocks.now()))?;
        let mut reading = Reading::of_load(what, &tally, &samples);
        reading.peak_mib = peak_mib(pid);
        if ours {
            reading.expect_effects(self.topic.records()? - before, tally.accepted());
        }
        Ok(reading)
    }
}

fn bare_handler(args: &KafkaIngestArgs) -> Outcome<(Process, SocketAddr)> {
    let address = free_address()?;
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["limit-http", "--listen", &address.to_string()]);
    let mut process = Process::start(&mut command, &args.blocks.folder.join("bench-limit-http.log"))?;
    process.until_ready(address, "/readyz")?;
    Ok((process, address))
}

fn handler_single(connections: usize) -> String {
    format!("limit: handler, single, c={connections}")
}

fn ingest_single(connections: usize) -> String {
    format!("ingest, single, c={connections}")
}

fn ratios(args: &KafkaIngestArgs, readings: &[Reading]) -> Ratios {
    let rate = |what: &str| mean(readings, what, |reading| reading.per_second);
    let cpu = |what: &str| mean(readings, what, |reading| reading.cpu_us);
    let best = |name: fn(usize) -> String| {
        let runs = args.connections.iter().map(|connections| name(*connections));
        runs.max_by(|one, other| rate(one).total_cmp(&rate(other))).unwrap_or_default()
    };
    let (ours, limit) = (best(ingest_single), best(handler_single));
    let durability = args.kafka.durability();
    vec![
        (metric_1(durability), rate(&ours) / rate(&limit)),
        (metric_2(durability), rate(INGEST_BATCH) / rate(PRODUCE)),
        (metric_3("3  CPU per single fact", durability), cpu(&ours) / (cpu(&limit) + cpu(PRODUCE))),
        (
            metric_3("3  CPU per fact of a batch", durability),
            cpu(INGEST_BATCH) / (cpu(HANDLER_BATCH) + cpu(PRODUCE)),
        ),
    ]
}

const fn metric_1(durability: &'static str) -> Metric {
    let ratio = "single facts per second, ingest / bare handler (which stores nothing)";
    Metric { name: "1  single posts over Kafka", ratio, gate: 0.40, at_least: true, durability }
}

const fn metric_2(durability: &'static str) -> Metric {
    let ratio = "facts per second in batches of 100, ingest / bare produce of the same records";
    Metric { name: "2  batches of 100 over Kafka", ratio, gate: 0.60, at_least: true, durability }
}

const fn metric_3(name: &'static str, durability: &'static str) -> Metric {
    let ratio = "CPU µs of the ingest process per fact / (bare handler + bare produce)";
    Metric { name, ratio, gate: 1.5, at_least: false, durability }
}
