//! The program as its user meets it: started, asked, killed, started again.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

const FORM: &str = "email=ada%40example.com&name=Ada+Lovelace&message=Please+call+me";

/// The program, without the settings of whoever runs the tests.
fn batea(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_batea"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("BATEA_")) {
        command.env_remove(name);
    }
    command.args(args).current_dir(folder).stdin(Stdio::null());
    command
}

fn output(folder: &Path, args: &[&str]) -> Output {
    batea(folder, args).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A running server; killed when dropped.
struct Server {
    process: Child,
    address: String,
    greeting: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Server {
    /// Starts in a folder, on a free port, and reads the greeting to its last line.
    fn start(folder: &Path, args: &[&str]) -> Self {
        let args = [&["--listen", "127.0.0.1:0"], args].concat();
        let stderr = fs::File::create(folder.join("stderr")).unwrap();
        let mut process = batea(folder, &args).stdout(Stdio::piped()).stderr(stderr).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut greeting = String::new();
        for line in lines {
            greeting.push_str(&(line.clone() + "\n"));
            if line.contains("/v1/leads") {
                break;
            }
        }
        let log = fs::read_to_string(folder.join("stderr")).unwrap();
        let port = greeting.split("http://localhost:").nth(1).unwrap_or_default().split_whitespace().next();
        assert!(port.is_some(), "{log}");
        Self { process, address: format!("127.0.0.1:{}", port.unwrap()), greeting }
    }

    /// One request; the status and the whole answer.
    fn ask(&self, method: &str, path: &str, headers: &str, body: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let length = body.len();
        let head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.address);
        write!(stream, "{head}Content-Length: {length}\r\n{headers}\r\n{body}").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        (answer.split(' ').nth(1).unwrap().parse().unwrap(), answer)
    }

    fn post_form(&self) -> u16 {
        self.ask("POST", "/f/demo", "Content-Type: application/x-www-form-urlencoded\r\n", FORM).0
    }

    /// Reads leads until Ada is among them.
    fn wait_for_ada(&self, folder: &Path) {
        let key = fs::read_to_string(folder.join("data/admin.key")).unwrap();
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let (status, answer) =
                self.ask("GET", "/v1/leads", &format!("Authorization: Bearer {}\r\n", key.trim()), "");
            assert_eq!(status, 200, "{answer}");
            if answer.contains("ada@example.com") {
                return;
            }
            assert!(Instant::now() < deadline, "no lead in {answer}");
        }
    }

    /// Asks it to end, and tells how it did.
    fn terminate(&mut self) -> bool {
        let kill = format!("kill -TERM {}", self.process.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
        self.process.wait().unwrap().success()
    }
}

#[test]
fn a_form_post_becomes_a_lead_that_survives_a_kill() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[]);
    assert_eq!(server.post_form(), 303);
    // Killed at once: what was answered must not be lost, projected or not.
    drop(server);
    let mut server = Server::start(folder.path(), &[]);
    server.wait_for_ada(folder.path());
    assert!(server.terminate(), "{}", fs::read_to_string(folder.path().join("stderr")).unwrap());
    let dump = output(folder.path(), &["dump"]);
    assert!(
        dump.status.success() && text(&dump.stdout).contains("ada@example.com"),
        "{}",
        text(&dump.stderr)
    );
}

#[test]
fn the_first_start_shows_the_fresh_key_and_later_ones_where_it_lies() {
    let folder = TempDir::new().unwrap();
    let first = Server::start(folder.path(), &[]).greeting.clone();
    let key = fs::read_to_string(folder.path().join("data/admin.key")).unwrap();
    assert!(first.contains(key.trim()) && first.contains("data/admin.key"), "{first}");
    let second = Server::start(folder.path(), &[]).greeting.clone();
    assert!(!second.contains(key.trim()) && second.contains("data/admin.key"), "{second}");
    let mode = |path: &str| fs::metadata(folder.path().join(path)).unwrap().permissions().mode() & 0o777;
    let modes = ["data", "data/batea.db", "data/admin.key", "data/identity.secret", "data/lock"].map(mode);
    assert_eq!(modes, [0o700, 0o600, 0o600, 0o600, 0o600]);
}

