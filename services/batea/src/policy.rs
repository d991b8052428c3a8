//! `batea policy`: what another policy would do.

mod simulate;
mod table;

use std::path::PathBuf;

use clap::Subcommand;

use crate::args::StoreCommandArgs;
use crate::remote::RemoteArgs;
pub(crate) use simulate::simulate;

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
    /// Make a known policy the active one again, whatever the configuration file says; on the data of a stopped server
    Activate {
        /// Its version, as `/v1/policy` tells it
        version: String,
        #[command(flatten)]
        store: StoreCommandArgs,
    },
}
