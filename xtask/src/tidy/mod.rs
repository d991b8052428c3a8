//! `cargo xtask tidy`: the rules of the house that no compiler knows.
//!
//! The checks read text that rustfmt laid out: a block ends at the first line that is its closing brace, indented like its start.

mod arrows;
mod logs;
mod paths;
mod ports;
mod sizes;
mod source;

use crate::shell::Outcome;
use crate::workspace;

/// Runs every check and prints all that it finds.
pub(crate) fn run() -> Outcome {
    let mut findings = arrows::check(&workspace::packages()?);
    findings.extend(arrows::check_embedded()?);
    for file in source::tracked()? {
        findings.extend(sizes::check(&file));
        findings.extend(ports::check(&file));
        findings.extend(logs::check(&file));
        findings.extend(paths::check(&file));
        findings.extend(arrows::check_purity(&file));
    }
    for finding in &findings {
        println!("{finding}");
    }
    if findings.is_empty() { Ok(()) } else { Err(format!("{} things to tidy", findings.len()).into()) }
}
