//! The servers of distributed tests: a database and a topic of a test's own on the servers that the environment names,
//! or whole servers of a test's own, to be stopped and killed.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use event_log::kafka::{self, KafkaSettings};
use uuid::Uuid;

use super::process::{Leftover, Program, eventually, run, setting};

/// Where Kafka listens.
const KAFKA: &str = "BATEA_TEST_KAFKA";
/// The URL of a PostgreSQL role that may create databases.
const POSTGRES: &str = "BATEA_TEST_POSTGRES";
/// Debian's account for PostgreSQL, which refuses to run as root.
const ACCOUNT: &str = "postgres";

fn required(name: &str) -> String {
    setting(name)
        .unwrap_or_else(|| panic!("{name} is not set; `cargo xtask test` starts the servers and sets it"))
}

/// The Kafka that the environment names.
pub(crate) fn kafka() -> String {
    required(KAFKA)
}

/// A name that nothing else has.
pub(crate) fn fresh_name() -> String {
    format!("batea_test_{}", Uuid::now_v7().simple())
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port()
}

/// A database of a test's own; dropped with this.
#[derive(Debug)]
pub(crate) struct Database {
    server: String,
    name: String,
    _leftover: Leftover,
}

impl Database {
    /// A fresh database on the server that the environment names.
    pub(crate) fn create() -> Self {
        Self::create_on(&required(POSTGRES))
    }

    pub(crate) fn create_on(server: &str) -> Self {
        let name = fresh_name();
        psql(server, &format!("CREATE DATABASE {name}"));
        let drop =
            format!("{} '{server}' -c 'DROP DATABASE {name} WITH (FORCE)'", programs("psql").display());
        Self { server: server.to_owned(), name, _leftover: Leftover::new(&drop) }
    }

    pub(crate) fn url(&self) -> String {
        let (server, database) = self.server.rsplit_once('/').unwrap();
        let options = database.split_once('?').map(|(_, options)| format!("?{options}")).unwrap_or_default();
        format!("{server}/{}{options}", self.name)
    }

    /// What a statement answers: a line per row, columns separated by `|`.
    pub(crate) fn ask(&self, statement: &str) -> String {
        psql(&self.url(), statement)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // The server may be one of the test's own, and gone.
        let mut psql = Command::new(programs("psql"));
        psql.arg(&self.server).args(["-qc", &format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name)]);
        drop(psql.stdin(Stdio::null()).output());
    }
}

/// A topic of a test's own, which ingest makes; deleted with this.
#[derive(Debug)]
pub(crate) struct Topic(KafkaSettings);

impl Topic {
    /// A fresh name on this broker.
    pub(crate) fn on(broker: &str) -> Self {
        let mut settings = KafkaSettings::new(broker);
        settings.topic = fresh_name();
        Self(settings)
    }

    pub(crate) fn name(&self) -> &str {
        &self.0.topic
    }

    /// Makes it, as ingest or an operator would.
    pub(crate) fn create(&self) {
        assert_eq!(runtime().block_on(kafka::ensure_topic(&self.0, true)), Ok(self.0.partitions));
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

impl Drop for Topic {
    fn drop(&mut self) {
        // The broker may be one of the test's own, and gone.
        drop(runtime().block_on(kafka::delete_topic(&self.0)));
    }
}

fn psql(url: &str, statement: &str) -> String {
    let mut psql = Command::new(programs("psql"));
    psql.arg(url).args(["-qAtX", "-v", "ON_ERROR_STOP=1", "-c", statement]);
    String::from_utf8(run(&mut psql).stdout).unwrap()
}

/// A program of PostgreSQL: of the newest version that Debian has, or in the search path.
fn programs(name: &str) -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let installed =
        versions.map(|version| version.path().join("bin").join(name)).filter(|path| path.is_file());
    installed.max().unwrap_or_else(|| PathBuf::from(name))
}

/// A PostgreSQL server of a test's own.
#[derive(Debug)]
pub(crate) struct Postgres {
    folder: PathBuf,
    port: u16,
    _leftover: Leftover,
}

impl Postgres {
    /// Starts a fresh server with these settings.
    pub(crate) fn start(settings: &str) -> Self {
        assert!(programs("initdb").is_file(), "PostgreSQL is not installed; `cargo xtask test` does that");
        // Not in the test's folder: the server's account may not be allowed to enter that.
        let folder = Path::new("/var/tmp").join(fresh_name());
        fs::create_dir(&folder).unwrap();
        if is_root() {
            run(Command::new("chown").arg(ACCOUNT).arg(&folder));
        }
        let data = folder.join("data");
        run(as_account("initdb").arg("-D").arg(&data).args([
            "-U",
            ACCOUNT,
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
        ]));
        let file = data.join("postgresql.conf");
        let text = fs::read_to_string(&file).unwrap();
        fs::write(
            &file,
            format!("{text}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\n{settings}\n"),
        )
        .unwrap();
        let end = format!("kill -KILL $(head -1 {0}/data/postmaster.pid); rm -rf {0}", folder.display());
        let server = Self { folder, port: free_port(), _leftover: Leftover::new(&end) };
        server.up();
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres://{ACCOUNT}@127.0.0.1:{}/postgres", self.port)
    }

