//! The service over PostgreSQL: its command line, and how its parts are put together.

use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand};
use lead_domain::IdentitySecret;
use lead_domain::identity::is_phone_region;
use read_model::ReadModelStatus;
use read_model::postgres::PostgresReader;
use service_kit::auth::Keys;
use service_kit::config::{
    AdminKeyArgs, ClockArgs, ConfigArgs, ConfigErrors, ConfigFile, DatabaseArgs, IdentityArgs, ListenAddress,
    LogArgs, TopicArgs,
};
use service_kit::health::Health;
use service_kit::healthcheck::healthcheck;
use service_kit::lifecycle::{Lifecycle, Shutdown};
use service_kit::metrics::Metrics;
use service_kit::process::{StartError, exit_code, listen_for_operators};
use service_kit::{server, telemetry};

use crate::{QueryState, configure, cursor_key, openapi, segments};

/// Answers reads of leads over REST from the rows that qualification keeps in PostgreSQL.
///
/// An option beats the environment, the environment beats the default. The configuration file holds what a company
/// decides (keys, region, segments), and no setting of the server.
#[derive(Debug, Parser)]
#[command(
    name = "batea-query",
    version,
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true
)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Ask the running service whether it is ready
    Healthcheck {
        /// Where the service answers operators
        #[arg(long, env = "BATEA_ADMIN_LISTEN", default_value = "127.0.0.1:9082", value_name = "ADDRESS")]
        admin_listen: ListenAddress,
    },
}

#[derive(Debug, Args)]
struct ServeArgs {
    /// Where reads are answered
    #[arg(long, env = "BATEA_LISTEN", default_value = "0.0.0.0:8082", value_name = "ADDRESS")]
    listen: ListenAddress,
    /// Where /livez, /readyz and /metrics answer
    #[arg(long, env = "BATEA_ADMIN_LISTEN", default_value = "0.0.0.0:9082", value_name = "ADDRESS")]
    admin_listen: ListenAddress,
    #[command(flatten)]
    topic: TopicArgs,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    identity: IdentityArgs,
    #[command(flatten)]
    admin_key: AdminKeyArgs,
    #[command(flatten)]
    clock: ClockArgs,
    #[command(flatten)]
    log: LogArgs,
}

impl Cli {
    /// Does what the command line says; the exit code tells how it went.
    pub async fn run(self) -> ExitCode {
        match self.command {
            Some(Command::Healthcheck { admin_listen }) => healthcheck(&admin_listen),
            None => exit_code(self.serve.start().await),
        }
    }
}

impl ServeArgs {
    async fn start(self) -> Result<ExitCode, StartError> {
        telemetry::init(&self.log)?;
        let (health, metrics, mut lifecycle) = (Health::new(), Metrics::install()?, Lifecycle::new());
        let state = self.state(lifecycle.draining())?;
        self.print(&state);
        metrics.keep(&mut lifecycle);
        check_read_model(&health, Arc::clone(&state.status));
        health.started();
        lifecycle.serve(listen_for_operators(&self.admin_listen, &health, &metrics)?);
        let listener = server::listen("query", &self.listen, configure(state))?;
        tracing::info!(address = %listener.address(), "listening for reads");
        lifecycle.serve(listener);
        Ok(lifecycle.run().await)
    }

    fn state(&self, draining: Shutdown) -> Result<QueryState, StartError> {
        let file = ConfigFile::load(&self.config)?;
        let secret = IdentitySecret::new(self.identity.required()?.expose().as_bytes())?;
        let reader = Arc::new(PostgresReader::new(self.database.url()?.expose(), &self.topic.topic)?);
        Ok(QueryState {
            reader: reader.clone(),
            status: reader,
            keys: Keys::new(file.keys()?, self.admin_key.key()?),
            clock: self.clock.clock(),
            cursors: cursor_key(&secret),
            region: region(&file)?,
            draining,
            segments: segments(&file)?.into(),
            document: openapi().to_json()?.into(),
        })
    }

    fn print(&self, state: &QueryState) {
        if state.keys.is_empty() {
            tracing::warn!(
                "there is no key: nobody can read; set BATEA_ADMIN_KEY or list keys in the configuration file"
            );
        }
        tracing::info!(
            version = env!("CARGO_PKG_VERSION"),
            listen = %self.listen,
            admin_listen = %self.admin_listen,
            kafka.topic = self.topic.topic,
            region = state.region.as_deref().unwrap_or("none"),
            database = "redacted",
            identity_secret = "redacted",
            "starting"
        );
    }
}

/// The phone region in which filters are read.
fn region(file: &ConfigFile) -> Result<Option<String>, ConfigErrors> {
    let given = file.section("region");
    match given.as_str().map(str::to_ascii_uppercase) {
        None if given.is_null() => Ok(None),
        Some(region) if is_phone_region(&region) => Ok(Some(region)),
        _ => Err(ConfigErrors(vec![file.problem("/region", "not a region of two letters such as FR")])),
    }
}

/// Not ready while the read model is away or has another schema.
fn check_read_model(health: &Health, status: Arc<dyn ReadModelStatus>) {
    health.check("read_model", move || {
        let status = Arc::clone(&status);
        async move { status.ready().await }
    });
}
