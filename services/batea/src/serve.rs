//! `batea serve`: ingest, qualification and query on one file and behind one HTTP server.

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use event_log::EventAppender;
use event_log::sqlite::SqliteLog;
use ingest::Ingest;
use lead_domain::{IdentitySecret, Instant};
use qualification::{Announcer, Filler, Rules, Worker, WorkerSettings};
use query::QueryState;
use read_model::sqlite::{SqliteProjection, SqliteReader};
use read_model::{GenerationStore, ReadModelStatus, Wish};
use service_kit::auth::Keys;
use service_kit::clock::Clock;
use service_kit::config::ConfigFile;
use service_kit::health::Health;
use service_kit::lifecycle::{Lifecycle, Shutdown};
use service_kit::metrics::Metrics;
use service_kit::server::{self, HttpListener, ListenError};
use service_kit::telemetry;
use sqlite_file::SqliteFile;

use crate::args::ServeArgs;
use crate::company::Company;
use crate::contract;
use crate::data_folder::{DataFolder, Kept};
use crate::greeting::Greeting;
use crate::trim_log::trim_hourly;

/// Appends wait for the same writer while a batch lasts. Batches of 10 ms cost 1.7 times as much per fact: each fact changes
/// about ten pages, and only the facts of one batch share them, the wait for the disk, and the state of a lead.
const LONGEST_BATCH: Duration = Duration::from_millis(100);
const MAX_BATCH: usize = 1_000;

/// Why the server does not start.
type StartError = Box<dyn Error + Send + Sync>;

/// Runs until the process is told to end.
pub(crate) async fn serve(args: ServeArgs) -> ExitCode {
    if let Err(error) = telemetry::init(&args.log) {
        drop(writeln!(io::stderr().lock(), "{error}"));
        return ExitCode::FAILURE;
    }
    match start(&args).await {
        Ok(lifecycle) => lifecycle.run().await,
        Err(error) => {
            tracing::error!(%error, "cannot start");
            ExitCode::FAILURE
        }
    }
}

/// What was decided before anything runs.
struct Installation {
    company: Company,
    folder: DataFolder,
    admin_key: Kept,
    keys: Keys,
    secret: IdentitySecret,
    clock: Clock,
}

/// The one file, and what reads and writes it.
struct Store {
    file: SqliteFile,
    log: SqliteLog,
    appender: Arc<dyn EventAppender>,
    reader: Arc<SqliteReader>,
}

async fn start(args: &ServeArgs) -> Result<Lifecycle, StartError> {
    let installation = Installation::prepare(args)?;
    installation.print(args);
    let store = Store::open(&installation.folder).await?;
    let (mut lifecycle, health, metrics) = (Lifecycle::new(), Health::new(), Metrics::install()?);
    metrics.keep(&mut lifecycle);
    store.check(&health);
    qualify(&installation, &store, &mut lifecycle).await?;
    let trimming = trim_hourly(store.log.clone(), store.reader.clone(), lifecycle.shutdown());
    lifecycle.task("log trim", trimming);
    let listeners = listen(args, &installation, &store, lifecycle.draining(), (&health, &metrics))?;
    greet(&installation, &listeners)?;
    for listener in listeners {
        lifecycle.serve(listener);
    }
    health.started();
    let (file, folder) = (store.file, installation.folder);
    lifecycle.at_end("close the database", async move {
        file.close().await;
        // Only now may another process have the folder.
        drop(folder);
    });
    Ok(lifecycle)
}

impl Installation {
    fn prepare(args: &ServeArgs) -> Result<Self, StartError> {
        let file = ConfigFile::load_with_unknown(&args.config)?;
        let mut company = Company::read(&file)?;
        for warning in file.warnings() {
            tracing::warn!(%warning, "the configuration file says more than this version understands");
        }
        company.ingest = company.ingest.with_demo();
        let folder = DataFolder::open(&args.data.data)?;
        let secret = match args.identity.secret()? {
            Some(secret) => secret,
            None => folder.identity_secret()?.secret,
        };
        let secret = IdentitySecret::new(secret.expose().as_bytes())?;
        folder.belongs_to(secret.fingerprint())?;
        let admin_key = folder.admin_key()?;
        let admin_keys = [Some(admin_key.secret.clone()), args.admin_key.key()?];
        let keys = Keys::new(company.keys.clone(), admin_keys.into_iter().flatten());
        Ok(Self { company, folder, admin_key, keys, secret, clock: args.clock.clock() })
    }

    /// The settings in force, without secrets.
    fn print(&self, args: &ServeArgs) {
        tracing::info!(
            version = env!("CARGO_PKG_VERSION"),
            listen = %args.listen.listen,
            admin_listen = args.listen.admin_listen.as_ref().map(tracing::field::display),
            data = %args.data.data.display(),
            config = args.config.config.as_ref().map(|path| tracing::field::display(path.display())),
            clock_ms = self.clock.now_ms(),
            keys = self.company.keys.len(),
            policy = self.company.policy.version(),
            identity_secret = "redacted",
            admin_key = "redacted",
            "starting"
        );
    }
}

