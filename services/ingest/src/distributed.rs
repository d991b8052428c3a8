//! The service on Kafka: its command line, and how its parts are put together.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpResponse, web};
use clap::{ArgAction, Args, Parser, Subcommand};
use event_log::EventAppender;
use event_log::kafka::{self, KafkaAppender, KafkaError, KafkaSettings};
use lead_domain::IdentitySecret;
use service_kit::auth::Keys;
use service_kit::config::{
    AdminKeyArgs, ClockArgs, ConfigArgs, ConfigFile, IdentityArgs, KafkaArgs, ListenAddress, LogArgs,
    TopicArgs,
};
use service_kit::health::Health;
use service_kit::healthcheck::healthcheck;
use service_kit::lifecycle::{Lifecycle, Shutdown};
use service_kit::metrics::Metrics;
use service_kit::process::{StartError, exit_code, listen_for_operators};
use service_kit::{server, telemetry};

use crate::{Ingest, IngestConfig, configure, openapi};

/// Takes facts and form posts over HTTP and records them in Kafka.
///
/// An option beats the environment, the environment beats the default. The configuration file holds what a company
/// decides (sites, forms, keys), and no setting of the server.
#[derive(Debug, Parser)]
#[command(
    name = "batea-ingest",
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
        #[arg(long, env = "BATEA_ADMIN_LISTEN", default_value = "127.0.0.1:9081", value_name = "ADDRESS")]
        admin_listen: ListenAddress,
    },
}

#[derive(Debug, Args)]
struct ServeArgs {
    /// Where facts and forms are taken
    #[arg(long, env = "BATEA_LISTEN", default_value = "0.0.0.0:8081", value_name = "ADDRESS")]
    listen: ListenAddress,
    /// Where /livez, /readyz and /metrics answer
    #[arg(long, env = "BATEA_ADMIN_LISTEN", default_value = "0.0.0.0:9081", value_name = "ADDRESS")]
    admin_listen: ListenAddress,
    #[command(flatten)]
    topic: TopicArgs,
    #[command(flatten)]
    new_topic: NewTopicArgs,
    #[command(flatten)]
    kafka: KafkaArgs,
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

/// How the topic is made where it is missing.
#[derive(Debug, Args)]
struct NewTopicArgs {
    /// Create the topic if it is missing
    #[arg(long, env = "BATEA_CREATE_TOPICS", value_name = "BOOL", action = ArgAction::Set, default_value_t = false,
        num_args = 0..=1, default_missing_value = "true")]
    create_topics: bool,
    /// How many partitions the topic gets when it is created; the number cannot be changed later
    #[arg(long, env = "BATEA_TOPIC_PARTITIONS", default_value_t = 4, value_name = "NUMBER",
        value_parser = clap::value_parser!(i32).range(1..=1_000))]
    topic_partitions: i32,
    /// How many brokers keep each record of the topic when it is created [default: as the broker says]
    #[arg(long, env = "BATEA_TOPIC_REPLICATION", value_name = "NUMBER", value_parser = clap::value_parser!(i32).range(1..=100))]
    topic_replication: Option<i32>,
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
        let file = ConfigFile::load(&self.config)?;
        let config = IngestConfig::read(&file)?;
        let keys = Keys::new(file.keys()?, self.admin_key.key()?);
        let secret = IdentitySecret::new(self.identity.required()?.expose().as_bytes())?;
        let kafka = self.kafka()?;
        self.print(&config, &keys, &kafka);
        let (health, metrics, mut lifecycle) = (Health::new(), Metrics::install()?, Lifecycle::new());
        metrics.keep(&mut lifecycle);
        lifecycle.serve(listen_for_operators(&self.admin_listen, &health, &metrics)?);
        let appender = kafka::appender(&kafka).await?;
        check_log(&health, &appender);
        let ingest = Ingest::new(Arc::new(appender.clone()), config, keys, secret, self.clock.clock());
        let listener = server::listen("ingest", &self.listen, with_document(ingest)?)?;
        tracing::info!(address = %listener.address(), "listening for facts");
        lifecycle.serve(listener);
        let (shutdown, create) = (lifecycle.shutdown(), self.new_topic.create_topics);
        lifecycle.task("topic", async move { topic(&kafka, create, &health, &shutdown).await });
        lifecycle.at_end("kafka", async move { appender.close().await });
        Ok(lifecycle.run().await)
    }

    fn kafka(&self) -> Result<KafkaSettings, StartError> {
        let mut settings = KafkaSettings::new(self.kafka.brokers()?);
        settings.topic.clone_from(&self.topic.topic);
        settings.partitions = self.new_topic.topic_partitions;
        settings.replication = self.new_topic.topic_replication;
        settings.long_retention_acknowledged = self.kafka.long_retention_acknowledged;
        settings.set_from_environment(KafkaArgs::environment())?;
        Ok(settings)
    }

    fn print(&self, config: &IngestConfig, keys: &Keys, kafka: &KafkaSettings) {
        if keys.is_empty() {
            tracing::warn!(
                "there is no key: back ends cannot post; set BATEA_ADMIN_KEY or list keys in the configuration file"
            );
        }
        tracing::info!(
            version = env!("CARGO_PKG_VERSION"),
            listen = %self.listen,
            admin_listen = %self.admin_listen,
            kafka.brokers = kafka.brokers,
            kafka.topic = self.topic.topic,
            kafka.create_topics = self.new_topic.create_topics,
            forms = config.form_count(),
            region = config.region().unwrap_or("none"),
            identity_secret = "redacted",
            "starting"
        );
    }
}

/// Waits for the topic, then until the process ends. Until it is there the service is not ready, and refuses facts.
async fn topic(
    kafka: &KafkaSettings,
    create: bool,
    health: &Health,
    shutdown: &Shutdown,
) -> Result<(), KafkaError> {
    while !shutdown.is_requested() {
        match kafka::ensure_topic(kafka, create).await {
            Ok(partitions) => {
                tracing::info!(kafka.topic = kafka.topic, partitions, "the topic is there");
                health.started();
                shutdown.requested().await;
            }
            Err(error @ (KafkaError::Unavailable(_) | KafkaError::Missing(_))) => {
                tracing::warn!(%error, "the topic is not there yet, trying again");
                shutdown.pause(Duration::from_secs(1)).await;
            }
            Err(error @ (KafkaError::Setting(_) | KafkaError::Topic(_))) => return Err(error),
        }
    }
    Ok(())
}

/// Not ready while the log would refuse.
fn check_log(health: &Health, appender: &KafkaAppender) {
    let appender = appender.clone();
    health.check("event_log", move || {
        let appender = appender.clone();
        async move { appender.ready().await }
    });
}

/// The routes, and the document that describes them.
fn with_document(
    ingest: Ingest,
) -> Result<impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static, StartError> {
    let (routes, document) = (configure(ingest), web::Bytes::from(openapi().to_json()?));
    Ok(move |cfg: &mut web::ServiceConfig| {
        routes(cfg);
        let document = document.clone();
        let answer = move || {
            let document = document.clone();
            async move { HttpResponse::Ok().content_type("application/json").body(document) }
        };
        cfg.service(web::resource("/openapi.json").route(web::get().to(answer)));
    })
}
