//! The whole product, started for a test in one of its two modes, and typed calls to it.

use std::fs;
use std::net::SocketAddr;
use std::panic;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::facts::CANARY;
use super::http::{Answer, Request};
use super::process::{Leftover, Program, program, run};
use super::servers::{self, Database, Topic};

/// Alike in all services and runs, so that ids can be compared.
pub(crate) const IDENTITY_SECRET: &str = "the identity secret of all black-box tests";
/// May do everything.
pub(crate) const ADMIN_KEY: &str = "the-admin-key-of-all-black-box-tests";
/// How long a position may take until the read model has it, on a busy machine.
pub(crate) const PROJECTED: Duration = Duration::from_secs(60);

/// Whether the product runs as one process, or as services over Kafka and PostgreSQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Embedded,
    Distributed,
}

/// How an app is to be started.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    mode: Mode,
    environment: Vec<(String, String)>,
    workers: usize,
    kafka: Option<String>,
    postgres: Option<String>,
}

impl Setup {
    pub(crate) fn new(mode: Mode) -> Self {
        Self { mode, environment: Vec::new(), workers: 1, kafka: None, postgres: None }
    }

    pub(crate) fn set(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The instant at which the clock starts.
    pub(crate) fn clock(self, instant: &str) -> Self {
        self.set("BATEA_CLOCK", instant)
    }

    /// How many qualification processes share the partitions.
    pub(crate) fn workers(mut self, workers: usize) -> Self {
        self.workers = workers;
        self
    }

    /// The address of a Kafka of the test's own.
    pub(crate) fn kafka(mut self, address: &str) -> Self {
        self.kafka = Some(address.to_owned());
        self
    }

    /// The URL of a PostgreSQL of the test's own.
    pub(crate) fn postgres(mut self, url: &str) -> Self {
        self.postgres = Some(url.to_owned());
        self
    }

    pub(crate) fn start(self) -> App {
        App::start(self)
    }
}

/// The running product.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) mode: Mode,
    workers: usize,
    folder: TempDir,
    environment: Mutex<Vec<(String, String)>>,
    programs: Mutex<Vec<Running>>,
    database: Option<Database>,
    _topic: Option<Topic>,
    _leftover: Leftover,
}

/// A program, and where it listens.
#[derive(Debug)]
struct Running {
    program: Program,
    /// The name under which it was started; unique in the app.
    name: String,
    service: Option<SocketAddr>,
    operators: SocketAddr,
}

/// Also after a test failed while it held the lock: the others go on.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The binary behind a name such as `batea-qualification.2`.
fn binary(name: &str) -> &str {
    name.split('.').next().unwrap()
}

