//! Puts what the development servers need onto a bare Debian; does nothing where it is there already.

use std::process::Command;

use super::postgres;
use crate::shell::{self, Outcome};

/// Keeps the package from making and starting a cluster of its own, while it is being installed.
const NO_CLUSTER: &str = "/etc/postgresql-common/createcluster.d/batea-dev.conf";

pub(super) fn kafka() -> Outcome {
    let mut missing = Vec::new();
    if !shell::on_path("java") {
        missing.push("default-jre-headless");
    }
    if !shell::on_path("mvn") {
        missing.push("maven");
    }
    // librdkafka is built from its C sources, with make.
    if !shell::on_path("cc") || !shell::on_path("c++") || !shell::on_path("make") {
        missing.push("build-essential");
    }
    packages(&missing)
}

pub(super) fn postgres() -> Outcome {
    if postgres::programs().is_some() {
        return Ok(());
    }
    let quiet =
        format!("mkdir -p \"$(dirname {NO_CLUSTER})\" && echo 'create_main_cluster = false' > {NO_CLUSTER}");
    shell::run(&mut as_root("sh", &["-c", &quiet]))?;
    let installed = packages(&["postgresql"]);
    shell::run(&mut as_root("rm", &["-f", NO_CLUSTER]))?;
    installed
}

fn packages(names: &[&str]) -> Outcome {
    if names.is_empty() {
        return Ok(());
    }
    if !shell::on_path("apt-get") {
        return Err(format!("please install what Debian calls {}", names.join(", ")).into());
    }
    println!("installing {}", names.join(", "));
    shell::run(&mut as_root("apt-get", &["update", "-qq"]))?;
    let mut words =
        vec!["DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "-qq", "--no-install-recommends"];
    words.extend(names);
    shell::run(&mut as_root("env", &words))
}

/// A command with the rights of root: itself when we are root, else through sudo.
fn as_root(program: &str, arguments: &[&str]) -> Command {
    let mut command = if shell::is_root() { Command::new(program) } else { Command::new("sudo") };
    if !shell::is_root() {
        command.arg(program);
    }
    command.args(arguments);
    command
}
