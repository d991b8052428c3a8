//! Processes under test: started, watched by their `stat` in procfs, stopped.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::Outcome;
use crate::pause::pause;

/// Of times in procfs: fixed at 100 per second for user space.
const TICKS_PER_SECOND: f64 = 100.0;
const START: Duration = Duration::from_secs(20);
const STOP: Duration = Duration::from_secs(15);
const LOOK: Duration = Duration::from_millis(20);

/// A child process that ends with its value.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    name: String,
}

impl Process {
    /// Starts a program; what it logs goes to `log`.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(crate) fn start(command: &mut Command, log: &Path) -> Outcome<Self> {
        let name = Path::new(command.get_program()).display().to_string();
        let log = fs::OpenOptions::new().create(true).append(true).open(log)?;
        let child = command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn();
        Ok(Self { child: child.map_err(|error| format!("{name}: {error}"))?, name })
    }

    /// Its id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it answers 200 at `path`.
    ///
    /// # Errors
    /// When it ends, or does not answer in time.
    pub(crate) fn until_ready(&mut self, address: SocketAddr, path: &str) -> Outcome<()> {
        let deadline = Instant::now() + START;
        while Instant::now() < deadline {
            if let Some(status) = self.child.try_wait()? {
                return Err(format!("{} ended: {status}", self.name).into());
            }
            if crate::ask::get(address, path).is_ok_and(|answer| answer.status == 200) {
                return Ok(());
            }
            pause(LOOK);
        }
        Err(format!("{} is not ready after {START:?}", self.name).into())
    }

    /// Asks it to stop and waits.
    ///
    /// # Errors
    /// When it does not stop in time, or fails.
    pub(crate) fn stop(mut self) -> Outcome<()> {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).ok_or("no process id")?;
        kill_process(pid, Signal::TERM)?;
        let deadline = Instant::now() + STOP;
        while Instant::now() < deadline {
            match self.child.try_wait()? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => return Err(format!("{} ended: {status}", self.name).into()),
                None => pause(LOOK),
            }
        }
        Err(format!("{} does not stop", self.name).into())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already, and nothing more can be done here.
        if self.child.kill().is_ok() {
            self.child.wait().ok();
        }
    }
}

/// A free port of this machine.
///
/// # Errors
/// When there is none.
pub(crate) fn free_address() -> Outcome<SocketAddr> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?)
}

/// CPU seconds of a process so far; 0 when it is gone.
pub(crate) fn cpu_seconds(pid: u32) -> f64 {
    cpu_fields(pid).map_or(0.0, |fields| (fields[0] + fields[1]) / TICKS_PER_SECOND)
}

/// CPU seconds of a process and of its children that ended.
pub(crate) fn cpu_seconds_with_children(pid: u32) -> f64 {
    cpu_fields(pid).map_or(0.0, |fields| fields.iter().sum::<f64>() / TICKS_PER_SECOND)
}

/// User and system time, of itself and of its children that ended.
fn cpu_fields(pid: u32) -> Option<[f64; 4]> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, which may hold anything, ends with the last bracket.
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split(' ').skip(11).map(|field| field.parse().unwrap_or(0.0));
    Some([fields.next()?, fields.next()?, fields.next()?, fields.next()?])
}

/// The largest resident size of a process so far, in MiB.
pub(crate) fn peak_mib(pid: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kib / 1024.0)
}

/// Kafka and PostgreSQL, as far as they run on this machine.
pub(crate) fn servers() -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    pids.filter(|pid| is_server(*pid)).collect()
}

fn is_server(pid: u32) -> bool {
    let comm = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    if comm.trim() == "postgres" {
        return true;
    }
    let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    comm.trim() == "java" && String::from_utf8_lossy(&command).contains("kafka.Kafka")
}