    /// Starts it again.
    pub(crate) fn up(&self) {
        let mut start = self.pg_ctl("start");
        start
            .args(["-w", "-t", "60", "-o", &format!("-p {}", self.port), "-l"])
            .arg(self.folder.join("server.log"));
        // The server inherits these; as pipes they would keep a reader waiting.
        let status = start.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        let log = || fs::read_to_string(self.folder.join("server.log")).unwrap_or_default();
        assert!(status.success(), "PostgreSQL does not start\n{}", log());
    }

    /// Stops it in order: connections are cut, nothing is lost.
    pub(crate) fn stop(&self) {
        run(self.pg_ctl("stop").args(["-w", "-m", "fast"]));
    }

    /// Kills every process of it, as a power cut would: what was not written to the log yet is lost.
    pub(crate) fn kill(&self) {
        let id = fs::read_to_string(self.folder.join("data/postmaster.pid")).unwrap();
        let id = id.lines().next().unwrap().to_owned();
        // Stopped first, so that none of its processes ends in order meanwhile. Some may end by themselves.
        let all = format!("kill -STOP {id}; kill -KILL $(cat /proc/{id}/task/{id}/children) {id}; true");
        run(Command::new("sh").args(["-c", &all]));
        eventually("PostgreSQL is dead", Duration::from_secs(10), || {
            let line = Path::new("/proc").join(&id).join("cmdline");
            fs::read(line).map_or(true, |line| line.is_empty()).then_some(())
        });
        // Where nobody collects dead processes, their numbers stay taken, and the next start would wait for this one.
        fs::remove_file(self.folder.join("data/postmaster.pid")).unwrap();
    }

    /// Holds back what is written behind commits that do not wait for it, so that a kill surely loses it.
    pub(crate) fn hold_wal_writer(&self) {
        let id = fs::read_to_string(self.folder.join("data/postmaster.pid")).unwrap();
        let id = id.lines().next().unwrap();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
        let is_writer = |child: &&str| {
            let line = fs::read(format!("/proc/{child}/cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&line).contains("walwriter")
        };
        let writer = children
            .split_whitespace()
            .find(is_writer)
            .expect("a process that writes the log behind commits");
        run(Command::new("sh").args(["-c", &format!("kill -STOP {writer}")]));
    }

    fn pg_ctl(&self, what: &str) -> Command {
        let mut command = as_account("pg_ctl");
        command.arg("-D").arg(self.folder.join("data")).arg(what);
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.pg_ctl("stop").args(["-w", "-m", "immediate"]).output());
        drop(fs::remove_dir_all(&self.folder));
    }
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

fn as_account(name: &str) -> Command {
    let program = programs(name);
    let mut command = if is_root() { Command::new("runuser") } else { Command::new(&program) };
    if is_root() {
        command.args(["-u", ACCOUNT, "--"]).arg(program);
    }
    command.current_dir("/");
    command
}

/// A Kafka broker of a test's own.
#[derive(Debug)]
pub(crate) struct Kafka {
    folder: tempfile::TempDir,
    port: u16,
    broker: Option<Program>,
}

impl Kafka {
    /// Starts a fresh broker.
    pub(crate) fn start() -> Self {
        assert!(libs().is_dir(), "Kafka's jars are not there; `cargo xtask test` fetches them");
        let folder = tempfile::tempdir().unwrap();
        let kafka = Self { folder, port: free_port(), broker: None };
        let template = fs::read_to_string(root().join("deploy/dev/kafka/server.properties")).unwrap();
        let text = template
            .replace("@PORT@", &kafka.port.to_string())
            .replace("@CONTROLLER_PORT@", &free_port().to_string())
            .replace("@DATA@", &kafka.folder.path().join("data").to_string_lossy());
        fs::write(kafka.settings(), text).unwrap();
        let id = run(&mut kafka.java("kafka.tools.StorageTool", &["random-uuid"])).stdout;
        let id = String::from_utf8(id).unwrap();
        let settings = kafka.settings();
        let format = ["format", "-t", id.trim(), "-c", settings.to_str().unwrap()];
        run(&mut kafka.java("kafka.tools.StorageTool", &format));
        kafka.up()
    }

    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Starts the broker, and waits until it serves.
    #[must_use]
    pub(crate) fn up(mut self) -> Self {
        let settings = self.settings();
        let mut command = self.java("kafka.Kafka", &[settings.to_str().unwrap()]);
        let mut broker = Program::start("kafka", &mut command, self.folder.path());
        broker.wait_for("serves", |log| log.contains("Kafka Server started").then_some(()));
        self.broker = Some(broker);
        self
    }

    /// Kills the broker; its data stays.
    pub(crate) fn kill(&mut self) {
        self.broker.take().unwrap().kill();
    }

    fn settings(&self) -> PathBuf {
        self.folder.path().join("server.properties")
    }

    fn java(&self, class: &str, arguments: &[&str]) -> Command {
        let logging = root().join("deploy/dev/kafka/log4j2.properties");
        let mut java = Command::new("java");
        java.args(["-Xmx384m", "-XX:TieredStopAtLevel=1"]);
        java.arg(format!("-Dlog4j2.configurationFile={}", logging.display()))
            .arg("-cp")
            .arg(libs().join("*"));
        java.arg(class).args(arguments).current_dir(self.folder.path());
        java
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn libs() -> PathBuf {
    root().join(".dev/kafka/libs")
}
