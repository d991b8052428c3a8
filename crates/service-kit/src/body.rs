//! Reads what callers send: never more than allowed, never longer than allowed, never unpacked.

use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap};
use actix_web::web::{Bytes, BytesMut};
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;
use futures_util::stream::{self, Stream, StreamExt};
use tokio::time::{Instant, timeout_at};

use crate::problem::{Code, Problem};

/// How long a body may take to arrive.
const DEADLINE: Duration = Duration::from_secs(10);

/// The body of a request, of at most `LIMIT` bytes.
#[derive(Clone, Debug)]
pub struct Body<const LIMIT: usize>(pub Bytes);

impl<const LIMIT: usize> FromRequest for Body<LIMIT> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move { read(&request, &mut payload, LIMIT).await.map(Self) })
    }
}

/// Reads a body of at most `limit` bytes.
///
/// # Errors
/// `unsupported_encoding`, `body_too_large`, `request_timeout`, `bad_request` when the caller leaves early.
pub async fn read(request: &HttpRequest, payload: &mut Payload, limit: usize) -> Result<Bytes, Problem> {
    let mut chunks = std::pin::pin!(bounded(request, payload.take(), limit));
    let announced = content_length(request.headers()).unwrap_or(0).min(limit);
    let mut body = BytesMut::with_capacity(announced);
    while let Some(chunk) = chunks.next().await {
        body.extend_from_slice(&chunk?);
    }
    Ok(body.freeze())
}

/// The chunks of a body until they exceed `limit` bytes or 10 seconds; for readers that take a body apart as it comes.
pub fn bounded(
    request: &HttpRequest,
    payload: Payload,
    limit: usize,
) -> impl Stream<Item = Result<Bytes, Problem>> + use<> {
    let refused = refused_by_head(request.headers(), limit);
    let reading = Reading { payload, left: limit, deadline: Instant::now() + DEADLINE, refused };
    stream::unfold(Some(reading), |reading| async { reading?.next().await })
}

/// What can be refused before the first byte of the body.
fn refused_by_head(headers: &HeaderMap, limit: usize) -> Option<Problem> {
    let plain = |value: &str| value.trim().is_empty() || value.trim().eq_ignore_ascii_case("identity");
    let encodings = headers.get_all(CONTENT_ENCODING);
    if encodings.into_iter().any(|value| !value.to_str().is_ok_and(|value| value.split(',').all(plain))) {
        return Some(Problem::new(Code::UnsupportedEncoding));
    }
    content_length(headers).is_some_and(|length| length > limit).then(|| too_large(limit))
}

fn content_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn too_large(limit: usize) -> Problem {
    Problem::new(Code::BodyTooLarge).detail(format!("The body may have up to {limit} bytes."))
}

struct Reading {
    payload: Payload,
    left: usize,
    deadline: Instant,
    refused: Option<Problem>,
}

impl Reading {
    /// The next chunk, and what is left to read; nothing is left after a problem.
    async fn next(mut self) -> Option<(Result<Bytes, Problem>, Option<Self>)> {
        if let Some(problem) = self.refused.take() {
            return Some((Err(problem), None));
        }
        match timeout_at(self.deadline, self.payload.next()).await {
            Err(_) => Some((Err(Problem::new(Code::RequestTimeout)), None)),
            Ok(None) => None,
            Ok(Some(Err(error))) => Some((Err(problem_of(&error)), None)),
            Ok(Some(Ok(chunk))) => match self.left.checked_sub(chunk.len()) {
                Some(left) => Some((Ok(chunk), Some(Self { left, ..self }))),
                None => Some((Err(Problem::new(Code::BodyTooLarge)), None)),
            },
        }
    }
}

fn problem_of(error: &PayloadError) -> Problem {
    if matches!(error, PayloadError::Overflow) {
        return Problem::new(Code::BodyTooLarge);
    }
    Problem::new(Code::BadRequest).detail("The body ends before it should, or its framing is broken.")
}

#[cfg(test)]
mod tests {
    use actix_web::web;
    use serde_json::json;

    use super::*;
    use crate::raw_http::{Answer, start};

    async fn length(body: Body<8>) -> String {
        body.0.len().to_string()
    }

    async fn post(headers: &str, body: &[u8]) -> Answer {
        let routes = |cfg: &mut web::ServiceConfig| {
            cfg.service(web::resource("/").route(web::post().to(length)));
        };
        start(routes).send(&format!("POST / HTTP/1.1\n{headers}"), body).await
    }

    fn gist(answer: &Answer) -> (u16, serde_json::Value) {
        (answer.status, answer.json()["code"].clone())
    }

    #[tokio::test]
    async fn a_body_up_to_the_limit_is_read() {
        assert_eq!(post("Content-Length: 8", b"12345678").await.body, "8");
        assert_eq!(post("Content-Length: 0\nContent-Encoding: identity", b"").await.body, "0");
        let chunked = post("Transfer-Encoding: chunked", b"5\r\n12345\r\n3\r\n678\r\n0\r\n\r\n").await;
        assert_eq!(chunked.body, "8");
    }

    #[tokio::test]
    async fn a_longer_body_is_refused_by_its_announced_length_or_when_it_gets_too_long() {
        let announced = post("Content-Length: 99999999999", b"").await;
        assert_eq!(gist(&announced), (413, json!("body_too_large")));
        let chunked = post("Transfer-Encoding: chunked", b"5\r\n12345\r\n4\r\n6789\r\n").await;
        assert_eq!(gist(&chunked), (413, json!("body_too_large")));
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_come_is_given_up_after_ten_seconds() {
        let request = actix_web::test::TestRequest::post().to_http_request();
        let mut payload: Payload = Payload::Stream { payload: Box::pin(stream::pending()) };
        let began = Instant::now();
        let problem = read(&request, &mut payload, 8).await.unwrap_err();
        assert_eq!((problem.code(), began.elapsed()), (Code::RequestTimeout, DEADLINE));
    }

    #[tokio::test]
    async fn an_encoded_body_is_refused_unread() {
        for encoding in ["gzip", "identity, br", "x"] {
            let answer = post(&format!("Content-Length: 4\nContent-Encoding: {encoding}"), b"abcd").await;
            assert_eq!(gist(&answer), (415, json!("unsupported_encoding")), "{encoding}");
        }
    }
}
