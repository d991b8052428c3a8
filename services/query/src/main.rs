//! `batea-query`: see [`query::distributed`].

use std::process::ExitCode;

use clap::Parser;
use query::distributed::Cli;

#[tokio::main]
async fn main() -> ExitCode {
    Cli::parse().run().await
}
