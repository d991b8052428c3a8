//! `batea policy simulate`: file → installation → progress, then the comparison.

use std::io::{self, BufRead, BufReader, IsTerminal, Write};
use std::path::Path;

use serde_json::{Value, json};
use service_kit::config::{ConfigArgs, ConfigErrors, ConfigFile};
use ureq::Body;

use super::table;
use crate::remote::{RemoteArgs, RemoteError};

const PATH: &str = "/v1/policy/simulations";

/// Why there is no comparison.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SimulateError {
    /// Something is wrong in the file.
    #[error(transparent)]
    File(#[from] ConfigErrors),
    /// The installation.
    #[error(transparent)]
    Remote(#[from] RemoteError),
}

/// Gives the text to print.
pub(super) fn simulate(file: &Path, json: bool, remote: &RemoteArgs) -> Result<String, SimulateError> {
    let file = ConfigFile::load(&ConfigArgs { config: Some(file.to_owned()) })?;
    if file.section("policy").is_null() {
        tell("the file has no `policy:`, so the default policy is tried\n");
    }
    let candidate = json!({"policy": file.section("policy")});
    let answer = remote.post(PATH, "application/x-ndjson", &candidate);
    let answer = answer.map_err(|error| located(&file, error))?;
    let document = read(answer.into_body(), remote)?;
    if json {
        return Ok(format!("{document:#}\n"));
    }
    table::text(&document).ok_or_else(|| remote.foreign().into())
}

/// What is wrong with the policy is told by its place in the file.
fn located(file: &ConfigFile, error: RemoteError) -> SimulateError {
    let errors = error.errors();
    if errors.is_empty() { error.into() } else { file.problems("", errors).into() }
}

/// Shows the lines of progress; the last line is the document.
fn read(body: Body, remote: &RemoteArgs) -> Result<Value, RemoteError> {
    let mut progress = Progress::default();
    for line in BufReader::new(body.into_reader()).lines() {
        let line = line.map_err(|error| remote.away(&error))?;
        let value: Value = serde_json::from_str(&line).map_err(|_| remote.foreign())?;
        if value["progress"].is_object() {
            progress.show(&value["progress"]);
            continue;
        }
        progress.end();
        return match value.get("problem") {
            None => Ok(value),
            Some(problem) => Err(RemoteError::Refused(problem.clone())),
        };
    }
    progress.end();
    Err(remote.away(&"the connection ended before the answer"))
}

/// How far it is, on standard error: one line that changes on a terminal, else a line for each tenth.
#[derive(Default)]
struct Progress {
    tenth: Option<u64>,
    shown: bool,
}

impl Progress {
    fn show(&mut self, progress: &Value) {
        let leads = progress["leads"].as_u64().unwrap_or_default();
        let of = progress["of"].as_u64();
        let text = of.map_or_else(|| format!("{leads} leads"), |of| format!("{leads} of {of} leads"));
        if io::stderr().is_terminal() {
            tell(&format!("\r{text}"));
            self.shown = true;
            return;
        }
        let tenth = of.map_or(leads / 100_000, |of| 10 * leads / of.max(1));
        if self.tenth != Some(tenth) {
            tell(&format!("{text}\n"));
            self.tenth = Some(tenth);
        }
    }

    /// What follows begins at the start of a line.
    fn end(&self) {
        if self.shown {
            tell("\n");
        }
    }
}

/// Whoever closed standard error does not want to know.
fn tell(text: &str) {
    drop(io::stderr().lock().write_all(text.as_bytes()));
}
