//! Logs on stderr: for people on a terminal, as JSON elsewhere. Never with personal data.

use std::io::{IsTerminal, stderr};
use std::panic;
use std::str::FromStr;

use clap::{Args, ValueEnum};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};
use tracing_subscriber::{Layer, fmt};

/// How logs are written.
#[derive(Clone, Debug, Args)]
pub struct LogArgs {
    /// How log lines look [default: pretty on a terminal, json otherwise]
    #[arg(long, env = "BATEA_LOG_FORMAT", value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,

    /// What is logged: a level (error, warn, info, debug, trace), or levels by part as in `info,service_kit=debug`
    #[arg(long, env = "BATEA_LOG", value_name = "LEVELS", default_value = "info")]
    pub log: Filter,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people
    Pretty,
    /// One JSON object a line, for programs
    Json,
}

/// Which log lines are written.
#[derive(Clone)]
pub struct Filter {
    text: String,
    targets: Targets,
}

/// Parts of the server library, and the most they may say: their lower levels show requests as they came in, with all
/// that is personal in them, and to its dispatcher every malformed request of a stranger is an error.
const HELD: [(&str, LevelFilter); 4] = [
    ("actix_http", LevelFilter::OFF),
    ("actix_router", LevelFilter::WARN),
    ("actix_server", LevelFilter::WARN),
    ("actix_web", LevelFilter::WARN),
];

impl FromStr for Filter {
    type Err = tracing_subscriber::filter::ParseError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let targets: Targets = text.parse()?;
        let targets = targets.with_targets(HELD);
        Ok(Self { text: text.to_owned(), targets })
    }
}

impl std::fmt::Debug for Filter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

/// Why there are no logs.
#[derive(Debug, thiserror::Error)]
#[error("logs cannot be set up: {0}")]
pub struct TelemetryError(#[from] TryInitError);

/// Starts to log. Once per process.
///
/// # Errors
/// When something logs already.
pub fn init(args: &LogArgs) -> Result<(), TelemetryError> {
    let by_place = if stderr().is_terminal() { LogFormat::Pretty } else { LogFormat::Json };
    let lines = fmt::layer().with_writer(stderr);
    let lines = match args.log_format.unwrap_or(by_place) {
        LogFormat::Pretty => lines.with_ansi(stderr().is_terminal()).boxed(),
        LogFormat::Json => {
            lines.json().flatten_event(true).with_current_span(false).with_span_list(false).boxed()
        }
    };
    tracing_subscriber::registry().with(lines.with_filter(args.log.targets.clone())).try_init()?;
    panic::set_hook(Box::new(log_panic));
    Ok(())
}

/// Tells where it happened, not in which words: they may repeat what somebody sent.
fn log_panic(panic: &panic::PanicHookInfo<'_>) {
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    tracing::error!(place, "a part of the program panicked");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_may_be_given_for_all_or_by_part() {
        for good in ["info", "warn,service_kit=debug", "off"] {
            assert!(good.parse::<Filter>().is_ok(), "{good}");
        }
        assert!("loud=very".parse::<Filter>().is_err());
    }

    #[test]
    fn no_level_lets_the_server_library_show_requests() {
        let filter: Filter = "trace,actix_http=trace".parse().unwrap();
        assert!(filter.targets.would_enable("service_kit", &tracing::Level::TRACE));
        assert!(!filter.targets.would_enable("actix_http::h1", &tracing::Level::ERROR));
        assert!(!filter.targets.would_enable("actix_web::middleware", &tracing::Level::INFO));
    }
}
