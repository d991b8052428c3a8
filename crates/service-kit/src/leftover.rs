//! What a caller goes on sending after it was answered.
//!
//! Left alone, the server would read on to the end of a chunked body that nobody wants, for as long as the caller
//! pleases. A payload that outlives the answer makes it close the connection instead, a moment after the answer.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_web::HttpMessage;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::web::Bytes;
use futures_util::stream::{Stream, StreamExt};

/// The payload of a request, read by its handler, and kept by us.
#[derive(Clone)]
pub(crate) struct Leftover(Rc<RefCell<Reading>>);

struct Reading {
    payload: Payload,
    ended: bool,
}

impl Leftover {
    /// Keeps hold of the payload of a request that has one.
    pub(crate) fn of(request: &mut ServiceRequest) -> Option<Self> {
        let payload = request.take_payload();
        if matches!(payload, Payload::None) {
            return None;
        }
        let kept = Self(Rc::new(RefCell::new(Reading { payload, ended: false })));
        request.set_payload(Payload::Stream { payload: Box::pin(kept.clone()) });
        Some(kept)
    }

    /// Lets what was not read live until the answer is sent.
    pub(crate) fn outlive(self, answer: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
        if self.0.borrow().ended {
            return answer;
        }
        answer.map_body(|_, body| BoxBody::new(WithLeftover { body, _payload: self }))
    }
}

impl Stream for Leftover {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut reading = self.0.borrow_mut();
        let chunk = ready!(reading.payload.poll_next_unpin(cx));
        reading.ended |= chunk.is_none();
        Poll::Ready(chunk)
    }
}

struct WithLeftover {
    body: BoxBody,
    _payload: Leftover,
}

impl MessageBody for WithLeftover {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(cx)
    }
}
