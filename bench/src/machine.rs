//! Where the figures come from: the machine, and how busy it is.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use serde::Serialize;

use crate::process::{cpu_seconds, cpu_seconds_with_children, servers};

const TICKS_PER_SECOND: f64 = 100.0;

/// What stands above every table.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Machine {
    cpu: String,
    cores: usize,
    memory_mib: u64,
    kernel: String,
    rustc: String,
    commit: String,
    librdkafka: String,
    sqlite: &'static str,
    load_average: String,
}

impl Machine {
    /// This machine, now.
    pub(crate) fn here() -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let cpuinfo = read("/proc/cpuinfo");
        let cpu = cpuinfo.lines().find(|line| line.starts_with("model name"));
        let memory = read("/proc/meminfo").split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok());
        Self {
            cpu: cpu
                .and_then(|line| line.split_once(": "))
                .map_or_else(String::new, |(_, name)| name.to_owned()),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            memory_mib: memory.unwrap_or_default() / 1024,
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
            rustc: said("rustc", &["--version"]),
            commit: said("git", &["describe", "--always", "--dirty", "--abbrev=12"]),
            librdkafka: rdkafka::util::get_rdkafka_version().1,
            sqlite: rusqlite::version(),
            load_average: read("/proc/loadavg").split(' ').take(3).collect::<Vec<_>>().join(" "),
        }
    }
}

fn said(program: &str, words: &[&str]) -> String {
    let output = Command::new(program).args(words).output();
    output.map_or_else(|_| String::new(), |output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Where the product's binaries say which version they are.
pub(crate) fn version_of(binary: &Path) -> String {
    said(&binary.display().to_string(), &["--version"])
}

/// CPU seconds so far: of the processes under test, of Kafka and PostgreSQL, of ourselves, of the whole machine.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    at: Instant,
    tested: f64,
    servers: f64,
    own: f64,
    machine: f64,
}

/// CPU seconds between two samples.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Cpu {
    /// How long it was.
    pub(crate) seconds: f64,
    /// The processes under test.
    pub(crate) tested: f64,
    /// Kafka and PostgreSQL.
    pub(crate) servers: f64,
    /// This program: the generator, or a limit that runs in it.
    pub(crate) own: f64,
    /// Cores that were busy with something else.
    pub(crate) foreign_cores: f64,
}

/// Reads the clocks of processes.
#[derive(Debug)]
pub(crate) struct Clocks {
    tested: Vec<u32>,
    servers: Vec<u32>,
}

impl Clocks {
    /// For these processes under test; none when the work is done by this one.
    pub(crate) fn of(tested: &[u32]) -> Self {
        Self { tested: tested.to_vec(), servers: Vec::new() }
    }

    /// Now. Servers are looked for each time: PostgreSQL starts a process for each connection.
    pub(crate) fn now(&mut self) -> Sample {
        self.servers = servers();
        Sample {
            at: Instant::now(),
            tested: self.tested.iter().map(|pid| cpu_seconds(*pid)).sum(),
            servers: self.servers.iter().map(|pid| cpu_seconds_with_children(*pid)).sum(),
            own: cpu_seconds(std::process::id()),
            machine: busy_seconds(),
        }
    }
}

impl Cpu {
    /// What was used between two samples.
    pub(crate) fn between(before: &Sample, after: &Sample) -> Self {
        let seconds = (after.at - before.at).as_secs_f64();
        let tested = after.tested - before.tested;
        let (servers, own) = (after.servers - before.servers, after.own - before.own);
        let foreign = after.machine - before.machine - tested - servers - own;
        Self { seconds, tested, servers, own, foreign_cores: (foreign / seconds.max(0.001)).max(0.0) }
    }
}

/// Seconds in which cores were not idle; time that a hypervisor took away is busy, too.
fn busy_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
    let fields: Vec<f64> =
        stat.split_whitespace().skip(1).take(8).filter_map(|field| field.parse().ok()).collect();
    // user nice system idle iowait irq softirq steal
    let idle = [3, 4].into_iter().filter_map(|at| fields.get(at)).sum::<f64>();
    (fields.iter().sum::<f64>() - idle) / TICKS_PER_SECOND
}
