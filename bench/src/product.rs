//! The product's own binaries, started as an operator would.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::Outcome;
use crate::args::{BlockArgs, KafkaArgs};
use crate::machine::version_of;
use crate::process::{Process, free_address};
use crate::records::SECRET;

/// The admin key of all installations that are measured.
pub(crate) const KEY: &str = "bench-admin-key-of-no-value-0123456789";

/// A running process of the product.
#[derive(Debug)]
pub(crate) struct Service {
    /// The process.
    pub(crate) process: Process,
    /// Where it serves.
    pub(crate) address: SocketAddr,
    /// Where /readyz and /metrics are.
    pub(crate) admin: SocketAddr,
    /// Where it runs and keeps what it keeps; gone with this value.
    pub(crate) folder: TempDir,
}

/// The embedded server, with fresh data.
///
/// # Errors
/// When it does not become ready.
pub(crate) fn embedded(args: &BlockArgs) -> Outcome<Service> {
    embedded_by(Starter::new(args, "batea")?)
}

/// The embedded server, with the data of an earlier one.
///
/// # Errors
/// When it does not become ready.
pub(crate) fn embedded_in(args: &BlockArgs, folder: TempDir) -> Outcome<Service> {
    embedded_by(Starter::within(args, "batea", folder)?)
}

fn embedded_by(mut service: Starter) -> Outcome<Service> {
    let data = service.folder.path().join("data");
    service.command.env("BATEA_DATA", data).env("BATEA_LISTEN", service.address.to_string());
    service.start()
}

/// Ingest over Kafka.
///
/// # Errors
/// When it does not become ready.
pub(crate) fn ingest(args: &BlockArgs, kafka: &KafkaArgs, topic: &str) -> Outcome<Service> {
    let mut service = Starter::new(args, "batea-ingest")?;
    service.command.env("BATEA_LISTEN", service.address.to_string());
    service.on_kafka(kafka, topic);
    service.start()
}

/// Qualification from Kafka into PostgreSQL.
///
/// # Errors
/// When it does not become ready.
pub(crate) fn qualification(
    args: &BlockArgs,
    kafka: &KafkaArgs,
    topic: &str,
    database: &str,
) -> Outcome<Service> {
    let mut service = Starter::new(args, "batea-qualification")?;
    service
        .command
        .env("DATABASE_URL", database)
        .env("BATEA_GROUP", format!("bench-{}", uuid::Uuid::now_v7()));
    service.on_kafka(kafka, topic);
    service.start()
}

/// Query over PostgreSQL, at the end of the time of the dated facts, with this configuration file.
///
/// # Errors
/// When it does not become ready.
pub(crate) fn query(args: &BlockArgs, database: &str, config: &str) -> Outcome<Service> {
    let mut service = Starter::new(args, "batea-query")?;
    let file = service.folder.path().join("batea.yaml");
    std::fs::write(&file, config)?;
    service.command.env("DATABASE_URL", database).env("BATEA_CONFIG", file);
    service
        .command
        .env("BATEA_LISTEN", service.address.to_string())
        .env("BATEA_CLOCK", "2026-06-01T00:00:00Z");
    service.start()
}

/// Brings a database to the product's schema.
///
/// # Errors
/// When the command fails.
pub(crate) fn migrate(args: &BlockArgs, database: &str) -> Outcome<()> {
    let binary = binary(args, "batea-qualification")?;
    let output = Command::new(binary).arg("migrate").env("DATABASE_URL", database).output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("cannot migrate: {}", String::from_utf8_lossy(&output.stderr)).into())
}

/// Which product is measured.
pub(crate) fn version(args: &BlockArgs, name: &str) -> String {
    version_of(&args.binaries.join(name))
}

struct Starter {
    command: Command,
    address: SocketAddr,
    admin: SocketAddr,
    folder: TempDir,
}

impl Starter {
    fn new(args: &BlockArgs, name: &str) -> Outcome<Self> {
        Self::within(args, name, tempfile::tempdir_in(std::path::absolute(&args.folder)?)?)
    }

    fn within(args: &BlockArgs, name: &str, folder: TempDir) -> Outcome<Self> {
        let (address, admin) = (free_address()?, free_address()?);
        let mut command = Command::new(binary(args, name)?);
        // The caller's own environment must not change what is measured.
        command.env_clear().current_dir(folder.path());
        command.env("BATEA_ADMIN_LISTEN", admin.to_string()).env("BATEA_LOG_FORMAT", "json");
        command.env("BATEA_ADMIN_KEY", KEY).env("BATEA_IDENTITY_SECRET", SECRET);
        Ok(Self { command, address, admin, folder })
    }

    fn on_kafka(&mut self, kafka: &KafkaArgs, topic: &str) {
        self.command.env("KAFKA_BROKERS", &kafka.brokers).env("BATEA_TOPIC", topic);
        for (name, value) in kafka.settings() {
            self.command.env(format!("KAFKA_{}", name.replace('.', "_").to_uppercase()), value);
        }
    }

    fn start(mut self) -> Outcome<Service> {
        let log = self.folder.path().join("log");
        let mut process = Process::start(&mut self.command, &log)?;
        let ready = process.until_ready(self.admin, "/readyz");
        ready.map_err(|error| format!("{error}\n{}", end_of(&log)))?;
        Ok(Service { process, address: self.address, admin: self.admin, folder: self.folder })
    }
}

fn binary(args: &BlockArgs, name: &str) -> Outcome<PathBuf> {
    let path = std::path::absolute(args.binaries.join(name))?;
    if path.is_file() { Ok(path) } else { Err(format!("{} is not built", path.display()).into()) }
}

/// The last lines of a log.
fn end_of(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(10)..].join("\n")
}
