//! `cargo xtask smoke`: the first minute of a newcomer, tried on the release of the embedded server.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::check::step;
use crate::shell::{self, Outcome};

const FORM: &str = "email=ada%40example.com&name=Ada%20Lovelace&message=Please%20call%20me";
/// What the idle server may keep in memory.
const RESIDENT_KIB: u64 = 60 * 1024;
const READY: Duration = Duration::from_secs(1);

pub(crate) fn run() -> Outcome {
    // Alone, so that cargo gives it its own features and not those that the other services want.
    step("release build", || shell::run(&mut shell::cargo(&["build", "--release", "-p", "batea"])))?;
    step("first minute", first_minute)
}

fn first_minute() -> Outcome {
    let folder = shell::root().join("target/smoke");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    let mut server = Server::start(&folder)?;
    server.post_form()?;
    server.wait_for_lead()?;
    server.check_memory()?;
    server.signal("KILL")?;
    let mut again = Server::start(&folder)?;
    again.wait_for_lead()?;
    again.signal("TERM")
}

/// A running embedded server on a free port.
struct Server {
    process: Child,
    port: u16,
    folder: PathBuf,
}

impl Drop for Server {
    fn drop(&mut self) {
        // Only after a failed step: a server that ended already gives an error here, which is fine.
        drop(self.process.kill());
    }
}

impl Server {
    fn start(folder: &Path) -> Outcome<Self> {
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let start = Instant::now();
        let process = Command::new(shell::root().join("target/release/batea"))
            .args(["--listen", &format!("127.0.0.1:{port}"), "--data"])
            .arg(folder.join("data"))
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(fs::File::create(folder.join("stdout"))?)
            .stderr(fs::File::create(folder.join("stderr"))?)
            .spawn()?;
        let server = Self { process, port, folder: folder.to_path_buf() };
        shell::wait_until("/readyz answers", Duration::from_secs(20), || {
            Ok(server
                .exchange("GET", "/readyz", "", "")
                .is_ok_and(|answer| answer.starts_with("HTTP/1.1 200")))
        })?;
        let taken = start.elapsed();
        println!("ready after {} ms", taken.as_millis());
        if taken > READY { Err("not ready within a second".into()) } else { Ok(server) }
    }

    fn post_form(&self) -> Outcome {
        let kind = "Content-Type: application/x-www-form-urlencoded\r\n";
        let answer = self.exchange("POST", "/f/demo", kind, FORM)?;
        let fine = answer.starts_with("HTTP/1.1 303") || answer.starts_with("HTTP/1.1 202");
        if fine { Ok(()) } else { Err(format!("the form was answered with {answer}").into()) }
    }

    fn wait_for_lead(&self) -> Outcome {
        let key = fs::read_to_string(self.folder.join("data/admin.key"))?;
        let header = format!("Authorization: Bearer {}\r\n", key.trim());
        shell::wait_until("the lead is there", Duration::from_secs(10), || {
            Ok(self.exchange("GET", "/v1/leads", &header, "")?.contains("ada@example.com"))
        })
    }

    fn check_memory(&self) -> Outcome {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS in /proc")?;
        let kib: u64 = line.trim().trim_end_matches(" kB").parse()?;
        println!("{} MiB resident", kib / 1024);
        if kib < RESIDENT_KIB { Ok(()) } else { Err("more than 60 MiB resident".into()) }
    }

    /// Sends a signal and waits for the end; a server that was asked politely must end with success.
    fn signal(&mut self, name: &str) -> Outcome {
        shell::run(Command::new("sh").args(["-c", &format!("kill -{name} {}", self.process.id())]))?;
        let mut success = false;
        shell::wait_until("the server ends", Duration::from_secs(10), || {
            let status = self.process.try_wait()?;
            success = status.is_some_and(|status| status.success());
            Ok(status.is_some())
        })?;
        if name == "TERM" && !success { Err("the server ended with a failing code".into()) } else { Ok(()) }
    }

    /// One request on a connection of its own; gives the whole answer as text.
    fn exchange(&self, method: &str, path: &str, headers: &str, body: &str) -> Outcome<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        let length = body.len();
        let host =
            format!("Host: 127.0.0.1:{}\r\nConnection: close\r\nContent-Length: {length}\r\n", self.port);
        stream.write_all(format!("{method} {path} HTTP/1.1\r\n{host}{headers}\r\n{body}").as_bytes())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(String::from_utf8_lossy(&answer).into_owned())
    }
}
