//! For tests: a server on a free port, and requests as bytes.

use std::net::SocketAddr;

use actix_web::web;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::lifecycle::{Lifecycle, Shutdown};
use crate::server::listen;

/// A running server; it stops when dropped.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    shutdown: Shutdown,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shutdown.request();
    }
}

/// An answer, taken apart.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

pub(crate) fn start(configure: impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static) -> Running {
    let listener = listen("test", &"127.0.0.1:0".parse().unwrap(), configure).unwrap();
    let address = listener.address();
    let mut lifecycle = Lifecycle::new();
    let shutdown = lifecycle.shutdown();
    lifecycle.serve(listener);
    drop(tokio::spawn(lifecycle.run()));
    Running { address, shutdown }
}

impl Running {
    /// Sends `head` (lines without the last empty one) and `body`, and reads until the server closes.
    pub(crate) async fn send(&self, head: &str, body: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        let head =
            format!("{}\r\nHost: test\r\nConnection: close\r\n\r\n", head.trim().replace('\n', "\r\n"));
        stream.write_all(head.as_bytes()).await.unwrap();
        // The server may have answered and closed already.
        drop(stream.write_all(body).await);
        let mut answer = Vec::new();
        drop(stream.read_to_end(&mut answer).await);
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_owned(), body: body.to_owned() }
    }
}