#[test]
fn one_origin_serves_everything_unless_operators_have_their_own() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[]);
    for path in ["/livez", "/readyz", "/metrics", "/f/demo", "/docs", "/openapi.json"] {
        assert_eq!(server.ask("GET", path, "", "").0, 200, "{path}");
    }
    let contract = server.ask("GET", "/openapi.json", "", "").1;
    assert!(contract.contains("/v1/events") && contract.contains("/v1/leads/{id}/score"));
    assert_eq!(server.ask("GET", "/v1/leads", "", "").0, 401);
    assert_eq!(server.ask("TRACE", "/v1/leads", "", "").0, 405);
    drop(server);
    let apart = Server::start(folder.path(), &["--admin-listen", "127.0.0.1:0"]);
    assert_eq!(apart.ask("GET", "/metrics", "", "").0, 404);
    assert_eq!(apart.ask("GET", "/f/demo", "", "").0, 200);
}

#[test]
fn data_in_use_are_refused_with_the_reason() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(folder.path(), &[]);
    let second = output(folder.path(), &["--listen", "127.0.0.1:0", "--log-format", "pretty"]);
    let reason = format!("in use by another Batea (process {})", server.process.id());
    assert!(!second.status.success() && text(&second.stderr).contains(&reason), "{}", text(&second.stderr));
    let dump = output(folder.path(), &["dump"]);
    assert!(!dump.status.success() && text(&dump.stderr).contains(&reason), "{}", text(&dump.stderr));
}

#[test]
fn check_tells_every_mistake_with_its_place() {
    let folder = TempDir::new().unwrap();
    let file = "region: FR\nforms:\n  - {name: contact, sit: main}\nkeys:\n  - {name: crm, hash: x, scopes: [leads:read]}\npolicy:\n  half_life_days: often\n";
    fs::write(folder.path().join("batea.yaml"), file).unwrap();
    let check = output(folder.path(), &["check"]);
    let told = text(&check.stderr);
    assert_eq!(check.status.code(), Some(1));
    for place in ["batea.yaml:3:", "batea.yaml:5:17: ", "batea.yaml:7:3: "] {
        assert!(told.contains(place), "{place} is not in\n{told}");
    }
    let start = output(folder.path(), &["--listen", "127.0.0.1:0", "--log-format", "pretty"]);
    assert!(
        !start.status.success() && text(&start.stderr).contains("batea.yaml:7:3: "),
        "{}",
        text(&start.stderr)
    );
}

#[test]
fn a_key_that_was_added_comes_in() {
    let folder = TempDir::new().unwrap();
    let added =
        text(&output(folder.path(), &["keys", "add", "--name", "crm", "--scopes", "leads:read"]).stdout);
    let key = added.lines().next().unwrap();
    let line = added.lines().find(|line| line.contains("hash")).unwrap();
    fs::write(folder.path().join("batea.yaml"), format!("keys:\n{line}\n")).unwrap();
    let check = output(folder.path(), &["check"]);
    assert!(check.status.success() && text(&check.stdout).contains("crm"), "{}", text(&check.stderr));
    let server = Server::start(folder.path(), &[]);
    assert_eq!(server.ask("GET", "/v1/leads", &format!("Authorization: Bearer {key}\r\n"), "").0, 200);
    assert_eq!(server.ask("POST", "/v1/events", &format!("Authorization: Bearer {key}\r\n"), "{}").0, 403);
}

#[test]
fn what_cannot_be_understood_is_answered_with_help() {
    let folder = TempDir::new().unwrap();
    let unknown = output(folder.path(), &["--lisen", ":1"]);
    assert!(unknown.status.code() == Some(2) && text(&unknown.stderr).contains("--listen"));
    let scope = output(folder.path(), &["keys", "add", "--name", "x", "--scopes", "lead:read"]);
    assert!(text(&scope.stderr).contains("Did you mean `leads:read`?"), "{}", text(&scope.stderr));
    let help = text(&output(folder.path(), &["--help"]).stdout);
    for word in ["--listen", "BATEA_LISTEN", "127.0.0.1:8080", "--data", "check", "keys", "An option beats"] {
        assert!(help.contains(word), "{word} is not in\n{help}");
    }
    assert!(text(&output(folder.path(), &["--version"]).stdout).starts_with("batea "));
}
