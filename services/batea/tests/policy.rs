//! `batea policy simulate`, as its user meets it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

/// The program, without the settings of whoever runs the tests.
fn batea(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_batea"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("BATEA_")) {
        command.env_remove(name);
    }
    command.args(args).current_dir(folder).stdin(Stdio::null());
    command
}

/// A running server without leads; killed when dropped.
struct Server {
    process: Child,
    folder: TempDir,
    url: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Server {
    fn start() -> Self {
        let folder = TempDir::new().unwrap();
        let mut command = batea(folder.path(), &["--listen", "127.0.0.1:0"]);
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
        let line = lines.find(|line| line.contains("listens on ")).unwrap();
        let url = line.split(' ').next_back().unwrap().to_owned();
        Self { process, folder, url }
    }

    /// Tries the policy of a file with this text.
    fn simulate(&self, text: &str, args: &[&str]) -> Output {
        fs::write(self.folder.path().join("new.yaml"), text).unwrap();
        let args = [&["policy", "simulate", "new.yaml", "--url", &self.url], args].concat();
        batea(self.folder.path(), &args).output().unwrap()
    }
}

const KEY: [&str; 2] = ["--key-file", "data/admin.key"];

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_candidate_is_tried_and_told_as_a_table_or_as_json_with_its_progress_beside() {
    let server = Server::start();
    let file = "region: FR\npolicy:\n  half_life_days: 14\n";
    let table = server.simulate(file, &KEY);
    assert!(table.status.success(), "{}", text(&table.stderr));
    assert!(text(&table.stdout).starts_with("0 leads as of "), "{}", text(&table.stdout));
    assert!(text(&table.stdout).contains("temperature  nobody"), "{}", text(&table.stdout));
    assert_eq!(text(&table.stderr), "0 of 0 leads\n");

    let json = server.simulate(file, &[&KEY[..], &["--json"]].concat());
    let document: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_ne!(document["active"], document["candidate"]);
    assert_eq!(document["ranking"].as_array().unwrap().len(), 4);
}

#[test]
fn what_the_installation_refuses_is_told_by_its_place_in_the_file() {
    let server = Server::start();
    let refused = server.simulate("policy:\n  half_life_day: 14\n  temperature: {hot: 1}\n", &KEY);
    let told = text(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1));
    assert!(told.contains("new.yaml:2:3: ") && told.contains("half_life_days"), "{told}");
    assert!(told.contains("new.yaml:3:17: "), "{told}");
    assert_eq!(text(&refused.stdout), "");
}

#[test]
fn who_has_no_key_or_the_wrong_one_or_asks_nobody_is_told_what_to_do() {
    let server = Server::start();
    let told = |args: &[&str]| text(&server.simulate("policy: {}\n", args).stderr);
    assert!(told(&[]).contains("BATEA_KEY"), "{}", told(&[]));
    let unknown = told(&["--key", "wrong"]);
    assert!(unknown.contains("A known key is required.") && unknown.contains("data/admin.key"), "{unknown}");
    let away =
        batea(server.folder.path(), &["policy", "simulate", "new.yaml", "--url", "http://127.0.0.1:1"])
            .env("BATEA_KEY", "any")
            .output()
            .unwrap();
    assert!(text(&away.stderr).starts_with("http://127.0.0.1:1 does not answer: "), "{}", text(&away.stderr));
}

#[test]
fn the_policies_that_we_show_are_valid() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/policies");
    let files: Vec<_> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(!files.is_empty());
    for file in files {
        let checked = batea(Path::new(folder), &["check", file.to_str().unwrap()]).output().unwrap();
        assert!(checked.status.success(), "{}", text(&checked.stderr));
    }
}
