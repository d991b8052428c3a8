//! Running other programs, and waiting for them.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What a step of a command gives: its value, or one sentence for the terminal.
pub(crate) type Outcome<T = ()> = Result<T, Box<dyn Error>>;

/// The root of the checkout, whatever folder the command was given in.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// The cargo that started this program, run from the root of the checkout.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut cargo = Command::new(setting("CARGO").unwrap_or_else(|| "cargo".to_owned()));
    cargo.args(arguments).current_dir(root());
    cargo
}

/// An environment variable that is set and not empty.
#[expect(clippy::disallowed_methods, reason = "the one place where xtask reads its environment")]
pub(crate) fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Runs a program on this terminal; anything but success is an error that names it.
pub(crate) fn run(command: &mut Command) -> Outcome {
    let status = command.status().map_err(|e| format!("cannot run {}: {e}", line_of(command)))?;
    if status.success() { Ok(()) } else { Err(format!("{} failed ({status})", line_of(command)).into()) }
}

/// Runs a program and gives what it wrote to standard output.
pub(crate) fn output(command: &mut Command) -> Outcome<String> {
    let done = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|e| format!("cannot run {}: {e}", line_of(command)))?;
    if !done.status.success() {
        return Err(format!("{} failed ({})", line_of(command), done.status).into());
    }
    Ok(String::from_utf8(done.stdout)?)
}

/// Whether a program runs and succeeds; what it prints is dropped.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// Whether a program of this name is in the search path.
pub(crate) fn on_path(program: &str) -> bool {
    let path = setting("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Looks at a condition until it holds; an error when the limit passes first.
pub(crate) fn wait_until(what: &str, limit: Duration, mut holds: impl FnMut() -> Outcome<bool>) -> Outcome {
    let deadline = Instant::now() + limit;
    while !holds()? {
        if Instant::now() > deadline {
            return Err(format!("{what}: not within {} s", limit.as_secs()).into());
        }
        pause();
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a command line tool may block between two looks")]
fn pause() {
    std::thread::sleep(Duration::from_millis(100));
}

fn line_of(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// Whether this process runs as root (the owner of its own entry in /proc).
pub(crate) fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}
