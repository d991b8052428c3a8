//! The service over Kafka and PostgreSQL: its command line, and how its parts are put together.

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use event_log::kafka::{self, KafkaError, KafkaSettings};
use lead_domain::policy::Policy;
use lead_domain::{IdentitySecret, Instant};
use read_model::postgres::{PostgresProjection, PostgresReader, migrate};
use read_model::{GenerationStore, ReadModelStatus, StoreError, Wish};
use service_kit::clock::Clock;
use service_kit::config::{
    ClockArgs, ConfigArgs, ConfigErrors, ConfigFile, DatabaseArgs, IdentityArgs, KafkaArgs, ListenAddress,
    LogArgs, TopicArgs,
};
use service_kit::health::Health;
use service_kit::healthcheck::healthcheck;
use service_kit::lifecycle::{Lifecycle, Shutdown};
use service_kit::metrics::Metrics;
use service_kit::process::{StartError, exit_code, listen_for_operators};
use service_kit::telemetry;

use crate::clock::Announcer;
use crate::command::{activate_policy, rebuild_store, verify_store};
use crate::fill::Filler;
use crate::generation::RulesError;
use crate::rules::Rules;
use crate::worker::{Worker, WorkerSettings};

/// Qualifies leads: reads facts from Kafka and keeps timelines, leads and changes in PostgreSQL.
///
/// An option beats the environment, the environment beats the default. The configuration file holds what a company
/// decides (sites, forms, keys, policy), and no setting of the server.
#[derive(Debug, Parser)]
#[command(
    name = "batea-qualification",
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
    /// Bring the database to the schema of this build, then end
    Migrate(StoreArgs),
    /// Print all rows as canonical JSON lines, for comparisons; personal data
    Dump(StoreArgs),
    /// Fold everything anew and name each row that differs from what is stored; fails if one does
    Verify(SecretArgs),
    /// Fold every lead anew beside the rows that are answered from, then let the new rows take over in one step
    Rebuild(SecretArgs),
    /// Policies that were active once
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Ask the running service whether it is ready
    Healthcheck {
        /// Where the service answers operators
        #[arg(long, env = "BATEA_ADMIN_LISTEN", default_value = "127.0.0.1:9083", value_name = "ADDRESS")]
        admin_listen: ListenAddress,
    },
}

#[derive(Debug, Subcommand)]
enum PolicyCommand {
    /// Make a known policy the active one again, whatever the configuration files say
    Activate {
        /// Its version, as `/v1/policy` tells it
        version: String,
        #[command(flatten)]
        args: SecretArgs,
    },
}

#[derive(Debug, Args)]
struct SecretArgs {
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    identity: IdentityArgs,
    #[command(flatten)]
    clock: ClockArgs,
}

#[derive(Debug, Args)]
struct StoreArgs {
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    topic: TopicArgs,
    #[command(flatten)]
    log: LogArgs,
}

#[derive(Debug, Args)]
struct ServeArgs {
    /// Where /livez, /readyz and /metrics answer
    #[arg(long, env = "BATEA_ADMIN_LISTEN", default_value = "0.0.0.0:9083", value_name = "ADDRESS")]
    admin_listen: ListenAddress,
    /// The consumer group whose members share the partitions
    #[arg(long, env = "BATEA_GROUP", default_value = "batea-qualification", value_name = "NAME")]
    group: String,
    #[command(flatten)]
    kafka: KafkaArgs,
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    identity: IdentityArgs,
    #[command(flatten)]
    clock: ClockArgs,
}

impl Cli {
    /// Does what the command line says; the exit code tells how it went.
    pub async fn run(self) -> ExitCode {
        let outcome = match self.command {
            Some(Command::Healthcheck { admin_listen }) => return healthcheck(&admin_listen),
            Some(Command::Migrate(args)) => bring_up_to_date(&args).await,
            Some(Command::Dump(args)) => dump(&args).await,
            Some(Command::Verify(args)) => args.verify().await,
            Some(Command::Rebuild(args)) => args.rebuild().await,
            Some(Command::Policy(PolicyCommand::Activate { version, args })) => args.activate(&version).await,
            None => self.serve.start().await,
        };
        exit_code(outcome)
    }
}

async fn bring_up_to_date(args: &StoreArgs) -> Result<ExitCode, StartError> {
    telemetry::init(&args.log)?;
    migrate(args.database.url()?.expose()).await?;
    tracing::info!("the database has the schema of this build");
    Ok(ExitCode::SUCCESS)
}

