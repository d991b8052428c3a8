//! A small HTTP client that can also send what no well-behaved client would.

use std::fmt::Write as _;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// How long an answer may take. The product promises less everywhere.
const PATIENCE: Duration = Duration::from_secs(20);

/// A request, built step by step.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// What a server answered.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn new(method: &str, path: &str) -> Self {
        Self { method: method.to_owned(), path: path.to_owned(), headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    pub(crate) fn post(path: &str, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        Self { body, ..Self::new("POST", path) }.header("Content-Type", content_type)
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn key(self, key: &str) -> Self {
        self.header("Authorization", &format!("Bearer {key}"))
    }

    /// The request as bytes, on a connection of its own.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut head =
            format!("{} {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n", self.method, self.path);
        for (name, value) in &self.headers {
            write!(head, "{name}: {value}\r\n").unwrap();
        }
        let tells_length = self.headers.iter().any(|(name, _)| {
            name.eq_ignore_ascii_case("content-length") || name.eq_ignore_ascii_case("transfer-encoding")
        });
        if !tells_length && (self.method != "GET" || !self.body.is_empty()) {
            write!(head, "Content-Length: {}\r\n", self.body.len()).unwrap();
        }
        [head.as_bytes(), b"\r\n", &self.body].concat()
    }

    /// Sends it and reads the answer.
    pub(crate) fn send(&self, to: SocketAddr) -> io::Result<Answer> {
        send_bytes(to, self.to_bytes())
    }
}

/// Sends bytes on a connection of their own and reads the answer.
pub(crate) fn send_bytes(to: SocketAddr, bytes: Vec<u8>) -> io::Result<Answer> {
    let mut stream = TcpStream::connect_timeout(&to, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    if bytes.len() < 64 * 1024 {
        stream.write_all(&bytes)?;
        return Answer::read(&mut stream);
    }
    // Who refuses a large body answers before it was sent: reading must not wait for the writing.
    let mut writing = stream.try_clone()?;
    let writer = thread::spawn(move || writing.write_all(&bytes).is_ok());
    let answer = Answer::read(&mut stream);
    // Fails when the server has closed the connection already, which ends the writer, too.
    drop(stream.shutdown(Shutdown::Both));
    writer.join().unwrap();
    answer
}

impl Answer {
    fn read(stream: &mut TcpStream) -> io::Result<Self> {
        let mut received = Vec::new();
        let end = read_until(stream, &mut received, |bytes| find(bytes, b"\r\n\r\n"))?;
        let head = String::from_utf8_lossy(&received[..end]).into_owned();
        let rest = received.split_off(end + 4);
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).ok_or_else(torn)?;
        let header =
            |line: &str| line.split_once(':').map(|(name, value)| (name.to_owned(), value.trim().to_owned()));
        let mut answer = Self { status, headers: lines.filter_map(header).collect(), body: Vec::new() };
        if status == 100 {
            return Self::read(stream);
        }
        answer.body = answer.read_body(stream, rest)?;
        Ok(answer)
    }

    fn read_body(&self, stream: &mut TcpStream, mut received: Vec<u8>) -> io::Result<Vec<u8>> {
        if self.header("transfer-encoding").is_some() {
            let end = read_until(stream, &mut received, |bytes| find(bytes, b"0\r\n\r\n"))?;
            return dechunked(&received[..end]);
        }
        let length = self.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        read_until(stream, &mut received, |bytes| (bytes.len() >= length).then_some(length))?;
        Ok(received)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// The answer, which must have this status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{:?}\n{}", self.headers, self.text());
        self
    }

    /// The code of a problem document, which this answer must be, in every part of it.
    #[track_caller]
    pub(crate) fn problem(&self) -> String {
        let text = self.text();
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{} {text}", self.status);
        let problem = self.json();
        for key in ["type", "title", "detail", "code", "trace_id"] {
            assert!(problem[key].as_str().is_some_and(|text| !text.is_empty()), "{key}: {text}");
        }
        assert_eq!(problem["status"], self.status, "{text}");
        for error in problem["errors"].as_array().unwrap_or_else(|| panic!("no errors: {text}")) {
            assert!(["pointer", "code", "detail"].iter().all(|key| error[key].is_string()), "{text}");
        }
        problem["code"].as_str().unwrap().to_owned()
    }

    /// Seconds until a repeat makes sense: a whole number, as the contract says.
    pub(crate) fn retry_after(&self) -> Option<u32> {
        self.header("retry-after")?.parse().ok()
    }
}

fn torn() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the answer ends in the middle")
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn read_until(
    stream: &mut TcpStream,
    received: &mut Vec<u8>,
    end: impl Fn(&[u8]) -> Option<usize>,
) -> io::Result<usize> {
    let mut buffer = [0; 64 * 1024];
    loop {
        if let Some(end) = end(received) {
            return Ok(end);
        }
        match stream.read(&mut buffer)? {
            0 => return Err(torn()),
            read => received.extend_from_slice(&buffer[..read]),
        }
    }
}

fn dechunked(mut chunks: &[u8]) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(end) = find(chunks, b"\r\n") {
        let size =
            std::str::from_utf8(&chunks[..end]).ok().and_then(|size| usize::from_str_radix(size, 16).ok());
        let size = size.ok_or_else(torn)?;
        body.extend_from_slice(chunks.get(end + 2..end + 2 + size).ok_or_else(torn)?);
        chunks = chunks.get(end + 2 + size + 2..).unwrap_or_default();
    }
    Ok(body)
}

/// A text as it stands in a query string or a form.
pub(crate) fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").unwrap();
        }
    }
    encoded
}

/// Fields as a browser posts them without JavaScript.
pub(crate) fn urlencoded(fields: &[(&str, &str)]) -> String {
    let pairs = fields.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
}
