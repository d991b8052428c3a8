//! `cargo xtask check`: everything that can be said about a change without running it.

use std::time::Instant;

use crate::shell::{self, Outcome};
use crate::{tidy, workspace};

/// Format, lints, tidy, documentation, dependencies; stops at the first that is not clean.
pub(crate) fn run() -> Outcome {
    step("format", || shell::run(&mut shell::cargo(&["fmt", "--all", "--check"])))?;
    step("tidy", tidy::run)?;
    step("dependencies", dependencies)?;
    step("lints", lints)?;
    step("documentation", documentation)
}

/// Runs one step of a longer command and tells how long it took.
pub(crate) fn step(name: &str, action: impl FnOnce() -> Outcome) -> Outcome {
    println!("── {name}");
    let start = Instant::now();
    action().map_err(|problem| format!("{name}: {problem}"))?;
    println!("── {name}: fine after {} s", start.elapsed().as_secs());
    Ok(())
}

fn lints() -> Outcome {
    let features = workspace::features(&workspace::packages()?);
    let words = ["clippy", "--workspace", "--all-targets", "--features", &features, "--", "-D", "warnings"];
    shell::run(&mut shell::cargo(&words))
}

fn documentation() -> Outcome {
    let features = workspace::features(&workspace::packages()?);
    let mut doc = shell::cargo(&["doc", "--workspace", "--no-deps", "--features", &features]);
    shell::run(doc.env("RUSTDOCFLAGS", "-D warnings"))
}

/// Licences, sources and rooms of `deny.toml`. Its advisories need a database that is fetched, so they run by hand.
fn dependencies() -> Outcome {
    if !shell::on_path("cargo-deny") {
        println!("skipped: cargo-deny is not installed (`cargo install --locked cargo-deny`)");
        return Ok(());
    }
    shell::run(&mut shell::cargo(&["deny", "--locked", "check", "licenses", "sources", "bans"]))
}
