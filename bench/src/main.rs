//! Limit programs and a load generator: how far is the product from what the machine could do?
//!
//! Every metric runs product and limit in turn, in blocks, and prints the ratios. See README.md for what they mean.

mod args;
mod ask;
mod block;
mod cli;
mod corpus;
mod database;
mod growth;
mod history;
mod ingest_embedded;
mod ingest_kafka;
mod kafka;
mod limit;
mod load;
mod machine;
mod pause;
mod probe;
mod process;
mod product;
mod projection;
mod projection_embedded;
mod reading;
mod records;
mod report;
mod request;
mod steps;

use std::process::ExitCode;

use clap::Parser;

/// A benchmark fails as a whole, with a reason for a person.
pub(crate) type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

fn main() -> ExitCode {
    match cli::Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => cli::complain(error.as_ref()),
    }
}
