//! A Kafka broker of our own in `.dev/kafka`: its jars from Maven Central, one node that is its own controller.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::ports;
use crate::shell::{self, Outcome};

const PORT: u16 = 19092;
const CONTROLLER_PORT: u16 = 19093;
/// The broker's own word that it serves; its port is open earlier.
const READY: &str = "Kafka Server started";

pub(super) fn up() -> Outcome<String> {
    if runs() {
        return address();
    }
    fetch_jars()?;
    let port = ports::choose("kafka", PORT)?;
    let controller = ports::choose("kafka-controller", CONTROLLER_PORT)?;
    write_settings(port, controller)?;
    format_storage()?;
    println!("starting Kafka on port {port}");
    start()?;
    address()
}

pub(super) fn down() -> Outcome {
    let Some(pid) = pid() else { return Ok(()) };
    signal("TERM", pid);
    let stopped = shell::wait_until("Kafka stops", Duration::from_secs(20), || Ok(!runs()));
    if stopped.is_err() {
        signal("KILL", pid);
    }
    Ok(())
}

/// The shell's own `kill`: a bare Debian has no program of that name.
fn signal(name: &str, pid: u32) {
    shell::succeeds(Command::new("sh").args(["-c", &format!("kill -{name} {pid}")]));
}

/// Whether the broker of this checkout lives.
pub(super) fn runs() -> bool {
    pid().is_some()
}

pub(super) fn address() -> Outcome<String> {
    Ok(format!("127.0.0.1:{}", ports::of("kafka")?))
}

/// Copies the jars that the pom names, again when the pom changed.
pub(super) fn fetch_jars() -> Outcome {
    let pom = shell::root().join("deploy/dev/kafka/pom.xml");
    let wanted = fs::read_to_string(&pom)?;
    let libs = folder().join("libs");
    let copied = libs.join("pom.xml");
    if fs::read_to_string(&copied).is_ok_and(|copied| copied == wanted) {
        return Ok(());
    }
    println!("fetching Kafka");
    if libs.exists() {
        fs::remove_dir_all(&libs)?;
    }
    let mut maven = Command::new("mvn");
    maven
        .args(["-B", "-q", "-Dstyle.color=never", "-f"])
        .arg(&pom)
        .args(["dependency:copy-dependencies", "-DincludeScope=runtime"]);
    shell::run(maven.arg(format!("-DoutputDirectory={}", libs.display())).stdin(Stdio::null()))?;
    Ok(fs::write(copied, wanted)?)
}

fn write_settings(port: u16, controller: u16) -> Outcome {
    let template = fs::read_to_string(shell::root().join("deploy/dev/kafka/server.properties"))?;
    let text = template
        .replace("@PORT@", &port.to_string())
        .replace("@CONTROLLER_PORT@", &controller.to_string())
        .replace("@DATA@", &data().to_string_lossy());
    fs::create_dir_all(folder())?;
    Ok(fs::write(settings(), text)?)
}

/// Names the cluster, once per data folder.
fn format_storage() -> Outcome {
    if data().join("meta.properties").exists() {
        return Ok(());
    }
    let id = shell::output(&mut java("256m", "kafka.tools.StorageTool", &["random-uuid"]))?;
    let mut format = java("256m", "kafka.tools.StorageTool", &["format", "-t", id.trim(), "-c"]);
    shell::run(format.arg(settings()).stdout(Stdio::null()))
}

fn start() -> Outcome {
    let log = folder().join("server.log");
    let out = File::create(&log)?;
    let mut broker = java("512m", "kafka.Kafka", &[]);
    // A process group of its own: a Ctrl-C at the tests must not take the broker with it.
    broker.arg(settings()).stdin(Stdio::null()).stdout(out.try_clone()?).stderr(out).process_group(0);
    let mut child = broker.spawn().map_err(|e| format!("cannot run java: {e}"))?;
    fs::write(pid_file(), child.id().to_string())?;
    shell::wait_until("Kafka serves", Duration::from_secs(90), || {
        if child.try_wait()?.is_some() {
            return Err(format!("Kafka ended; its log is {}", log.display()).into());
        }
        Ok(fs::read_to_string(&log)?.contains(READY))
    })?;
    let address = address()?;
    shell::wait_until("Kafka answers", Duration::from_secs(60), || {
        let arguments = ["--bootstrap-server", address.as_str(), "--list"];
        Ok(shell::succeeds(&mut java("256m", "org.apache.kafka.tools.TopicCommand", &arguments)))
    })
}

/// The broker's process, if it lives and is the one of this checkout: after a crash the number may be another's.
fn pid() -> Option<u32> {
    let pid: u32 = fs::read_to_string(pid_file()).ok()?.trim().parse().ok()?;
    let line = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    String::from_utf8_lossy(&line).contains(&*settings().to_string_lossy()).then_some(pid)
}

fn java(heap: &str, class: &str, arguments: &[&str]) -> Command {
    let mut java = Command::new("java");
    // One compiler tier starts short tools faster; the broker is no benchmark either.
    java.args([&format!("-Xmx{heap}"), "-XX:+UseG1GC", "-XX:TieredStopAtLevel=1"]);
    java.arg(format!("-Dlog4j2.configurationFile={}", logging().display()));
    java.arg("-cp").arg(folder().join("libs").join("*")).arg(class).args(arguments).current_dir(folder());
    java
}

fn folder() -> PathBuf {
    super::folder().join("kafka")
}

fn data() -> PathBuf {
    folder().join("data")
}

fn settings() -> PathBuf {
    folder().join("server.properties")
}

fn pid_file() -> PathBuf {
    folder().join("kafka.pid")
}

fn logging() -> PathBuf {
    shell::root().join("deploy/dev/kafka/log4j2.properties")
}
