//! What can be measured, and with which settings.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use serde::Serialize;

use crate::Outcome;
use crate::corpus::{Leads, Recipe};
use crate::report::Report;
use crate::{growth, ingest_embedded, ingest_kafka, limit, projection, projection_embedded, steps};

/// Measures Batea against limit programs that run in the same blocks, and prints ratios.
///
/// Build the product first (cargo build --release) and let nothing else run on the machine.
#[derive(Debug, Parser)]
#[command(name = "bench", version)]
pub(crate) struct Cli {
    /// Also append all results to this file, as JSON lines
    #[arg(long, global = true, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Metrics 1, 2, 3: ingest over Kafka, against a bare handler and a bare produce
    IngestKafka(KafkaIngestArgs),
    /// Metric 5: embedded ingest, against raw SQLite commits
    IngestEmbedded(EmbeddedIngestArgs),
    /// Metric 6: the projection into PostgreSQL, against raw writes of the same rows
    Projection(ProjectionArgs),
    /// Metric 6, embedded: the projection of a full log, against raw writes of the same rows
    ProjectionEmbedded(EmbeddedProjectionArgs),
    /// What growing costs: a batch of the projection and the answers of query, with more and more leads in PostgreSQL
    Growth(GrowthArgs),
    /// CPU time of the pure steps of a fact: parse, check, fold
    Steps(CorpusArgs),
    /// Print the facts of a corpus, one per line, for other generators
    Corpus(CorpusArgs),
    /// All metrics
    All(AllArgs),
    /// The limit of HTTP: a handler that parses a body, and answers
    #[command(hide = true)]
    LimitHttp {
        /// Where to listen
        #[arg(long)]
        listen: SocketAddr,
    },
}

/// Blocks: how many, how long.
#[derive(Clone, Debug, Args, Serialize)]
pub(crate) struct BlockArgs {
    /// How many blocks; published figures need 7
    #[arg(long, default_value_t = 3)]
    pub(crate) blocks: usize,
    /// Measured seconds of each run; published figures need 15
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// Seconds before, not measured
    #[arg(long, default_value_t = 1.0)]
    warm_up: f64,
    /// Where the product's binaries are
    #[arg(long, default_value = "target/release", value_name = "FOLDER")]
    pub(crate) binaries: PathBuf,
    /// On which disk databases and probes are
    #[arg(long, default_value = "target", value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
}

impl BlockArgs {
    pub(crate) fn measure(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }

    pub(crate) fn warm_up(&self) -> Duration {
        Duration::from_secs_f64(self.warm_up)
    }
}

/// Which facts are posted.
#[derive(Clone, Copy, Debug, Args, Serialize)]
pub(crate) struct CorpusArgs {
    /// Distinct facts
    #[arg(long, default_value_t = 20_000)]
    facts: usize,
    /// Bytes of each, about
    #[arg(long, default_value_t = 300)]
    bytes: usize,
    /// Different leads, drawn by Zipf(1.0)
    #[arg(long, default_value_t = 10_000)]
    leads: usize,
}

impl CorpusArgs {
    pub(crate) const fn recipe(&self) -> Recipe {
        let Self { facts, bytes, leads } = *self;
        Recipe { facts, bytes, leads, spread: Leads::Zipf, dated: false }
    }
}

#[derive(Clone, Debug, Args, Serialize)]
pub(crate) struct KafkaIngestArgs {
    #[command(flatten)]
    pub(crate) blocks: BlockArgs,
    #[command(flatten)]
    pub(crate) corpus: CorpusArgs,
    #[command(flatten)]
    pub(crate) kafka: KafkaArgs,
    /// Connections of the runs with single facts; the best counts
    #[arg(long, value_delimiter = ',', default_value = "64,256")]
    pub(crate) connections: Vec<usize>,
    /// Connections of the runs with 100 facts per request
    #[arg(long, default_value_t = 32)]
    pub(crate) batch_connections: usize,
    /// Also measure latencies in an open loop: single facts per second
    #[arg(long, value_name = "RATE")]
    pub(crate) open: Option<f64>,
}

/// Kafka, for product and limit alike.
#[derive(Clone, Debug, Args, Serialize)]
pub(crate) struct KafkaArgs {
    /// host:port of a broker
    #[arg(long = "kafka", env = "BATEA_TEST_KAFKA", value_name = "BROKER")]
    pub(crate) brokers: String,
    /// A setting of the producer, for both sides, as linger.ms=5
    #[arg(long = "producer", value_name = "NAME=VALUE")]
    pub(crate) producer: Vec<String>,
    /// Class D1: the broker syncs each batch to its disk before it acknowledges
    #[arg(long)]
    pub(crate) flushed: bool,
}

impl KafkaArgs {
    /// The settings, as names and values.
    pub(crate) fn settings(&self) -> impl Iterator<Item = (&str, &str)> {
        self.producer.iter().filter_map(|setting| setting.split_once('='))
    }

    /// What an acknowledged record survives.
    pub(crate) const fn durability(&self) -> &'static str {
        if self.flushed { "D1" } else { "D0" }
    }
}

#[derive(Clone, Debug, Args, Serialize)]
pub(crate) struct EmbeddedIngestArgs {
    #[command(flatten)]
    pub(crate) blocks: BlockArgs,
    #[command(flatten)]
    pub(crate) corpus: CorpusArgs,
    /// Connections of the runs with single facts
    #[arg(long, default_value_t = 256)]
    pub(crate) connections: usize,
    /// Connections of the runs with 100 facts per request
    #[arg(long, default_value_t = 16)]
    pub(crate) batch_connections: usize,
}

