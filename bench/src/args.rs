//! Settings of what is measured.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use crate::corpus::{Leads, Recipe};

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

impl EmbeddedIngestArgs {
    pub(crate) const fn usual(blocks: BlockArgs, corpus: CorpusArgs) -> Self {
        Self { blocks, corpus, connections: 256, batch_connections: 16 }
    }
}

impl KafkaIngestArgs {
    pub(crate) fn usual(blocks: BlockArgs, corpus: CorpusArgs, kafka: KafkaArgs) -> Self {
        Self { blocks, corpus, kafka, connections: vec![64, 256], batch_connections: 32, open: None }
    }
}
