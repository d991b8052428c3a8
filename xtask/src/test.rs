//! `cargo xtask test`: everything, in both modes, on real servers.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::dev;
use crate::shell::{self, Outcome};
use crate::workspace::{self, Package};

/// How many tests ended how, over all test binaries.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    passed: u64,
    failed: u64,
    ignored: u64,
}

/// Runs the tests of the whole workspace, or of the packages named with `-p`; other words go to cargo as they are.
pub(crate) fn run(arguments: &[&str]) -> Outcome {
    let servers = Servers::start()?;
    let outcome = tests(&servers, arguments);
    outcome.and(servers.stop())
}

fn tests(servers: &Servers, arguments: &[&str]) -> Outcome {
    let packages = workspace::packages()?;
    // The black-box tests start the programs themselves, so these are built before and with the same features.
    let features = workspace::features(&packages);
    shell::run(&mut shell::cargo(&["build", "--workspace", "--bins", "--features", &features]))?;
    let mut cargo = shell::cargo(&["test", "--no-fail-fast"]);
    cargo.args(selection(&packages, arguments)).args(arguments).args(["--", "--include-ignored"]);
    cargo.env(dev::KAFKA, &servers.kafka).env(dev::POSTGRES, &servers.postgres);
    let (tally, passed) = watch(&mut cargo)?;
    println!("\n{} passed, {} failed, {} skipped", tally.passed, tally.failed, tally.ignored);
    if passed { Ok(()) } else { Err("the tests failed".into()) }
}

/// The words that make cargo test these packages with all of their features.
fn selection(packages: &[Package], arguments: &[&str]) -> Vec<String> {
    let named: Vec<&str> = arguments.windows(2).filter(|pair| pair[0] == "-p").map(|pair| pair[1]).collect();
    if named.is_empty() {
        return vec!["--workspace".to_owned(), "--features".to_owned(), workspace::features(packages)];
    }
    let chosen = packages.iter().filter(|package| named.contains(&package.name.as_str()));
    let features: Vec<String> =
        chosen.map(|package| workspace::features(std::slice::from_ref(package))).collect();
    vec!["--features".to_owned(), features.join(",")]
}

/// Shows what cargo prints, and adds up its closing lines.
fn watch(cargo: &mut Command) -> Outcome<(Tally, bool)> {
    let mut child = cargo.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let mut tally = Tally::default();
    for line in BufReader::new(child.stdout.take().ok_or("cargo has no output")?).lines() {
        let line = line?;
        println!("{line}");
        tally.add(&line);
    }
    Ok((tally, child.wait()?.success()))
}

impl Tally {
    /// Reads a line such as `test result: ok. 3 passed; 0 failed; 1 ignored; …`; all others say nothing.
    fn add(&mut self, line: &str) {
        let Some(result) = line.strip_prefix("test result: ") else { return };
        let counts = result.split_once(". ").map_or("", |(_, counts)| counts);
        for count in counts.split(';') {
            let mut words = count.split_whitespace();
            let number: u64 = words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
            match words.next() {
                Some("passed") => self.passed += number,
                Some("failed") => self.failed += number,
                Some("ignored") => self.ignored += number,
                _ => {}
            }
        }
    }
}

/// The servers of a test run: given by the environment, found running, or started for it.
struct Servers {
    kafka: String,
    postgres: String,
    started_kafka: bool,
    started_postgres: bool,
}

impl Servers {
    fn start() -> Outcome<Self> {
        // Also where addresses are given: some tests stop and kill servers of their own.
        dev::install()?;
        let (given_kafka, given_postgres) = (shell::setting(dev::KAFKA), shell::setting(dev::POSTGRES));
        let started_kafka = given_kafka.is_none() && !dev::kafka_runs();
        let started_postgres = given_postgres.is_none() && !dev::postgres_runs();
        let postgres = given_postgres.map_or_else(dev::start_postgres, Ok)?;
        let kafka = given_kafka.map_or_else(dev::start_kafka, Ok)?;
        Ok(Self { kafka, postgres, started_kafka, started_postgres })
    }

    fn stop(&self) -> Outcome {
        if self.started_kafka {
            dev::stop_kafka()?;
        }
        if self.started_postgres {
            dev::stop_postgres()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_lines_of_several_binaries_add_up() {
        let mut tally = Tally::default();
        for line in [
            "running 3 tests",
            "test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s",
            "test result: FAILED. 5 passed; 2 failed; 0 ignored; 0 measured; 7 filtered out; finished in 0.01s",
        ] {
            tally.add(line);
        }
        assert_eq!(tally, Tally { passed: 7, failed: 2, ignored: 1 });
    }

    #[test]
    fn a_named_package_is_tested_with_its_own_features_only() {
        let package = |name: &str, feature: &str| Package {
            name: name.to_owned(),
            features: vec![feature.to_owned()],
            dependencies: Vec::new(),
        };
        let packages = [package("event-log", "kafka"), package("read-model", "postgres")];
        assert_eq!(selection(&packages, &["-p", "read-model"]), ["--features", "read-model/postgres"]);
        let all = "event-log/kafka,read-model/postgres";
        assert_eq!(selection(&packages, &["a_filter"]), ["--workspace", "--features", all]);
    }
}
