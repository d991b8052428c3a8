//! The one entry point for people who work on Batea: `cargo xtask help`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool talks to its terminal")]

mod check;
mod dev;
mod openapi;
mod replay;
mod shell;
mod smoke;
mod test;
mod tidy;
mod workspace;

use std::process::ExitCode;

use shell::Outcome;

const HELP: &str = "\
cargo xtask COMMAND

  test [-p PACKAGE]… [FILTER]   every test, both modes, on real Kafka and PostgreSQL: starts (and installs) what is needed
                                unless BATEA_TEST_KAFKA and BATEA_TEST_POSTGRES give addresses; stops what it started
  check            format, lints, tidy, documentation, licences and sources of the dependencies
  tidy             the rules of the house that no compiler knows: arrows, sizes, ports, log style
  openapi          write openapi/*.json from the handlers; with --check only compare
  smoke            build the release of the embedded server and try its first minute
  replay FILE …    post a file of facts to a fresh instance, in either mode and any order; show rows and figures
  ci               check, test and smoke: what has to pass before a change lands
  dev up           start Kafka and PostgreSQL without Docker, install what they need, wait until they serve
  dev down         stop both; their data stays in .dev
  dev env          print where they listen, as lines for `eval`

The fast inner loop needs none of this: cargo test -p lead-domain
";

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
        ["test", arguments @ ..] => test::run(arguments),
        ["check"] => check::run(),
        ["tidy"] => tidy::run(),
        ["openapi"] => openapi::write(),
        ["openapi", "--check"] => openapi::check(),
        ["smoke"] => smoke::run(),
        ["replay", arguments @ ..] => replay::run(arguments),
        ["ci"] => check::run().and_then(|()| test::run(&[])).and_then(|()| smoke::run()),
        ["dev", "up"] => dev::up(),
        ["dev", "down"] => dev::down(),
        ["dev", "env"] => dev::env(),
        [] | ["help" | "--help" | "-h"] => help(),
        _ => Err(format!("no such command: {}; `cargo xtask help` lists them", words.join(" ")).into()),
    }
}

fn help() -> Outcome {
    println!("{HELP}");
    Ok(())
}
