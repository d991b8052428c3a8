//! A PostgreSQL cluster of our own in `.dev/postgres`, started by Debian's programs and never as root.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::ports;
use crate::shell::{self, Outcome};

const PORT: u16 = 15432;
/// Debian's account for the server, which refuses to run as root.
const ACCOUNT: &str = "postgres";
/// Many tests at once, each with pools of its own.
const SETTINGS: &str =
    "listen_addresses = '127.0.0.1'\nunix_socket_directories = ''\nmax_connections = 400\n";

/// The folder of `initdb` and `pg_ctl`, of the newest version that is installed.
pub(super) fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    let folders = versions.flatten().map(|version| version.path().join("bin"));
    let version = |bin: &PathBuf| bin.parent()?.file_name()?.to_str()?.parse::<u32>().ok();
    folders.filter(|bin| bin.join("initdb").is_file()).max_by_key(version)
}

pub(super) fn up() -> Outcome<String> {
    if runs() {
        return url();
    }
    let data = data();
    if !owned_test("-f", &data.join("PG_VERSION")) {
        create_cluster(&data)?;
    }
    let port = ports::choose("postgres", PORT)?;
    println!("starting PostgreSQL on port {port}");
    let mut start = pg_ctl(&data, &["start", "-w", "-t", "60", "-l", &text(&data.join("server.log"))])?;
    // The server inherits these: a pipe that it kept open would keep the caller of xtask waiting.
    start
        .arg("-o")
        .arg(format!("-p {port}"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let started = shell::run(&mut start);
    shell::wait_until("PostgreSQL serves", Duration::from_secs(30), || Ok(runs())).map_err(|e| {
        started.err().map_or_else(|| e.to_string(), |cause| format!("{cause}; {e}; see {}", text(&data)))
    })?;
    url()
}

pub(super) fn down() -> Outcome {
    let data = data();
    if programs().is_none() || !owned_test("-f", &data.join("postmaster.pid")) {
        return Ok(());
    }
    shell::succeeds(&mut pg_ctl(&data, &["stop", "-w", "-m", "fast"])?);
    if runs() { Err("PostgreSQL does not stop".into()) } else { Ok(()) }
}

/// Whether the server of this checkout serves (not merely some server on its port).
pub(super) fn runs() -> bool {
    let Ok(port) = ports::of("postgres") else { return false };
    let Ok(mut status) = pg_ctl(&data(), &["status"]) else { return false };
    let Some(bin) = programs() else { return false };
    shell::succeeds(&mut status)
        && shell::succeeds(Command::new(bin.join("pg_isready")).args([
            "-q",
            "-h",
            "127.0.0.1",
            "-p",
            &port.to_string(),
        ]))
}

pub(super) fn url() -> Outcome<String> {
    Ok(format!("postgres://{ACCOUNT}@127.0.0.1:{}/postgres", ports::of("postgres")?))
}

fn create_cluster(data: &Path) -> Outcome {
    fs::create_dir_all(data)?;
    if shell::is_root() {
        shell::run(Command::new("chown").arg(ACCOUNT).arg(data))?;
    }
    let bin = programs().ok_or("PostgreSQL's server programs are not installed")?;
    let mut initdb = as_account(&bin.join("initdb"));
    initdb.arg("-D").arg(data).args(["-U", ACCOUNT, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]);
    shell::run(initdb.stdout(Stdio::null()))?;
    let file = data.join("postgresql.conf");
    let settings = fs::read_to_string(&file)?;
    Ok(fs::write(&file, settings + SETTINGS)?)
}

fn pg_ctl(data: &Path, arguments: &[&str]) -> Outcome<Command> {
    let bin = programs().ok_or("PostgreSQL's server programs are not installed")?;
    let mut command = as_account(&bin.join("pg_ctl"));
    command.arg("-D").arg(data).args(arguments);
    Ok(command)
}

/// A command as the server's account, in a folder that this account may enter.
fn as_account(program: &Path) -> Command {
    let mut command = if shell::is_root() { Command::new("runuser") } else { Command::new(program) };
    if shell::is_root() {
        command.args(["-u", ACCOUNT, "--"]).arg(program);
    }
    command.current_dir("/");
    command
}

/// A test of `test`, asked as the server's account, which alone may look into its folder.
fn owned_test(what: &str, path: &Path) -> bool {
    shell::succeeds(as_account(Path::new("test")).arg(what).arg(path))
}

/// Where the cluster lies: in `.dev`, or beside the system's other data where the server's account cannot reach this checkout.
fn data() -> PathBuf {
    let inside = super::folder().join("postgres");
    if !shell::is_root() || owned_test("-x", &shell::root()) {
        return inside;
    }
    let name = text(&shell::root()).replace('/', "-");
    PathBuf::from("/var/tmp").join(format!("batea-dev{name}")).join("postgres")
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