impl App {
    fn start(setup: Setup) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::copy(fixture_path("batea.yaml"), folder.path().join("batea.yaml")).unwrap();
        let mut environment = vec![
            ("BATEA_CONFIG".to_owned(), folder.path().join("batea.yaml").display().to_string()),
            ("BATEA_IDENTITY_SECRET".to_owned(), IDENTITY_SECRET.to_owned()),
            ("BATEA_ADMIN_KEY".to_owned(), ADMIN_KEY.to_owned()),
            ("BATEA_LOG_FORMAT".to_owned(), "json".to_owned()),
            ("BATEA_LISTEN".to_owned(), "127.0.0.1:0".to_owned()),
        ];
        let (database, topic) = match setup.mode {
            Mode::Embedded => (None, None),
            Mode::Distributed => distributed(&setup, &mut environment),
        };
        environment.extend(setup.environment);
        let leftover = Leftover::new(&format!("rm -rf {}", folder.path().display()));
        let app = Self {
            mode: setup.mode,
            workers: setup.workers,
            folder,
            environment: Mutex::new(environment),
            programs: Mutex::new(Vec::new()),
            database,
            _topic: topic,
            _leftover: leftover,
        };
        if app.mode == Mode::Distributed {
            run(&mut app.command("batea-qualification", &["migrate"]));
        }
        app.launch_all();
        app
    }

    /// Starts what does not run, and waits until all is ready.
    pub(crate) fn launch_all(&self) {
        let workers = (1..=self.workers).map(|worker| format!("batea-qualification.{worker}"));
        let all: Vec<String> = match self.mode {
            Mode::Embedded => vec!["batea".to_owned()],
            // Ingest first: it makes the topic that the others wait for.
            Mode::Distributed => {
                ["batea-ingest", "batea-query"].map(str::to_owned).into_iter().chain(workers).collect()
            }
        };
        let running = self.names();
        for name in all.iter().filter(|name| !running.contains(name)) {
            self.launch(name);
            self.wait_until_ready();
        }
    }

    /// Starts a program of the product and waits until it listens.
    pub(crate) fn launch(&self, name: &str) {
        let mut command = self.command(binary(name), &[]);
        let mut program = Program::start(name, &mut command, self.folder.path());
        let log = |message: &str, program: &mut Program| program.address(message);
        let (service, operators) = match binary(name) {
            "batea" => {
                let address = log("listening", &mut program);
                (Some(address), address)
            }
            "batea-ingest" => {
                (Some(log("listening for facts", &mut program)), log("listening for operators", &mut program))
            }
            "batea-query" => {
                (Some(log("listening for reads", &mut program)), log("listening for operators", &mut program))
            }
            _ => (None, log("listening for operators", &mut program)),
        };
        self.programs().push(Running { program, name: name.to_owned(), service, operators });
    }

    /// A program of the product with the settings of this app.
    pub(crate) fn command(&self, name: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program(name));
        command.args(arguments).current_dir(self.folder.path());
        // Only what is set here counts, whatever the shell of the tests has.
        let path = |name: &&str| ["PATH", "HOME", "TMPDIR", "RUST_BACKTRACE"].contains(name);
        command.env_clear().envs(std::env::vars().filter(|(name, _)| path(&name.as_str())));
        command.envs(lock(&self.environment).iter().map(|(name, value)| (name, value)));
        if self.mode == Mode::Embedded {
            command.env("BATEA_DATA", self.data());
        } else {
            command.env("BATEA_ADMIN_LISTEN", "127.0.0.1:0");
        }
        command
    }

    fn programs(&self) -> MutexGuard<'_, Vec<Running>> {
        lock(&self.programs)
    }

    /// The embedded server's data.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A place for files of the test.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn database(&self) -> &Database {
        self.database.as_ref().expect("an app in distributed mode")
    }

    /// A setting that the app gave to its programs.
    pub(crate) fn setting(&self, name: &str) -> String {
        lock(&self.environment).iter().rev().find(|(known, _)| known == name).unwrap().1.clone()
    }

    /// Changes a setting for programs that are started from now on.
    pub(crate) fn set(&self, name: &str, value: &str) {
        lock(&self.environment).push((name.to_owned(), value.to_owned()));
    }

    /// Kills a program at once, as a power cut would.
    pub(crate) fn kill(&self, name: &str) {
        let mut running = self.take(name);
        running.program.kill();
        self.remember(running);
    }

    pub(crate) fn signal(&self, name: &str, signal: &str) {
        self.programs().iter().find(|running| running.name == name).unwrap().program.signal(signal);
    }

    /// Asks a program to end, which it must do in time and well.
    #[track_caller]
    pub(crate) fn stop(&self, name: &str) {
        let mut running = self.take(name);
        let status = running.program.stop();
        assert!(status.success(), "{name}: {status}\n{}", running.program.log());
        self.remember(running);
    }

    /// Asks all programs to end, the first in the flow first.
    #[track_caller]
    pub(crate) fn stop_all(&self) {
        for name in self.names() {
            self.stop(&name);
        }
    }

    /// The names of the running programs.
    pub(crate) fn names(&self) -> Vec<String> {
        self.programs().iter().map(|running| running.name.clone()).collect()
    }

    fn take(&self, name: &str) -> Running {
        let mut programs = self.programs();
        let index = programs.iter().position(|running| running.name == name).expect("a running program");
        programs.remove(index)
    }

    /// What a program printed is looked at when the test ends.
    fn remember(&self, running: Running) {
        check_log(&running.program);
    }

    /// The service that takes facts.
    pub(crate) fn ingest(&self) -> SocketAddr {
        self.service(&["batea", "batea-ingest"])
    }

    /// The service that answers reads.
    pub(crate) fn query(&self) -> SocketAddr {
        self.service(&["batea", "batea-query"])
    }

    fn service(&self, names: &[&str]) -> SocketAddr {
        let programs = self.programs();
        programs.iter().find(|running| names.contains(&running.name.as_str())).unwrap().service.unwrap()
    }

    /// Where each program answers operators.
    pub(crate) fn operators(&self) -> Vec<(String, SocketAddr)> {
        self.programs().iter().map(|running| (running.name.clone(), running.operators)).collect()
    }

    fn wait_until_ready(&self) {
        for running in self.programs().iter_mut() {
            let address = running.operators;
            running.program.wait_for("is ready", |_| {
                Request::get("/readyz").send(address).ok().filter(|answer| answer.status == 200)
            });
        }
    }

    /// All that the running programs printed.
    pub(crate) fn logs(&self) -> String {
        self.programs().iter().map(|running| running.program.log()).collect()
    }

    /// All rows as canonical JSON lines. The embedded server must have ended.
    pub(crate) fn dump(&self) -> String {
        let dump = match self.mode {
            Mode::Embedded => run(&mut self.command("batea", &["dump"])),
            Mode::Distributed => run(&mut self.command("batea-qualification", &["dump"])),
        };
        String::from_utf8(dump.stdout).unwrap()
    }

    /// Ends the app in order, and gives its rows.
    pub(crate) fn into_dump(self) -> String {
        self.stop_all();
        self.dump()
    }
}