/// What is projected.
#[derive(Clone, Debug, Args, Serialize)]
pub(crate) struct HistoryArgs {
    /// Facts to drain
    #[arg(long, default_value_t = 100_000)]
    pub(crate) events: usize,
    /// Bytes of each, about
    #[arg(long, default_value_t = 300)]
    event_bytes: usize,
    /// Different leads, drawn by Zipf(1.0)
    #[arg(long, default_value_t = 10_000)]
    event_leads: usize,
    /// How facts fall on leads
    #[arg(long, value_enum, value_delimiter = ',', default_value = "zipf,distinct")]
    pub(crate) spread: Vec<Leads>,
}

impl HistoryArgs {
    /// The facts, by one of the spreads.
    pub(crate) const fn recipe(&self, spread: Leads) -> Recipe {
        let (facts, bytes, leads) = (self.events, self.event_bytes, self.event_leads);
        Recipe { facts, bytes, leads, spread, dated: true }
    }
}

#[derive(Clone, Debug, Args, Serialize)]
pub(crate) struct EmbeddedProjectionArgs {
    #[command(flatten)]
    pub(crate) blocks: BlockArgs,
    #[command(flatten)]
    pub(crate) history: HistoryArgs,
}

#[derive(Clone, Debug, Args, Serialize)]
pub(crate) struct ProjectionArgs {
    #[command(flatten)]
    pub(crate) blocks: BlockArgs,
    #[command(flatten)]
    pub(crate) kafka: KafkaArgs,
    /// A PostgreSQL role that may create databases; a password in it is printed
    #[arg(long, env = "BATEA_TEST_POSTGRES", value_name = "URL")]
    #[serde(skip)]
    pub(crate) postgres: String,
    #[command(flatten)]
    pub(crate) history: HistoryArgs,
    /// Commits of PostgreSQL do not wait for its disk, on both sides
    #[arg(long)]
    pub(crate) asynchronous_commit: bool,
}

/// How far a database grows.
#[derive(Clone, Debug, Args, Serialize)]
pub(crate) struct GrowthArgs {
    /// A PostgreSQL role that may create databases
    #[arg(long, env = "BATEA_TEST_POSTGRES", value_name = "URL")]
    #[serde(skip)]
    pub(crate) postgres: String,
    /// Leads, growing; each comes with three facts
    #[arg(long, value_delimiter = ',', default_value = "10000,100000,1000000")]
    pub(crate) sizes: Vec<usize>,
    /// How often each path is asked for at each size
    #[arg(long, default_value_t = 30)]
    pub(crate) requests: usize,
    /// Where the product's binaries are
    #[arg(long, default_value = "target/release", value_name = "FOLDER")]
    binaries: PathBuf,
    /// Where the service that is asked runs
    #[arg(long, default_value = "target", value_name = "FOLDER")]
    folder: PathBuf,
}

impl GrowthArgs {
    /// Where binaries and folders are; nothing here runs in blocks.
    pub(crate) fn blocks(&self) -> BlockArgs {
        let (binaries, folder) = (self.binaries.clone(), self.folder.clone());
        BlockArgs { blocks: 1, seconds: 0.0, warm_up: 0.0, binaries, folder }
    }
}

#[derive(Clone, Debug, Args)]
struct AllArgs {
    #[command(flatten)]
    corpus: CorpusArgs,
    #[command(flatten)]
    projection: ProjectionArgs,
}

impl Cli {
    /// Does what was asked for.
    ///
    /// # Errors
    /// When something cannot be measured.
    pub(crate) fn run(self) -> Outcome<()> {
        match &self.command {
            Command::LimitHttp { listen } => limit::http::serve(*listen),
            Command::Corpus(args) => print(args),
            Command::IngestKafka(args) => ingest_kafka::run(args, &mut self.report()?),
            Command::IngestEmbedded(args) => ingest_embedded::run(args, &mut self.report()?),
            Command::Projection(args) => projection::run(args, &mut self.report()?),
            Command::ProjectionEmbedded(args) => projection_embedded::run(args, &mut self.report()?),
            Command::Growth(args) => growth::run(args, &mut self.report()?),
            Command::Steps(args) => steps::run(args, &mut self.report()?),
            Command::All(args) => args.run(&mut self.report()?),
        }
    }

    fn report(&self) -> Outcome<Report> {
        Report::open(self.out.as_deref())
    }
}

impl AllArgs {
    fn run(&self, report: &mut Report) -> Outcome<()> {
        let Self { corpus, projection } = self;
        let (blocks, history) = (projection.blocks.clone(), projection.history.clone());
        ingest_embedded::run(&EmbeddedIngestArgs::usual(blocks.clone(), *corpus), report)?;
        projection_embedded::run(&EmbeddedProjectionArgs { blocks: blocks.clone(), history }, report)?;
        ingest_kafka::run(&KafkaIngestArgs::usual(blocks, *corpus, projection.kafka.clone()), report)?;
        projection::run(projection, report)
    }
}

impl EmbeddedIngestArgs {
    const fn usual(blocks: BlockArgs, corpus: CorpusArgs) -> Self {
        Self { blocks, corpus, connections: 256, batch_connections: 16 }
    }
}

impl KafkaIngestArgs {
    fn usual(blocks: BlockArgs, corpus: CorpusArgs, kafka: KafkaArgs) -> Self {
        Self { blocks, corpus, kafka, connections: vec![64, 256], batch_connections: 32, open: None }
    }
}

fn print(args: &CorpusArgs) -> Outcome<()> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for body in args.recipe().make()? {
        writeln!(out, "{}", body.text)?;
    }
    Ok(out.flush()?)
}

/// Says why nothing was measured.
pub(crate) fn complain(error: &(dyn std::error::Error + Send + Sync)) -> ExitCode {
    // Where standard error is closed nobody wants to know.
    writeln!(std::io::stderr().lock(), "bench: {error}").ok();
    ExitCode::FAILURE
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
