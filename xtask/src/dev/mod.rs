//! Real Kafka and real PostgreSQL for development and tests, without Docker. Their data lies in `.dev`.

mod install;
mod kafka;
mod ports;
mod postgres;

use std::path::PathBuf;

use crate::shell::{self, Outcome};

/// Tells the tests where Kafka listens (`host:port`).
pub(crate) const KAFKA: &str = "BATEA_TEST_KAFKA";
/// Tells the tests where PostgreSQL listens (the URL of a role that may create databases).
pub(crate) const POSTGRES: &str = "BATEA_TEST_POSTGRES";

/// Starts what does not run yet and prints where both listen.
pub(crate) fn up() -> Outcome {
    start_postgres()?;
    start_kafka()?;
    env()
}

/// Installs both, for tests that start servers of their own.
pub(crate) fn install() -> Outcome {
    install::postgres()?;
    install::kafka()?;
    kafka::fetch_jars()
}

/// Makes PostgreSQL serve and gives its URL.
pub(crate) fn start_postgres() -> Outcome<String> {
    install::postgres()?;
    postgres::up()
}

/// Makes Kafka serve and gives its address.
pub(crate) fn start_kafka() -> Outcome<String> {
    install::kafka()?;
    kafka::up()
}

/// Stops both; what does not run is left as it is.
pub(crate) fn down() -> Outcome {
    stop_kafka()?;
    stop_postgres()
}

pub(crate) fn stop_kafka() -> Outcome {
    kafka::down()
}

pub(crate) fn stop_postgres() -> Outcome {
    postgres::down()
}

/// Whether Kafka runs already, so that a test run leaves it as it found it.
pub(crate) fn kafka_runs() -> bool {
    kafka::runs()
}

/// Whether PostgreSQL runs already, so that a test run leaves it as it found it.
pub(crate) fn postgres_runs() -> bool {
    postgres::runs()
}

/// Prints the two variables that the tests read, for `eval "$(cargo xtask dev env)"`.
pub(crate) fn env() -> Outcome {
    println!("export {KAFKA}={}", kafka::address()?);
    println!("export {POSTGRES}={}", postgres::url()?);
    Ok(())
}

/// The folder of everything that the development servers keep.
fn folder() -> PathBuf {
    shell::root().join(".dev")
}
