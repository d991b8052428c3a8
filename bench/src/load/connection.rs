//! One keep-alive connection of the load generator: a request goes out, its answer comes in, then the next.

use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::time::Instant;

use mio::net::TcpStream;
use mio::{Interest, Registry, Token};

/// A connection. It has at most one request under way.
#[derive(Debug)]
pub(super) struct Connection {
    stream: TcpStream,
    out: Vec<u8>,
    sent: usize,
    answer: Vec<u8>,
    /// When the request under way was to start; none if the connection is free.
    pub(super) started: Option<Instant>,
}

impl Connection {
    pub(super) fn open(address: SocketAddr, registry: &Registry, token: Token) -> io::Result<Self> {
        // Connects while blocking, so that the run begins with all connections open.
        let stream = std::net::TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let mut stream = TcpStream::from_std(stream);
        registry.register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
        Ok(Self {
            stream,
            out: Vec::with_capacity(1 << 16),
            sent: 0,
            answer: Vec::with_capacity(1 << 12),
            started: None,
        })
    }

    /// Sends what `write` puts into the buffer; the answer's latency counts from `started`.
    pub(super) fn send(&mut self, started: Instant, write: impl FnOnce(&mut Vec<u8>)) -> io::Result<()> {
        self.out.clear();
        self.sent = 0;
        write(&mut self.out);
        self.started = Some(started);
        self.flush()
    }

    /// Sends the rest of the request, as far as the socket takes it.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        while let Some(rest) = self.out.get(self.sent..).filter(|rest| !rest.is_empty()) {
            match self.stream.write(rest) {
                Ok(count) => self.sent += count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Reads what came. The status and the intended start of the request, when its answer is complete.
    pub(super) fn receive(&mut self) -> io::Result<Option<(u16, Instant)>> {
        let mut chunk = [0; 16 << 10];
        loop {
            match self.stream.read(&mut chunk) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(count) => {
                    self.answer.extend_from_slice(&chunk[..count]);
                    if count < chunk.len() {
                        return self.complete();
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return self.complete(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    fn complete(&mut self) -> io::Result<Option<(u16, Instant)>> {
        let Some(answer) = Answer::read(&self.answer)? else { return Ok(None) };
        if self.answer.len() < answer.length {
            return Ok(None);
        }
        self.answer.clear();
        let started =
            self.started.take().ok_or_else(|| io::Error::other("an answer that nobody asked for"))?;
        Ok(Some((answer.status, started)))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Answer {
    status: u16,
    length: usize,
}

impl Answer {
    /// The status, and the length of head and body; none while the head is incomplete.
    fn read(bytes: &[u8]) -> io::Result<Option<Self>> {
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
        let head = std::str::from_utf8(&bytes[..end]).map_err(io::Error::other)?;
        let mut lines = head.split("\r\n");
        let status =
            lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok());
        let length = lines.filter_map(|line| line.split_once(':'));
        let length = length.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        let length = length.filter_map(|(_, value)| value.trim().parse::<usize>().ok()).next();
        match (status, length) {
            (Some(status), Some(length)) => Ok(Some(Self { status, length: end + 4 + length })),
            _ => Err(io::Error::other("an answer without status or content-length")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_complete_with_its_head_and_the_length_that_it_tells() {
        let text = b"HTTP/1.1 202 Accepted\r\ncontent-length: 3\r\nX: y\r\n\r\n{}\n";
        assert_eq!(Answer::read(&text[..20]).unwrap(), None);
        assert_eq!(Answer::read(text).unwrap(), Some(Answer { status: 202, length: text.len() }));
        assert!(Answer::read(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
    }
}
