//! `batea`: all of Batea in one process on one SQLite file, and the command line.
//!
//! ```text
//! cli → serve: company (batea.yaml) + data folder → log → projection → query, behind one HTTP server
//!     → check, keys, healthcheck; policy simulate, which asks a running installation (remote)
//!     → dump, verify, rebuild, policy activate on a stopped server's data (store)
//! ```

mod args;
mod check;
mod cli;
mod company;
mod contract;
mod data_folder;
mod dump;
mod greeting;
mod keys;
mod policy;
mod remote;
#[cfg(test)]
mod schema_tests;
mod serve;
mod store;
mod trim_log;

use std::process::ExitCode;

use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    cli::Cli::parse().run().await
}
