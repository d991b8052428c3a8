//! Who may depend on whom (ARCHITECTURE.md, "Code map").

use super::source::SourceFile;
use crate::shell::{self, Outcome};
use crate::workspace::Package;

/// What each crate of the product may take from this workspace. Tests of a crate may take more.
const ARROWS: [(&str, &[&str]); 9] = [
    ("lead-domain", &[]),
    ("sqlite-file", &[]),
    ("service-kit", &[]),
    ("event-log", &["sqlite-file"]),
    ("read-model", &["lead-domain", "sqlite-file"]),
    ("ingest", &["event-log", "lead-domain", "service-kit"]),
    ("qualification", &["event-log", "lead-domain", "read-model", "service-kit"]),
    ("query", &["event-log", "lead-domain", "read-model", "service-kit"]),
    (
        "batea",
        &[
            "event-log",
            "ingest",
            "lead-domain",
            "qualification",
            "query",
            "read-model",
            "service-kit",
            "sqlite-file",
        ],
    ),
];
/// Crates of the workspace that the product does not know.
const TOOLS: [&str; 3] = ["bench", "integration-tests", "xtask"];
/// Foreign crates with a room: nobody else in the product names them.
const ROOMS: [(&str, &[&str]); 3] = [
    ("rdkafka", &["event-log"]),
    ("sqlx", &["event-log", "read-model", "sqlite-file"]),
    ("actix-web", &["batea", "ingest", "qualification", "query", "service-kit"]),
];
/// What the pure core must not link, and what its text must not say.
const IMPURE_CRATES: [&str; 8] =
    ["actix-web", "getrandom", "log", "rand", "rdkafka", "sqlx", "tokio", "tracing"];
const IMPURE_WORDS: [&str; 9] = [
    "std::env",
    "std::fs",
    "std::io",
    "std::net",
    "std::process",
    "std::thread",
    "SystemTime::now",
    "Instant::now()",
    "Utc::now",
];
/// What the embedded server must not link: it builds with a Rust toolchain and a C compiler alone.
const NOT_EMBEDDED: [&str; 5] = ["openssl-sys", "rdkafka", "rdkafka-sys", "sqlx-mysql", "sqlx-postgres"];

pub(super) fn check(packages: &[Package]) -> Vec<String> {
    let product = packages.iter().filter(|package| !TOOLS.contains(&package.name.as_str()));
    product.flat_map(|package| wrong_arrows(package, packages)).collect()
}

fn wrong_arrows(package: &Package, packages: &[Package]) -> Vec<String> {
    let name = package.name.as_str();
    let Some((_, allowed)) = ARROWS.iter().find(|(crate_name, _)| *crate_name == name) else {
        return vec![format!("{name}: a new crate: give it its arrows in xtask/src/tidy/arrows.rs")];
    };
    let own = package.dependencies.iter().filter(|dependency| !dependency.tests_only);
    let wrong = own.filter(|dependency| {
        let foreign = dependency.name.as_str();
        let member = packages.iter().any(|member| member.name == foreign);
        let roomless =
            ROOMS.iter().any(|(crate_name, rooms)| *crate_name == foreign && !rooms.contains(&name));
        let impure = name == "lead-domain" && IMPURE_CRATES.contains(&foreign);
        (member && !allowed.contains(&foreign)) || roomless || impure
    });
    wrong.map(|dependency| format!("{name}: must not depend on {}", dependency.name)).collect()
}

/// The core is a function: no clock, no files, no network, no environment, no threads.
pub(super) fn check_purity(file: &SourceFile) -> Vec<String> {
    if !file.path.starts_with("crates/lead-domain/src/") || file.is_test() {
        return Vec::new();
    }
    let lines = file.product_lines();
    let said = |line: &str| IMPURE_WORDS.iter().find(|word| line.contains(*word)).copied();
    let found = lines.iter().enumerate().filter_map(|(at, line)| Some((at, said(line)?)));
    found.map(|(at, word)| file.finding(at, &format!("the pure core says {word}"))).collect()
}

/// Asks cargo what the embedded server links when it is built alone.
pub(super) fn check_embedded() -> Outcome<Vec<String>> {
    let words = ["tree", "-p", "batea", "-e", "normal,build", "--prefix", "none", "--locked"];
    Ok(not_embedded(&shell::output(&mut shell::cargo(&words))?))
}

fn not_embedded(tree: &str) -> Vec<String> {
    let linked = |name: &&&str| tree.lines().any(|line| line.split(' ').next() == Some(**name));
    NOT_EMBEDDED
        .iter()
        .filter(linked)
        .map(|name| format!("batea: the embedded server links {name}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Dependency;

    fn package(name: &str, dependencies: &[(&str, bool)]) -> Package {
        let dependency =
            |&(name, tests_only): &(&str, bool)| Dependency { name: name.to_owned(), tests_only };
        Package {
            name: name.to_owned(),
            features: Vec::new(),
            dependencies: dependencies.iter().map(dependency).collect(),
        }
    }

    #[test]
    fn services_that_import_each_other_are_found() {
        let packages = [package("ingest", &[("query", false)]), package("query", &[])];
        assert_eq!(check(&packages), ["ingest: must not depend on query"]);
    }

    #[test]
    fn a_foreign_crate_outside_its_room_is_found_except_in_tests() {
        let packages = [package("ingest", &[("sqlx", false)]), package("query", &[("sqlx", true)])];
        assert_eq!(check(&packages), ["ingest: must not depend on sqlx"]);
    }

    #[test]
    fn the_pure_core_takes_no_runtime() {
        assert_eq!(
            check(&[package("lead-domain", &[("tokio", false)])]),
            ["lead-domain: must not depend on tokio"]
        );
    }

    #[test]
    fn a_crate_without_arrows_is_found() {
        let expected = "chatter: a new crate: give it its arrows in xtask/src/tidy/arrows.rs";
        assert_eq!(check(&[package("chatter", &[])]), [expected]);
    }

    #[test]
    fn the_pure_core_does_not_read_a_clock() {
        let file = SourceFile {
            path: "crates/lead-domain/src/lead.rs".to_owned(),
            text: "use std::fs;\n#[cfg(test)]\nuse std::env;\n".to_owned(),
        };
        assert_eq!(check_purity(&file), ["crates/lead-domain/src/lead.rs:1: the pure core says std::fs"]);
    }

    #[test]
    fn a_database_driver_in_the_embedded_tree_is_found() {
        let tree = "batea v0.1.0 (x)\nsqlx-sqlite v0.9.0\nsqlx-postgres v0.9.0\n";
        assert_eq!(not_embedded(tree), ["batea: the embedded server links sqlx-postgres"]);
    }
}
