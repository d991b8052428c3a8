//! `cargo xtask openapi`: the contract pages under `openapi/`, written from the handlers and compared with them.

use crate::shell::{self, Outcome};

/// Makes the tests that compare the pages write them instead.
const WRITE: &str = "BATEA_WRITE_OPENAPI";

/// Writes the pages anew.
pub(crate) fn write() -> Outcome {
    shell::run(tests().env(WRITE, "1"))
}

/// Fails when a committed page is not what the handlers say.
pub(crate) fn check() -> Outcome {
    shell::run(tests().env_remove(WRITE))
}

fn tests() -> std::process::Command {
    shell::cargo(&["test", "-p", "ingest", "-p", "query", "--test", "openapi", "--test", "asyncapi"])
}
