//! `batea policy`: what another policy would do.

mod simulate;
mod table;

use std::path::PathBuf;

use clap::Subcommand;

use crate::remote::RemoteArgs;
pub(crate) use simulate::SimulateError;

/// What can be done with policies.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Try a policy on all history of a running installation, which keeps nothing of it: who would move, and would its
    /// score have told who buys? Ctrl-C ends it, there too
    Simulate {
        /// A batea.yaml, whose `policy:` is tried; its other sections do not matter
        file: PathBuf,
        /// Print the whole answer as JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        remote: RemoteArgs,
    },
}

/// Gives the text to print.
pub(crate) fn run(command: PolicyCommand) -> Result<String, SimulateError> {
    match command {
        PolicyCommand::Simulate { file, json, remote } => simulate::simulate(&file, json, &remote),
    }
}