/// A fresh topic and a fresh database, as settings.
fn distributed(setup: &Setup, environment: &mut Vec<(String, String)>) -> (Option<Database>, Option<Topic>) {
    let database = setup.postgres.as_deref().map_or_else(Database::create, Database::create_on);
    let brokers = setup.kafka.clone().unwrap_or_else(servers::kafka);
    let topic = Topic::on(&brokers);
    let settings = [
        ("KAFKA_BROKERS", brokers),
        ("DATABASE_URL", database.url()),
        ("BATEA_GROUP", topic.name().to_owned()),
        ("BATEA_TOPIC", topic.name().to_owned()),
        ("BATEA_CREATE_TOPICS", "true".to_owned()),
        // A hand-over after a kill waits for this.
        ("KAFKA_SESSION_TIMEOUT_MS", "6000".to_owned()),
    ];
    environment.extend(settings.map(|(name, value)| (name.to_owned(), value)));
    (Some(database), Some(topic))
}

/// Nothing personal may stand in what a program printed.
fn check_log(program: &Program) {
    let log = program.log();
    let found = log.lines().find(|line| line.to_lowercase().contains(CANARY));
    if let Some(line) = found.filter(|_| !thread::panicking()) {
        panic!("{} logged personal data: {line}", program.name());
    }
}

impl Drop for App {
    fn drop(&mut self) {
        // They end before the folder, the database and the topic they work on are gone.
        for running in self.programs.get_mut().unwrap_or_else(PoisonError::into_inner).drain(..) {
            check_log(&running.program);
        }
    }
}

/// One app per mode for all tests that only need some app. It lives as long as the test process.
pub(crate) fn shared(mode: Mode) -> &'static App {
    static EMBEDDED: OnceLock<Option<App>> = OnceLock::new();
    static DISTRIBUTED: OnceLock<Option<App>> = OnceLock::new();
    let app = match mode {
        Mode::Embedded => &EMBEDDED,
        Mode::Distributed => &DISTRIBUTED,
    };
    // One try: if it fails, every test would wait for it in vain.
    let app = app.get_or_init(|| panic::catch_unwind(|| Setup::new(mode).start()).ok());
    app.as_ref().expect("the app that tests share, whose start failed in another test")
}

fn fixture_path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

/// A file of `fixtures/`.
pub(crate) fn fixture(name: &str) -> String {
    fs::read_to_string(fixture_path(name)).unwrap()
}

// Calls.
impl App {
    /// Posts a body to `/v1/events` with the key of the CRM.
    pub(crate) fn post(&self, content_type: &str, body: impl Into<Vec<u8>>) -> Answer {
        self.send(Request::post("/v1/events", content_type, body).key("secret-of-crm"))
    }

    /// Sends a request to ingest.
    pub(crate) fn send(&self, request: Request) -> Answer {
        request.send(self.ingest()).unwrap()
    }

    /// Posts one fact, which must be recorded.
    #[track_caller]
    pub(crate) fn post_fact(&self, fact: &Value) -> Value {
        self.post("application/json", fact.to_string()).expect(202).json()
    }

    /// Posts several facts in one array, all of which must be recorded. Gives their position.
    #[track_caller]
    pub(crate) fn post_facts(&self, facts: &[Value]) -> String {
        let answer = self.post("application/json", json!(facts).to_string()).expect(202).json();
        assert_eq!(answer["rejected"], json!([]));
        assert_eq!(answer["accepted"].as_array().map(Vec::len), Some(facts.len()));
        answer["position"].as_str().unwrap().to_owned()
    }

    /// Reads with the admin key.
    pub(crate) fn get(&self, path: &str) -> Answer {
        Request::get(path).key(ADMIN_KEY).send(self.query()).unwrap()
    }

    /// Reads what there is once the read model has come to a position.
    #[track_caller]
    pub(crate) fn get_at(&self, path: &str, position: &str) -> Answer {
        let separator = if path.contains('?') { '&' } else { '?' };
        let path = format!("{path}{separator}min_position={position}");
        let deadline = Instant::now() + PROJECTED;
        loop {
            let answer = self.get(&path);
            // A 409 comes after the two seconds that the server waited.
            if answer.status != 409 {
                return answer;
            }
            assert!(
                Instant::now() < deadline,
                "position {position} is not reached; the log:\n{}",
                self.logs()
            );
        }
    }

    /// Waits until the read model has come to a position.
    #[track_caller]
    pub(crate) fn projected(&self, position: &str) {
        self.get_at("/v1/leads?limit=1", position).expect(200);
    }

    /// All leads that a query string asks for, through all pages.
    #[track_caller]
    pub(crate) fn leads(&self, query: &str) -> Vec<Value> {
        self.pages(&format!("/v1/leads?{query}"))
    }

    /// All rows of a list, through all pages.
    #[track_caller]
    pub(crate) fn pages(&self, path: &str) -> Vec<Value> {
        let (mut rows, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = self.get(&format!("{path}{cursor}")).expect(200).json();
            rows.extend(page["data"].as_array().unwrap().iter().cloned());
            let Some(next) = page["next_cursor"].as_str() else { return rows };
            let separator = if path.contains('?') { '&' } else { '?' };
            cursor = format!("{separator}cursor={next}");
        }
    }

    /// The one lead with this e-mail.
    #[track_caller]
    pub(crate) fn lead_of(&self, email: &str) -> Value {
        let leads = self.leads(&format!("email={}", super::http::encoded(email)));
        assert_eq!(leads.len(), 1, "{leads:?}");
        leads.into_iter().next().unwrap()
    }
}
