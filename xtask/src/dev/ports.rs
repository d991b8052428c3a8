//! Which ports the development servers take: unusual fixed ones, or free ones when another checkout holds those.

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;

use crate::shell::Outcome;

/// The port that a server was given when it started last.
pub(super) fn of(server: &str) -> Outcome<u16> {
    let text = fs::read_to_string(file(server))
        .map_err(|_| format!("{server} was never started here: `cargo xtask dev up` starts it"))?;
    Ok(text.trim().parse()?)
}

/// Chooses the port for a server that is about to start, and keeps it for [`of`].
pub(super) fn choose(server: &str, wanted: u16) -> Outcome<u16> {
    let last = of(server).unwrap_or(wanted);
    let listener = TcpListener::bind(("127.0.0.1", last)).or_else(|_| TcpListener::bind(("127.0.0.1", 0)))?;
    let port = listener.local_addr()?.port();
    fs::create_dir_all(super::folder())?;
    fs::write(file(server), format!("{port}\n"))?;
    Ok(port)
}

fn file(server: &str) -> PathBuf {
    super::folder().join(format!("{server}.port"))
}
