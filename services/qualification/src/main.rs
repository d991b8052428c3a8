//! `batea-qualification`: see [`qualification::distributed`].

use std::process::ExitCode;

use clap::Parser;
use qualification::distributed::Cli;

#[tokio::main]
async fn main() -> ExitCode {
    Cli::parse().run().await
}