impl Store {
    async fn open(folder: &DataFolder) -> Result<Self, StartError> {
        let file = SqliteFile::open(&folder.database()).await?;
        let log = SqliteLog::open(file.clone()).await?;
        let appender = Arc::new(log.appender());
        let reader = Arc::new(SqliteReader::new(file.clone()));
        Ok(Self { file, log, appender, reader })
    }

    fn check(&self, health: &Health) {
        let appender = Arc::clone(&self.appender);
        health.check("log", move || {
            let appender = Arc::clone(&appender);
            async move { appender.ready().await }
        });
        let reader = Arc::clone(&self.reader);
        health.check("read_model", move || {
            let reader = Arc::clone(&reader);
            async move { reader.ready().await }
        });
    }
}

/// Starts to turn facts into leads, under the policy of the file.
async fn qualify(
    installation: &Installation,
    store: &Store,
    lifecycle: &mut Lifecycle,
) -> Result<(), StartError> {
    let (secret, clock) = (&installation.secret, installation.clock);
    let projection = Arc::new(SqliteProjection::new(store.file.clone()));
    let generations: Arc<dyn GenerationStore> = projection.clone();
    let filler = Filler::new(generations.clone(), secret.clone(), clock);
    let now = Instant::from_millis(clock.now_ms());
    let rules =
        Rules::establish(&generations, &installation.company.policy, Wish::Alone, &filler, now).await?;
    let announcer = Announcer::new(projection.clone(), secret.clone(), clock);
    let settings =
        WorkerSettings { owner: "batea".to_owned(), max_records: MAX_BATCH, longest: LONGEST_BATCH };
    let subscription = Box::new(store.log.subscription());
    let worker = Worker::new(subscription, projection, secret.clone(), rules, settings);
    lifecycle.task("qualification", worker.run(lifecycle.shutdown()));
    lifecycle.task("policies", filler.run(lifecycle.shutdown()));
    lifecycle.task("clock", announcer.run(lifecycle.shutdown()));
    Ok(())
}

/// The servers: one for everything, or a second one for operators. The first is the one to tell of.
fn listen(
    args: &ServeArgs,
    installation: &Installation,
    store: &Store,
    draining: Shutdown,
    (health, metrics): (&Health, &Metrics),
) -> Result<Vec<HttpListener>, StartError> {
    let Installation { company, keys, secret, clock, .. } = installation;
    let ingest = Ingest::new(
        Arc::clone(&store.appender),
        company.ingest.clone(),
        keys.clone(),
        secret.clone(),
        *clock,
    );
    let (ingest, query) =
        (ingest::configure(ingest), query::configure(reads(installation, store, draining)?));
    let (health, metrics) = (health.clone(), metrics.clone());
    let operators = move |cfg: &mut _| {
        health.configure(cfg);
        metrics.configure(cfg);
    };
    let apart = args.listen.admin_listen.as_ref();
    let beside = apart.is_none().then(|| operators.clone());
    let everything = server::listen("http", &args.listen.listen, move |cfg| {
        ingest(cfg);
        query(cfg);
        if let Some(operators) = &beside {
            operators(cfg);
        }
    })?;
    tracing::info!(address = %everything.address(), "listening");
    let mut listeners = vec![everything];
    if let Some(address) = apart {
        let listener: Result<_, ListenError> = server::listen("admin", address, operators);
        let listener = listener?;
        tracing::info!(address = %listener.address(), "listening for operators");
        listeners.push(listener);
    }
    Ok(listeners)
}

fn reads(installation: &Installation, store: &Store, draining: Shutdown) -> Result<QueryState, StartError> {
    Ok(QueryState {
        reader: store.reader.clone(),
        status: store.reader.clone(),
        keys: installation.keys.clone(),
        clock: installation.clock,
        cursors: query::cursor_key(&installation.secret),
        region: installation.company.ingest.region().map(str::to_owned),
        draining,
        segments: Arc::new(installation.company.segments.clone()),
        document: contract::document()?.into(),
    })
}

fn greet(installation: &Installation, listeners: &[HttpListener]) -> io::Result<()> {
    let Some(listener) = listeners.first() else { return Ok(()) };
    let Kept { secret, is_new } = &installation.admin_key;
    let greeting = Greeting {
        address: listener.address(),
        admin_key_path: installation.folder.admin_key_path(),
        fresh_admin_key: is_new.then_some(secret),
        form: installation.company.ingest.form_names().next(),
    };
    let mut stdout = io::stdout().lock();
    stdout.write_all(greeting.text().as_bytes())?;
    stdout.flush()
}
