//! Origins: scheme, host and port of a page, in one canonical form.

use std::fmt;

/// The origin of a page, as browsers write it: lower case, without the scheme's usual port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    scheme: &'static str,
    authority: String,
}

impl Origin {
    /// Reads an origin: a web address without a path.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (origin, rest) = Self::of_url(text)?;
        rest.is_empty().then_some(origin)
    }

    /// The origin of a web address, and what follows it. None for anything that a browser might read otherwise.
    pub(crate) fn of_url(url: &str) -> Option<(Self, &str)> {
        let (scheme, rest) = url.split_once("://")?;
        let scheme = ["https", "http"].into_iter().find(|known| scheme.eq_ignore_ascii_case(known))?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at_checked(end)?;
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port.parse::<u16>().ok()?)),
            Some(_) | None => (authority, None),
        };
        if !is_host(host) {
            return None;
        }
        let authority = match port.filter(|port| *port != usual_port(scheme)) {
            Some(port) => format!("{}:{port}", host.to_ascii_lowercase()),
            None => host.to_ascii_lowercase(),
        };
        Some((Self { scheme, authority }, rest))
    }

    /// Whether the `Host` header of a request to us names the same host and port.
    pub(crate) fn is_host(&self, host: &str) -> bool {
        Self::of_url(&format!("{}://{host}", self.scheme))
            .is_some_and(|(own, rest)| rest.is_empty() && own.authority == self.authority)
    }
}

const fn usual_port(scheme: &str) -> u16 {
    // "https" or "http", nothing else.
    if scheme.len() == 5 { 443 } else { 80 }
}

/// A name, an IPv4 address, or an IPv6 address in brackets; no user, no blanks, nothing that needs decoding.
fn is_host(host: &str) -> bool {
    let (ipv6, inner) = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(inner) => (true, inner),
        None => (false, host),
    };
    let fits = |byte: u8| if ipv6 { byte.is_ascii_hexdigit() || byte == b':' } else { is_name_byte(byte) };
    !inner.is_empty() && inner.bytes().all(fits)
}

const fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_')
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.authority)
    }
}
