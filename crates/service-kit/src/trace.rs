//! The id that ties an answer to the log lines of its request.

use std::fmt;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::HeaderMap;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use serde::{Serialize, Serializer};

use crate::random;

/// The trace id of a request: from the caller's `traceparent` header (W3C Trace Context), or fresh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceId([u8; 16]);

impl TraceId {
    /// A new one.
    #[must_use]
    pub fn fresh() -> Self {
        // Without random bytes the id is useless, but the request can still be answered.
        Self(random::bytes().unwrap_or([0; 16]))
    }

    /// The caller's, if it sent a valid one, else a new one.
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let given = headers.get("traceparent").and_then(|value| value.to_str().ok());
        given.and_then(Self::from_traceparent).unwrap_or_else(Self::fresh)
    }

    /// Reads `00-<32 hex>-<16 hex>-<2 hex>`; versions to come may append fields.
    fn from_traceparent(text: &str) -> Option<Self> {
        let mut fields = text.split('-');
        let [version, trace, parent, flags] =
            [fields.next()?, fields.next()?, fields.next()?, fields.next()?];
        let well_formed = is_hex(version, 2) && is_hex(trace, 32) && is_hex(parent, 16) && is_hex(flags, 2);
        let ends = version != "00" || fields.next().is_none();
        if !well_formed || !ends || version == "ff" || parent.bytes().all(|digit| digit == b'0') {
            return None;
        }
        let mut id = [0; 16];
        hex::decode_to_slice(trace, &mut id).ok()?;
        (id != [0; 16]).then_some(Self(id))
    }
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl Serialize for TraceId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl FromRequest for TraceId {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let known = request.extensions().get::<Self>().copied();
        ready(Ok(known.unwrap_or_else(|| Self::of(request.headers()))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_valid_traceparent_gives_its_trace_id() {
        let id =
            TraceId::from_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").unwrap();
        assert_eq!(id.to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert!(
            TraceId::from_traceparent("cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x").is_some()
        );
    }

    #[test]
    fn what_is_no_traceparent_gives_none() {
        for text in [
            "",
            "00",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-é4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
        ] {
            assert_eq!(TraceId::from_traceparent(text), None, "{text}");
        }
    }
}
