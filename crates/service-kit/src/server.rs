//! The HTTP server of every service: one standard application, and limits that hold back who is slow or many.

use std::fmt;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::str::FromStr;
use std::thread::available_parallelism;
use std::time::Duration;

use actix_web::body::BoxBody;
use actix_web::dev::{Server, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::{App, Error, HttpServer, web};

use crate::exchange;
use crate::problem::{Code, Problem};

/// How long the head of a request may take.
const HEAD_DEADLINE: Duration = Duration::from_secs(5);
/// How long an idle connection is kept.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// Connections per worker; two workers stay within the 20,000 open files that containers often get.
const MAX_CONNECTIONS: usize = 6_000;
/// Connections that may wait to be accepted.
const BACKLOG: u32 = 1_024;
/// Seconds that requests in flight get when the server stops; less than the 10 that the process has.
const STOP_SECONDS: u64 = 8;

/// The standard application: problem documents, trace ids, the request log and figures around what `configure` adds.
///
/// Register by `web::resource(path).route(…)`, so that wrong methods are answered with 405.
pub fn app(
    configure: impl FnOnce(&mut web::ServiceConfig),
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<BoxBody>,
        Error = Error,
        InitError = (),
    >,
> {
    App::new().wrap(from_fn(exchange::around)).default_service(web::to(nothing_here)).configure(configure)
}

async fn nothing_here() -> Result<&'static str, Problem> {
    Err(Problem::new(Code::NotFound))
}

/// A server that has its address; it answers once it is handed to a lifecycle.
pub struct HttpListener {
    pub(crate) name: &'static str,
    pub(crate) server: Server,
    address: SocketAddr,
}

impl HttpListener {
    /// The address it is bound to; of several, the first.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl fmt::Debug for HttpListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HttpListener({} on {})", self.name, self.address)
    }
}

/// Why a server does not listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Somebody else has the address.
    #[error("cannot listen on {0}: the address is in use; choose another one, or stop what has it")]
    InUse(ListenAddress),
    /// The address cannot be used.
    #[error("cannot listen on {0}: {1}")]
    Unusable(ListenAddress, io::Error),
}

/// Binds `address` and builds a server for the standard application. Call it inside a runtime.
///
/// # Errors
/// When the address cannot be bound.
pub fn listen(
    name: &'static str,
    address: &ListenAddress,
    configure: impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static,
) -> Result<HttpListener, ListenError> {
    let unusable = |error: io::Error| {
        if error.kind() == io::ErrorKind::AddrInUse {
            return ListenError::InUse(address.clone());
        }
        ListenError::Unusable(address.clone(), error)
    };
    raise_open_files();
    let resolved: Vec<SocketAddr> = address.0.to_socket_addrs().map_err(unusable)?.collect();
    let server = HttpServer::new(move || app(configure.clone()))
        .workers(available_parallelism().map_or(2, usize::from))
        .client_request_timeout(HEAD_DEADLINE)
        .keep_alive(KEEP_ALIVE)
        .max_connections(MAX_CONNECTIONS)
        .backlog(BACKLOG)
        .tcp_nodelay(true)
        .shutdown_timeout(STOP_SECONDS)
        .disable_signals()
        .bind(resolved.as_slice())
        .map_err(unusable)?;
    let bound = server.addrs().first().copied();
    let address = bound.ok_or_else(|| unusable(io::Error::from(io::ErrorKind::AddrNotAvailable)))?;
    Ok(HttpListener { name, server: server.run(), address })
}

/// Every connection is an open file, and shells often allow 1,024 of them: take as many as the system lets us.
fn raise_open_files() {
    if let Err(error) = rlimit::increase_nofile_limit(u64::MAX) {
        tracing::warn!(%error, "the limit of open files stays as it is");
    }
}

/// A host and a port to listen on, as `127.0.0.1:8080`, `localhost:8080`, `[::1]:8080` or `:8080` (all addresses).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenAddress(String);

/// The text is no address to listen on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a host and a port such as 127.0.0.1:8080")]
pub struct NotAnAddress;

impl FromStr for ListenAddress {
    type Err = NotAnAddress;

    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        let (host, port) = text.rsplit_once(':').ok_or(NotAnAddress)?;
        port.parse::<u16>().map_err(|_| NotAnAddress)?;
        let bare_ipv6 = host.contains(':') && !host.starts_with('[');
        if bare_ipv6 || host.chars().any(char::is_whitespace) {
            return Err(NotAnAddress);
        }
        Ok(Self(if host.is_empty() { format!("0.0.0.0:{port}") } else { text.to_owned() }))
    }
}

impl fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_to_listen_on_has_a_host_and_a_port() {
        let read = |text: &str| text.parse::<ListenAddress>().map(|address| address.to_string());
        assert_eq!(read(":8080"), Ok("0.0.0.0:8080".to_owned()));
        assert_eq!(read("localhost:0"), Ok("localhost:0".to_owned()));
        assert_eq!(read("[::1]:8080"), Ok("[::1]:8080".to_owned()));
        for text in
            ["", "8080", "localhost", "localhost:", "localhost:http", "localhost:70000", "::1:8080", "a b:1"]
        {
            assert_eq!(read(text), Err(NotAnAddress), "{text}");
        }
    }

    #[tokio::test]
    async fn a_taken_address_is_said_to_be_taken() {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap().to_string().parse().unwrap();
        let error = listen("test", &address, |_| ()).unwrap_err();
        assert!(matches!(error, ListenError::InUse(_)), "{error}");
    }
}
