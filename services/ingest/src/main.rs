//! `batea-ingest`: see [`ingest::distributed`].

use std::process::ExitCode;

use clap::Parser;
use ingest::distributed::Cli;

#[tokio::main]
async fn main() -> ExitCode {
    Cli::parse().run().await
}