async fn dump(args: &StoreArgs) -> Result<ExitCode, StartError> {
    telemetry::init(&args.log)?;
    let reader = PostgresReader::new(args.database.url()?.expose(), &args.topic.topic)?;
    std::io::stdout().lock().write_all(reader.dump().await?.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

impl SecretArgs {
    async fn verify(self) -> Result<ExitCode, StartError> {
        let same = verify_store(self.open()?.as_ref(), &self.secret()?).await?;
        Ok(if same { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    async fn rebuild(self) -> Result<ExitCode, StartError> {
        let store: Arc<dyn GenerationStore> = self.open()?;
        rebuild_store(&store, self.secret()?, self.clock.clock()).await?;
        Ok(ExitCode::SUCCESS)
    }

    async fn activate(self, version: &str) -> Result<ExitCode, StartError> {
        let store: Arc<dyn GenerationStore> = self.open()?;
        let status = PostgresReader::new(self.store.database.url()?.expose(), &self.store.topic.topic)?;
        activate_policy(&store, &status, version, (self.secret()?, self.clock.clock())).await?;
        Ok(ExitCode::SUCCESS)
    }

    fn open(&self) -> Result<Arc<PostgresProjection>, StartError> {
        telemetry::init(&self.store.log)?;
        let url = self.store.database.url()?;
        Ok(Arc::new(PostgresProjection::new(url.expose(), &self.store.topic.topic)?))
    }

    fn secret(&self) -> Result<IdentitySecret, StartError> {
        Ok(IdentitySecret::new(self.identity.required()?.expose().as_bytes())?)
    }
}

impl ServeArgs {
    async fn start(self) -> Result<ExitCode, StartError> {
        telemetry::init(&self.store.log)?;
        let (clock, secret, policy) = (self.clock.clock(), self.secret()?, self.policy()?);
        let (kafka, database) = (self.kafka()?, self.store.database.url()?);
        self.print(&policy, &kafka);
        let (health, metrics, mut lifecycle) = (Health::new(), Metrics::install()?, Lifecycle::new());
        metrics.keep(&mut lifecycle);
        lifecycle.serve(listen_for_operators(&self.admin_listen, &health, &metrics)?);
        let store = Arc::new(PostgresProjection::new(database.expose(), &kafka.topic)?);
        let reader = Arc::new(PostgresReader::new(database.expose(), &kafka.topic)?);
        health.check("read_model", move || {
            let reader = Arc::clone(&reader);
            async move { reader.ready().await }
        });
        let shutdown = lifecycle.shutdown();
        let parts = Parts { store, kafka, group: self.group, policy, secret, clock, health };
        lifecycle.task("qualification", async move { parts.work(shutdown).await });
        Ok(lifecycle.run().await)
    }

    fn secret(&self) -> Result<IdentitySecret, StartError> {
        Ok(IdentitySecret::new(self.identity.required()?.expose().as_bytes())?)
    }

    fn policy(&self) -> Result<Policy, ConfigErrors> {
        let file = ConfigFile::load(&self.config)?;
        let problems = |found: Vec<lead_domain::problem::Problem>| {
            file.problems("/policy", found.into_iter().map(|problem| (problem.pointer, problem.detail)))
        };
        Policy::parse(file.section("policy")).map_err(problems)
    }

    fn kafka(&self) -> Result<KafkaSettings, StartError> {
        let mut settings = KafkaSettings::new(self.kafka.brokers()?);
        settings.topic.clone_from(&self.store.topic.topic);
        settings.long_retention_acknowledged = self.kafka.long_retention_acknowledged;
        settings.set_from_environment(KafkaArgs::environment())?;
        Ok(settings)
    }

    fn print(&self, policy: &Policy, kafka: &KafkaSettings) {
        tracing::info!(
            version = env!("CARGO_PKG_VERSION"),
            admin_listen = %self.admin_listen,
            kafka.brokers = kafka.brokers,
            kafka.topic = self.store.topic.topic,
            kafka.group = self.group,
            database = "redacted",
            identity_secret = "redacted",
            policy = %policy.version(),
            "starting"
        );
    }
}

/// What the worker is made of.
struct Parts {
    store: Arc<PostgresProjection>,
    kafka: KafkaSettings,
    group: String,
    policy: Policy,
    secret: IdentitySecret,
    clock: Clock,
    health: Health,
}

impl Parts {
    /// Waits for database and topic, then works. What is away at the start is waited for, too.
    async fn work(self, shutdown: Shutdown) -> Result<(), StartError> {
        let generations: Arc<dyn GenerationStore> = self.store.clone();
        let filler = Filler::new(generations, self.secret.clone(), self.clock);
        let Some(rules) = self.rules(&filler, &shutdown).await? else { return Ok(()) };
        if self.topic(&shutdown).await?.is_none() {
            return Ok(());
        }
        let subscription = kafka::subscription(&self.kafka, &self.group).await?;
        self.health.started();
        let settings = WorkerSettings {
            owner: format!("{}-{}", self.group, std::process::id()),
            max_records: 2_000,
            longest: Duration::from_millis(500),
        };
        let announcer = Announcer::new(self.store.clone(), self.secret.clone(), self.clock);
        let worker = Worker::new(Box::new(subscription), self.store, self.secret, rules, settings);
        let filling = async { filler.run(shutdown.clone()).await.map_err(StartError::from) };
        let announcing = async { announcer.run(shutdown.clone()).await.map_err(StartError::from) };
        let working = async { worker.run(shutdown.clone()).await.map_err(StartError::from) };
        tokio::try_join!(working, filling, announcing).map(drop)
    }

    async fn rules(&self, filler: &Filler, shutdown: &Shutdown) -> Result<Option<Rules>, StartError> {
        let store: Arc<dyn GenerationStore> = self.store.clone();
        while !shutdown.is_requested() {
            let now = Instant::from_millis(self.clock.now_ms());
            match Rules::establish(&store, &self.policy, Wish::Start, filler, now).await {
                Ok(rules) => return Ok(Some(rules)),
                Err(RulesError::Store(StoreError::Broken(reason))) => {
                    return Err(StoreError::Broken(reason).into());
                }
                Err(RulesError::Store(error)) => pause(&error.to_string(), shutdown).await,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(None)
    }

    async fn topic(&self, shutdown: &Shutdown) -> Result<Option<i32>, StartError> {
        while !shutdown.is_requested() {
            match kafka::ensure_topic(&self.kafka, false).await {
                Ok(partitions) => return Ok(Some(partitions)),
                Err(error @ (KafkaError::Unavailable(_) | KafkaError::Missing(_))) => {
                    pause(&error.to_string(), shutdown).await;
                }
                Err(error @ (KafkaError::Setting(_) | KafkaError::Topic(_))) => return Err(error.into()),
            }
        }
        Ok(None)
    }
}

async fn pause(reason: &str, shutdown: &Shutdown) {
    tracing::warn!(reason, "not available yet, trying again");
    shutdown.pause(Duration::from_secs(1)).await;
}
