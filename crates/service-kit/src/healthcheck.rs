//! The health check of a container: its image holds no program but the service, so the service asks itself.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::process::ExitCode;
use std::time::Duration;

use crate::server::ListenAddress;

const DEADLINE: Duration = Duration::from_secs(3);

/// Asks a service on this machine for `/readyz`: success when it answers 200 within three seconds.
///
/// For a subcommand `healthcheck` that takes the same options and environment as the service itself, so that it knows where
/// the service listens. Prints nothing; the reason stands in the body that `/readyz` gives to others.
#[must_use]
pub fn healthcheck(address: &ListenAddress) -> ExitCode {
    let ready = answer(address).is_ok_and(|answer| is_success(&answer));
    if ready { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Reads the first line of the answer and no more than that.
fn answer(address: &ListenAddress) -> io::Result<Vec<u8>> {
    let mut resolved = address.to_string().to_socket_addrs()?;
    let target = resolved.next().ok_or(io::ErrorKind::AddrNotAvailable)?;
    let mut stream = TcpStream::connect_timeout(&target, DEADLINE)?;
    stream.set_read_timeout(Some(DEADLINE))?;
    stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.take("HTTP/1.1 200".len() as u64).read_to_end(&mut answer)?;
    Ok(answer)
}

fn is_success(answer: &[u8]) -> bool {
    answer.starts_with(b"HTTP/1.1 200")
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// A server that gives one connection this answer.
    fn server(text: &'static str) -> ListenAddress {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.read_exact(&mut [0; 10]).unwrap();
            stream.write_all(text.as_bytes()).unwrap();
        });
        address.parse().unwrap()
    }

    #[test]
    fn only_a_service_that_is_ready_is_healthy() {
        assert_eq!(healthcheck(&server("HTTP/1.1 200 OK\r\n\r\n")), ExitCode::SUCCESS);
        assert_eq!(healthcheck(&server("HTTP/1.1 503 Service Unavailable\r\n\r\n")), ExitCode::FAILURE);
    }

    #[test]
    fn a_port_where_nobody_listens_is_not_healthy() {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        assert_eq!(healthcheck(&free.to_string().parse().unwrap()), ExitCode::FAILURE);
    }
}
