//! What can be measured, and with which settings.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::Outcome;
use crate::args::{
    CorpusArgs, EmbeddedIngestArgs, EmbeddedProjectionArgs, GrowthArgs, KafkaIngestArgs, ProjectionArgs,
};
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
