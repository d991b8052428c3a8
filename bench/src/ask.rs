//! Single questions over HTTP, outside of what is measured.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::Outcome;

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Its status.
    pub(crate) status: u16,
    /// Its text.
    pub(crate) body: String,
}

/// Asks for a path.
///
/// # Errors
/// When there is no answer.
pub(crate) fn get(address: SocketAddr, path: &str) -> Outcome<Answer> {
    get_with(address, path, "", Duration::from_secs(5))
}

/// Asks for a path with a key, and waits so long for each part of the answer.
///
/// # Errors
/// When there is no answer.
pub(crate) fn get_with(address: SocketAddr, path: &str, key: &str, patience: Duration) -> Outcome<Answer> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
    stream.set_read_timeout(Some(patience))?;
    let key = if key.is_empty() { String::new() } else { format!("Authorization: Bearer {key}\r\n") };
    write!(stream, "GET {path} HTTP/1.1\r\nHost: bench\r\n{key}Connection: close\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let (head, body) = text.split_once("\r\n\r\n").ok_or("half an answer")?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or("no status")?;
    Ok(Answer { status, body: body.to_owned() })
}

/// The sum of a metric over all its labels; 0 when it is not there.
///
/// # Errors
/// When there is no answer.
pub(crate) fn metric(address: SocketAddr, name: &str) -> Outcome<f64> {
    let answer = get(address, "/metrics")?;
    let value = |line: &str| -> Option<f64> {
        let rest = line.strip_prefix(name)?;
        (rest.starts_with(' ') || rest.starts_with('{')).then(|| rest.rsplit(' ').next()?.parse().ok())?
    };
    Ok(answer.body.lines().filter_map(value).sum())
}
