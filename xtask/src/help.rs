//! What `cargo xtask help` says.

use crate::shell::Outcome;

const TEXT: &str = "\
cargo xtask COMMAND

  dev up      start Kafka and PostgreSQL without Docker, install what they need, wait until they serve
  dev down    stop both; their data stays in .dev
  dev env     print where they listen, as lines for `eval`
";

pub(crate) fn print() -> Outcome {
    println!("{TEXT}");
    Ok(())
}
