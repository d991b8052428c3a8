//! A fresh instance of the product in one of its two modes, gone when this is dropped.

use std::fs::{self, File};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use super::Wanted;
use super::http::Connection;
use crate::dev;
use crate::shell::{self, Outcome};

/// Alike in all runs: ids derive from it.
const IDENTITY_SECRET: &str = "the identity secret of all replays";
const ADMIN_KEY: &str = "the-admin-key-of-all-replays";
/// How long a projection may stand still before this gives up.
const STALLED: Duration = Duration::from_secs(300);

/// The running product.
#[derive(Debug)]
pub(super) struct Instance {
    folder: PathBuf,
    programs: PathBuf,
    settings: Vec<(String, String)>,
    /// The URL of the server, and the name of the database on it.
    database: Option<(String, String)>,
    running: Vec<Child>,
    ingest: Option<Connection>,
    query: Option<SocketAddr>,
}

impl Instance {
    pub(super) fn start(wanted: &Wanted) -> Outcome<Self> {
        build(wanted)?;
        let folder = shell::root().join("target/replay");
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        fs::create_dir_all(&folder)?;
        let profile = if wanted.debug { "debug" } else { "release" };
        let mut instance = Self {
            programs: shell::root().join("target").join(profile),
            settings: settings(wanted, &folder),
            folder,
            database: None,
            running: Vec::new(),
            ingest: None,
            query: None,
        };
        if wanted.distributed {
            instance.prepare_servers()?;
        }
        instance.launch()?;
        Ok(instance)
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A fresh database and a fresh topic.
    fn prepare_servers(&mut self) -> Outcome {
        let server = shell::setting(dev::POSTGRES).map_or_else(dev::start_postgres, Ok)?;
        let kafka = shell::setting(dev::KAFKA).map_or_else(dev::start_kafka, Ok)?;
        let name = format!("batea_replay_{}", std::process::id());
        psql(&server, &format!("DROP DATABASE IF EXISTS {name}"))?;
        psql(&server, &format!("CREATE DATABASE {name}"))?;
        let (host, _) = server.rsplit_once('/').ok_or("the URL of PostgreSQL names no database")?;
        // Never an earlier run's topic under a reused number.
        let topic = format!("{name}_{}", SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis());
        let own = [
            ("DATABASE_URL", format!("{host}/{name}")),
            ("KAFKA_BROKERS", kafka),
            ("BATEA_CREATE_TOPICS", "true".to_owned()),
            ("BATEA_TOPIC", topic.clone()),
            ("BATEA_GROUP", topic),
            ("BATEA_ADMIN_LISTEN", "127.0.0.1:0".to_owned()),
        ];
        self.settings.extend(own.map(|(name, value)| (name.to_owned(), value)));
        self.database = Some((server, name));
        shell::run(&mut self.command("batea-qualification", &["migrate"]))
    }

    fn is_distributed(&self) -> bool {
        self.database.is_some()
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.args(arguments).current_dir(&self.folder).stdin(Stdio::null());
        command.envs(self.settings.iter().map(|(name, value)| (name, value)));
        command
    }

    fn launch(&mut self) -> Outcome {
        let (ingest, query) = if self.is_distributed() {
            let ingest = self.spawn("batea-ingest")?;
            let log = self.folder.join("batea-ingest-0.log");
            // The others end when they find none.
            shell::wait_until("ingest makes the topic", Duration::from_secs(60), || {
                Ok(fs::read_to_string(&log)?.contains("the topic is there"))
            })?;
            self.spawn("batea-qualification")?;
            (ingest, self.spawn("batea-query")?)
        } else {
            let address = self.spawn("batea")?;
            (address, address)
        };
        self.ingest = Some(Connection::open(ingest, ADMIN_KEY)?);
        self.query = Some(query);
        Ok(())
    }

    /// Starts a program and waits until it says where it listens.
    fn spawn(&mut self, program: &str) -> Outcome<SocketAddr> {
        let log = self.folder.join(format!("{program}-{}.log", self.running.len()));
        let mut child =
            self.command(program, &[]).stdout(Stdio::null()).stderr(File::create(&log)?).spawn()?;
        let mut found = None;
        let listens = shell::wait_until(&format!("{program} listens"), Duration::from_secs(60), || {
            found = address(&fs::read_to_string(&log)?, program);
            match child.try_wait()? {
                Some(status) => {
                    Err(format!("{program} ended ({status}); its log is {}", log.display()).into())
                }
                None => Ok(found.is_some()),
            }
        });
        self.running.push(child);
        listens?;
        Ok(found.ok_or("no address")?)
    }

    /// Ends all programs in order, first those that take facts.
    fn stop(&mut self) -> Outcome {
        (self.ingest, self.query) = (None, None);
        for child in &mut self.running {
            shell::run(Command::new("sh").args(["-c", &format!("kill -TERM {}", child.id())]))?;
            let status = child.wait()?;
            if !status.success() {
                return Err(format!("a program did not end well ({status})").into());
            }
        }
        self.running.clear();
        Ok(())
    }

    pub(super) fn restart(&mut self) -> Outcome {
        self.stop()?;
        self.launch()
    }

    /// Posts lines in one request, all of which must be accepted. Gives their position.
    pub(super) fn post(&mut self, lines: &[String]) -> Outcome<String> {
        let connection = self.ingest.as_mut().ok_or("ingest does not run")?;
        let answer = connection.post("/v1/events", "application/x-ndjson", &lines.join("\n"))?;
        let accepted = answer.body["accepted"].as_array().map_or(0, Vec::len);
        if answer.status != 202 || accepted != lines.len() {
            return Err(format!(
                "{accepted} of {} facts accepted: {} {}",
                lines.len(),
                answer.status,
                answer.body
            )
            .into());
        }
        Ok(answer.body["position"].as_str().unwrap_or_default().to_owned())
    }

    pub(super) fn wait_for(&self, position: &str) -> Outcome {
        let path = format!("/v1/leads?limit=1&min_position={position}");
        let mut query = self.reader()?;
        shell::wait_until("all is in the rows", STALLED, || match query.get(&path)?.status {
            200 => Ok(true),
            409 => Ok(false),
            status => Err(format!("query answers {status}").into()),
        })
    }

    /// A new connection for reads: one that is opened too early is closed before it is used.
    pub(super) fn reader(&self) -> Outcome<Connection> {
        Connection::open(self.query.ok_or("query does not run")?, ADMIN_KEY)
    }

    /// Ends the instance, and gives all rows as canonical JSON lines.
    pub(super) fn rows(&mut self) -> Outcome<String> {
        self.stop()?;
        let program = if self.is_distributed() { "batea-qualification" } else { "batea" };
        shell::output(&mut self.command(program, &["dump"]))
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        for child in &mut self.running {
            // Only after a failed step.
            drop(child.kill());
            drop(child.wait());
        }
        if let Some((server, name)) = &self.database {
            drop(psql(server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")));
        }
    }
}

fn build(wanted: &Wanted) -> Outcome {
    let packages: &[&str] = if wanted.distributed {
        &["-p", "ingest", "-p", "qualification", "-p", "query"]
    } else {
        &["-p", "batea"]
    };
    let mut cargo = shell::cargo(&["build", "--bins"]);
    cargo.args(packages);
    if !wanted.debug {
        cargo.arg("--release");
    }
    shell::run(&mut cargo)
}

fn settings(wanted: &Wanted, folder: &Path) -> Vec<(String, String)> {
    let mut settings = vec![
        ("BATEA_LISTEN", "127.0.0.1:0".to_owned()),
        ("BATEA_IDENTITY_SECRET", IDENTITY_SECRET.to_owned()),
        ("BATEA_ADMIN_KEY", ADMIN_KEY.to_owned()),
        ("BATEA_CLOCK", wanted.clock.clone()),
        ("BATEA_LOG_FORMAT", "json".to_owned()),
        ("BATEA_DATA", folder.join("data").display().to_string()),
    ];
    settings.extend(wanted.config.as_ref().map(|file| ("BATEA_CONFIG", file.display().to_string())));
    settings.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The address that a program's log tells; of one with an address for operators alone, that.
fn address(log: &str, program: &str) -> Option<SocketAddr> {
    let message = match program {
        "batea" => "listening",
        "batea-ingest" => "listening for facts",
        "batea-query" => "listening for reads",
        _ => "listening for operators",
    };
    let mut lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let line = lines.rfind(|line| line["message"] == message)?;
    line["address"].as_str()?.parse().ok()
}

fn psql(server: &str, statement: &str) -> Outcome {
    let mut psql = Command::new("psql");
    psql.arg(server).args(["-q", "-v", "ON_ERROR_STOP=1", "-c", statement]).stderr(Stdio::null());
    shell::run(&mut psql)
}
