//! The command line: what can be asked for, and what it is called.

use std::fmt::Display;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use service_kit::config::ConfigArgs;
use service_kit::healthcheck::healthcheck;
use service_kit::telemetry;

use crate::args::{DataArgs, ListenArgs, ServeArgs, StoreCommandArgs};
use crate::keys::KeysCommand;
use crate::policy::PolicyCommand;
use crate::store::{self, Task};
use crate::{check, dump, keys, policy, serve};

const EXAMPLES: &str = "\
An option beats its environment variable, the variable beats the default. The configuration file holds what a company
decides (sites, forms, keys, policy) and no setting of the server; keys of the file and the admin key hold side by side.

Examples:
  batea                                    serve on 127.0.0.1:8080 with data in ./data
  batea --listen :8080 --data /var/lib/batea --config /etc/batea.yaml
  batea check batea.yaml                   what is wrong in it, with line and column
  batea keys add --name crm --scopes events:write,leads:read
  batea verify                             is every row what its facts make of it?
  batea policy simulate new.yaml --key-file data/admin.key   who would move, before it goes live";

/// Captures leads and tells which of them are worth a salesperson's time: the whole of Batea in one process.
#[derive(Debug, Parser)]
#[command(name = "batea", version, after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: ServeArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server (also without a command)
    Serve(ServeArgs),
    /// Tell what is wrong in a configuration file
    Check {
        /// The file [default: the one that the server would read]
        file: Option<PathBuf>,
        #[command(flatten)]
        config: ConfigArgs,
    },
    /// Make keys for the configuration file
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Try what another policy would do, or bring an old one back
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Print all rows of a stopped server as canonical JSON lines, for comparisons; personal data
    Dump(DataArgs),
    /// Fold everything anew and name each row that differs from what is stored; fails if one does
    Verify(StoreCommandArgs),
    /// Fold every lead anew beside the rows that are answered from, then let the new rows take over in one step
    Rebuild(StoreCommandArgs),
    /// Ask the running server whether it is ready
    Healthcheck {
        #[command(flatten)]
        listen: ListenArgs,
    },
}

impl Cli {
    /// Does what was asked for. The code tells how it went.
    pub(crate) async fn run(self) -> ExitCode {
        match self.command {
            None => serve::serve(self.serve).await,
            Some(Command::Serve(args)) => serve::serve(args).await,
            Some(Command::Check { file, config }) => ended(check::check(file, config)),
            Some(Command::Keys(command)) => ended(keys::run(command)),
            Some(Command::Policy(PolicyCommand::Simulate { file, json, remote })) => {
                ended(policy::simulate(&file, json, &remote))
            }
            Some(Command::Dump(args)) => ended(dump::dump(&args.data).await),
            Some(Command::Verify(args)) => args.work(Task::Verify).await,
            Some(Command::Rebuild(args)) => args.work(Task::Rebuild).await,
            Some(Command::Policy(PolicyCommand::Activate { version, store })) => {
                store.work(Task::Activate(&version)).await
            }
            Some(Command::Healthcheck { listen }) => {
                healthcheck(listen.admin_listen.as_ref().unwrap_or(&listen.listen))
            }
        }
    }
}

impl StoreCommandArgs {
    async fn work(&self, task: Task<'_>) -> ExitCode {
        let done = match telemetry::init(&self.log) {
            Ok(()) => store::work(&self.data.data, &self.identity, self.clock.clock(), task).await,
            Err(error) => Err(error.into()),
        };
        match done {
            Ok(false) => ExitCode::FAILURE,
            done => ended(done.map(|_| String::new())),
        }
    }
}

/// Prints what a command says, or why it cannot.
fn ended<E: Display>(outcome: Result<String, E>) -> ExitCode {
    let written = match &outcome {
        Ok(text) => io::stdout().lock().write_all(text.as_bytes()),
        Err(error) => writeln!(io::stderr().lock(), "{error}"),
    };
    if outcome.is_ok() && written.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn without_a_command_the_options_are_those_of_serve() {
        let plain = Cli::try_parse_from(["batea", "--listen", ":9000"]).unwrap();
        assert_eq!(plain.serve.listen.listen.to_string(), "0.0.0.0:9000");
        let named = Cli::try_parse_from(["batea", "serve", "--listen", ":9000"]).unwrap();
        assert!(
            matches!(named.command, Some(Command::Serve(args)) if args.listen.listen == plain.serve.listen.listen)
        );
    }

    #[test]
    fn an_unknown_option_is_answered_with_the_nearest_one() {
        let error = Cli::try_parse_from(["batea", "--lisen", ":9000"]).unwrap_err().to_string();
        assert!(error.contains("--listen"), "{error}");
    }
}
