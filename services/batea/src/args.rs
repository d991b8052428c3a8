//! Settings, under the same names as options and in the environment.

use std::path::PathBuf;

use clap::Args;
use service_kit::config::{AdminKeyArgs, ClockArgs, ConfigArgs, IdentityArgs};
use service_kit::server::ListenAddress;
use service_kit::telemetry::LogArgs;

/// Settings of commands on the data folder; the server must not run meanwhile.
#[derive(Clone, Debug, Args)]
pub(crate) struct StoreCommandArgs {
    #[command(flatten)]
    pub(crate) data: DataArgs,
    #[command(flatten)]
    pub(crate) identity: IdentityArgs,
    #[command(flatten)]
    pub(crate) clock: ClockArgs,
    #[command(flatten)]
    pub(crate) log: LogArgs,
}

/// Settings of the server.
#[derive(Clone, Debug, Args)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub(crate) listen: ListenArgs,
    #[command(flatten)]
    pub(crate) data: DataArgs,
    #[command(flatten)]
    pub(crate) config: ConfigArgs,
    #[command(flatten)]
    pub(crate) admin_key: AdminKeyArgs,
    #[command(flatten)]
    pub(crate) identity: IdentityArgs,
    #[command(flatten)]
    pub(crate) clock: ClockArgs,
    #[command(flatten)]
    pub(crate) log: LogArgs,
}

/// Where the server answers.
#[derive(Clone, Debug, Args)]
pub(crate) struct ListenArgs {
    /// Where to listen: host:port, or :port for all addresses
    #[arg(long, env = "BATEA_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub(crate) listen: ListenAddress,

    /// Where /livez, /readyz and /metrics answer [default: with everything else]
    #[arg(long, env = "BATEA_ADMIN_LISTEN", value_name = "ADDRESS")]
    pub(crate) admin_listen: Option<ListenAddress>,
}

/// Where the data is.
#[derive(Clone, Debug, Args)]
pub(crate) struct DataArgs {
    /// The folder with the database, the admin key and the identity secret; made at the first start
    #[arg(long, env = "BATEA_DATA", value_name = "FOLDER", default_value = "data")]
    pub(crate) data: PathBuf,
}
