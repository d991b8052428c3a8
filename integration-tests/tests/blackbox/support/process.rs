//! The product's programs as child processes, with their logs in files, and nothing left behind when a test ends.

use std::env;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// Names the folder of the product's programs, where they are not beside the tests.
const PROGRAMS: &str = "BATEA_TEST_PROGRAMS";
/// How long a program may take until it listens. Databases and topics are made in this time, beside other tests.
const START: Duration = Duration::from_secs(60);

/// An environment variable that is set and not empty.
#[expect(clippy::disallowed_methods, reason = "the one place where the tests read their environment")]
pub(crate) fn setting(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// A program of the product: in the target folder, two levels up from the test's own executable.
pub(crate) fn program(name: &str) -> PathBuf {
    let beside = || env::current_exe().unwrap().parent().and_then(Path::parent).unwrap().to_path_buf();
    let path = setting(PROGRAMS).map_or_else(beside, PathBuf::from).join(name);
    assert!(path.is_file(), "{} is not built; `cargo xtask test` does that before the tests", path.display());
    path
}

/// Looks again until there is something; fails when the limit passes first.
#[track_caller]
pub(crate) fn eventually<T>(what: &str, limit: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "{what}: not within {} s", limit.as_secs_f32());
        pause();
    }
}

#[expect(clippy::disallowed_methods, reason = "the pause between two looks at a condition")]
fn pause() {
    thread::sleep(Duration::from_millis(15));
}

/// What a shell must do if this test process ends without dropping this: killed, or with things in statics.
#[derive(Debug)]
pub(crate) struct Leftover {
    shell: Child,
    stdin: Option<ChildStdin>,
}

impl Leftover {
    pub(crate) fn new(command: &str) -> Self {
        // The end of the test process closes the pipe, whatever way it ends.
        let waits = format!("read line; [ \"$line\" = done ] || {{ {command}; }}");
        let mut shell = Command::new("sh");
        shell.args(["-c", &waits]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut shell = shell.spawn().unwrap();
        Self { stdin: shell.stdin.take(), shell }
    }
}

impl Drop for Leftover {
    fn drop(&mut self) {
        if let Some(mut stdin) = self.stdin.take() {
            drop(stdin.write_all(b"done\n"));
        }
        drop(self.shell.wait());
    }
}

/// A running program.
#[derive(Debug)]
pub(crate) struct Program {
    name: String,
    child: Child,
    log: PathBuf,
    _leftover: Leftover,
}

impl Program {
    /// Starts a command; all that it prints goes to a new file in `folder`.
    pub(crate) fn start(name: &str, command: &mut Command, folder: &Path) -> Self {
        let log =
            (0..).map(|run| folder.join(format!("{name}-{run}.log"))).find(|log| !log.exists()).unwrap();
        let out = File::create(&log).unwrap();
        let command = command.stdin(Stdio::null()).stdout(out.try_clone().unwrap()).stderr(out);
        let child = command.spawn().unwrap_or_else(|error| panic!("{name}: {error}"));
        let leftover = Leftover::new(&format!("kill -KILL {}", child.id()));
        Self { name: name.to_owned(), child, log, _leftover: leftover }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// All that it printed so far.
    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned()
    }

    /// Waits until it printed something of interest; fails when it ends first.
    pub(crate) fn wait_for<T>(&mut self, what: &str, look: impl Fn(&str) -> Option<T>) -> T {
        let (name, log, child) = (&self.name, &self.log, &mut self.child);
        eventually(&format!("{name}: {what}"), START, || {
            let text = String::from_utf8_lossy(&fs::read(log).unwrap_or_default()).into_owned();
            let found = look(&text);
            let ended = child.try_wait().unwrap();
            assert!(found.is_some() || ended.is_none(), "{name} ended: {ended:?}\n{text}");
            found
        })
    }

    /// The address that a log line with this message tells.
    pub(crate) fn address(&mut self, message: &str) -> SocketAddr {
        self.wait_for(message, |log| {
            let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            let mut lines = lines.filter(|line| line["message"].as_str() == Some(message));
            lines.next_back()?["address"].as_str()?.parse().ok()
        })
    }

    pub(crate) fn signal(&self, name: &str) {
        let line = format!("kill -{name} {}", self.id());
        assert!(Command::new("sh").args(["-c", &line]).status().unwrap().success(), "{line}");
    }

    /// Kills it at once, as a power cut would.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, and waits; no longer than it may take.
    #[track_caller]
    pub(crate) fn stop(&mut self) -> ExitStatus {
        self.signal("TERM");
        self.wait()
    }

    /// Waits until it has ended; no longer than a stop may take.
    #[track_caller]
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let (name, child) = (&self.name, &mut self.child);
        eventually(&format!("{name} ends"), Duration::from_secs(10), || child.try_wait().unwrap())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
        if thread::panicking() {
            println!("{}", self.tail());
        }
    }
}

impl Program {
    /// The end of the log, for who reads why a test failed.
    fn tail(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        let mut text = format!("--- {} (pid {}), the end of its log\n", self.name, self.id());
        for line in &lines[lines.len().saturating_sub(40)..] {
            writeln!(text, "{line}").unwrap();
        }
        text
    }
}

/// Runs a command to its end, which must be a good one.
#[track_caller]
pub(crate) fn run(command: &mut Command) -> Output {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let printed = || String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command:?}: {}\n{}", output.status, printed());
    output
}
