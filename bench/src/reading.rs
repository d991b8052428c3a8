//! What one run measured, and what makes it void.

use serde::Serialize;

use crate::load::{Latency, Tally};
use crate::machine::{Cpu, Sample};

/// Load beyond our processes that voids a run, in cores.
const FOREIGN_MAX: f64 = 0.2;

/// A run of the product or of a limit.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Reading {
    /// What ran.
    pub(crate) what: String,
    /// Facts (or rows) within the measured time.
    pub(crate) facts: u64,
    /// The measured time.
    pub(crate) seconds: f64,
    /// Facts per second.
    pub(crate) per_second: f64,
    /// CPU microseconds per fact of what is under test.
    pub(crate) cpu_us: f64,
    /// CPU microseconds per fact of Kafka and PostgreSQL.
    pub(crate) servers_cpu_us: f64,
    /// CPU microseconds per fact of this program where it is not itself under test: the generator.
    pub(crate) generator_cpu_us: f64,
    /// Cores busy with something else.
    pub(crate) foreign_cores: f64,
    /// Latencies, where there are requests.
    pub(crate) latency: Option<Latency>,
    /// The largest resident size of the process under test, in MiB.
    pub(crate) peak_mib: Option<f64>,
    /// Facts per commit, where it matters.
    pub(crate) group: Option<f64>,
    /// Why it does not count.
    pub(crate) void: Vec<String>,
}

impl Reading {
    /// A run of other processes under load.
    pub(crate) fn of_load(what: &str, tally: &Tally, samples: &[Sample]) -> Self {
        let cpu = cpu(samples);
        let mut reading = Self::new(what, tally.facts(), &cpu);
        let per_fact = 1e6 / count(tally.facts().max(1));
        reading.cpu_us = cpu.tested * per_fact;
        reading.generator_cpu_us = cpu.own * per_fact;
        reading.latency = Some(tally.latency());
        if tally.refused() > 0 {
            reading.void.push(format!("answers were no 2xx: {:?}", tally.statuses));
        }
        if tally.lost > 0 {
            reading.void.push(format!("{} requests were not answered", tally.lost));
        }
        reading
    }

    /// A run of processes that were only watched.
    pub(crate) fn of_processes(what: &str, facts: u64, samples: &[Sample]) -> Self {
        let cpu = cpu(samples);
        let mut reading = Self::new(what, facts, &cpu);
        reading.cpu_us = cpu.tested * 1e6 / count(facts.max(1));
        reading
    }

    /// A limit that ran in this process.
    pub(crate) fn of_own_work(what: &str, facts: u64, samples: &[Sample]) -> Self {
        let cpu = cpu(samples);
        let mut reading = Self::new(what, facts, &cpu);
        reading.cpu_us = if facts > 0 { cpu.own * 1e6 / count(facts) } else { 0.0 };
        reading
    }

    fn new(what: &str, facts: u64, cpu: &Cpu) -> Self {
        let busy = cpu.foreign_cores > FOREIGN_MAX;
        let busy = busy.then(|| format!("{:.1} cores were busy with something else", cpu.foreign_cores));
        let seconds = cpu.seconds.max(f64::MIN_POSITIVE);
        Self {
            what: what.to_owned(),
            facts,
            seconds: cpu.seconds,
            per_second: count(facts) / seconds,
            cpu_us: 0.0,
            servers_cpu_us: cpu.servers * 1e6 / count(facts.max(1)),
            generator_cpu_us: 0.0,
            foreign_cores: cpu.foreign_cores,
            latency: None,
            peak_mib: None,
            group: None,
            void: busy.into_iter().collect(),
        }
    }

    /// Compares effects with answers: a run that loses or doubles a fact has no throughput.
    pub(crate) fn expect_effects(&mut self, stored: u64, accepted: u64) {
        if stored != accepted {
            self.void.push(format!("{accepted} facts were accepted, {stored} are stored"));
        }
    }
}

fn cpu(samples: &[Sample]) -> Cpu {
    match samples {
        [before, .., after] => Cpu::between(before, after),
        [] | [_] => Cpu::default(),
    }
}

/// A count as a number to divide by.
#[expect(clippy::cast_precision_loss, reason = "counts of a run are far below 2^53")]
pub(crate) const fn count(of: u64) -> f64 {
    of as f64
}
