//! The one entry point for people who work on Batea: `cargo xtask help`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool talks to its terminal")]

mod dev;
mod help;
mod shell;

use std::process::ExitCode;

use shell::Outcome;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match command(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("xtask: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn command(words: &[&str]) -> Outcome {
    match words {
        ["dev", "up"] => dev::up(),
        ["dev", "down"] => dev::down(),
        ["dev", "env"] => dev::env(),
        [] | ["help" | "--help" | "-h"] => help::print(),
        _ => Err(format!("no such command: {}; `cargo xtask help` lists them", words.join(" ")).into()),
    }
}
