//! The one table of what can go wrong: code, status, sentence.

use actix_web::http::StatusCode;
use serde::{Serialize, Serializer};

/// Names a kind of problem for programs; never changes its name or its status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// The request as a whole cannot be understood.
    BadRequest,
    /// The body is not JSON.
    UnreadableJson,
    /// The body, or a part of it, is not UTF-8.
    InvalidUtf8,
    /// A parameter of the query has a wrong value, or there is no such parameter.
    InvalidParameter,
    /// The cursor was not given out here, or for another list.
    InvalidCursor,
    /// The position was not given out here.
    InvalidPosition,
    /// The `Idempotency-Key` header has no usable value.
    InvalidIdempotencyKey,
    /// No key, or an unknown one.
    Unauthorized,
    /// The key is known, but may not do this.
    ForbiddenScope,
    /// The page that sent the request may not use this form.
    ForbiddenOrigin,
    /// Nothing here.
    NotFound,
    /// No form of this name.
    UnknownForm,
    /// The path exists, but not with this method.
    MethodNotAllowed,
    /// No representation that the caller accepts.
    NotAcceptable,
    /// The body did not arrive in time.
    RequestTimeout,
    /// Something else holds that the request contradicts.
    Conflict,
    /// The read model has not come as far as asked for.
    PositionNotReached,
    /// The body is larger than this path takes.
    BodyTooLarge,
    /// More facts than one request may have.
    TooManyFacts,
    /// More fields than a form may have.
    TooManyFields,
    /// The address is too long.
    UriTooLong,
    /// The body has a type that this path does not read.
    UnsupportedMediaType,
    /// The body is encoded in a way that this path does not read.
    UnsupportedEncoding,
    /// The fact is readable, but not valid.
    InvalidFact,
    /// The form is readable, but fields need correction.
    InvalidForm,
    /// The envelope of an event is readable, but not valid.
    InvalidEvent,
    /// The policy is readable, but not valid.
    InvalidPolicy,
    /// The caller sends more than its share.
    TooManyRequests,
    /// The headers are too large.
    HeadersTooLarge,
    /// A failure of ours.
    Internal,
    /// Promised, but not built.
    NotImplemented,
    /// The log cannot store now.
    LogUnavailable,
    /// The read model cannot answer now.
    ReadModelUnavailable,
    /// The process is stopping.
    ShuttingDown,
}

/// One line of the table: name, status, sentence.
type Line = (&'static str, StatusCode, &'static str);

impl Code {
    /// All codes, for tables and tests.
    pub const ALL: [Self; 34] = [
        Self::BadRequest,
        Self::UnreadableJson,
        Self::InvalidUtf8,
        Self::InvalidParameter,
        Self::InvalidCursor,
        Self::InvalidPosition,
        Self::InvalidIdempotencyKey,
        Self::Unauthorized,
        Self::ForbiddenScope,
        Self::ForbiddenOrigin,
        Self::NotFound,
        Self::UnknownForm,
        Self::MethodNotAllowed,
        Self::NotAcceptable,
        Self::RequestTimeout,
        Self::Conflict,
        Self::PositionNotReached,
        Self::BodyTooLarge,
        Self::TooManyFacts,
        Self::TooManyFields,
        Self::UriTooLong,
        Self::UnsupportedMediaType,
        Self::UnsupportedEncoding,
        Self::InvalidFact,
        Self::InvalidForm,
        Self::InvalidEvent,
        Self::InvalidPolicy,
        Self::TooManyRequests,
        Self::HeadersTooLarge,
        Self::Internal,
        Self::NotImplemented,
        Self::LogUnavailable,
        Self::ReadModelUnavailable,
        Self::ShuttingDown,
    ];

    const fn line(self) -> Line {
        use StatusCode as S;
        match self {
            Self::BadRequest => ("bad_request", S::BAD_REQUEST, "The request cannot be understood."),
            Self::UnreadableJson => ("unreadable_json", S::BAD_REQUEST, "The body is not valid JSON."),
            Self::InvalidUtf8 => ("invalid_utf8", S::BAD_REQUEST, "The body is not valid UTF-8."),
            Self::InvalidParameter => ("invalid_parameter", S::BAD_REQUEST, "A parameter is not valid."),
            Self::InvalidCursor => {
                ("invalid_cursor", S::BAD_REQUEST, "The cursor was not given out for this list.")
            }
            Self::InvalidPosition => {
                ("invalid_position", S::BAD_REQUEST, "The position was not given out here.")
            }
            Self::InvalidIdempotencyKey => {
                ("invalid_idempotency_key", S::BAD_REQUEST, "The Idempotency-Key has no usable value.")
            }
            Self::Unauthorized => ("unauthorized", S::UNAUTHORIZED, "A known key is required."),
            Self::ForbiddenScope => ("forbidden_scope", S::FORBIDDEN, "The key may not do this."),
            Self::ForbiddenOrigin => ("forbidden_origin", S::FORBIDDEN, "This origin may not use the form."),
            Self::NotFound => ("not_found", S::NOT_FOUND, "There is nothing here."),
            Self::UnknownForm => ("unknown_form", S::NOT_FOUND, "There is no form of this name."),
            Self::MethodNotAllowed => {
                ("method_not_allowed", S::METHOD_NOT_ALLOWED, "This path has no such method.")
            }
            Self::NotAcceptable => ("not_acceptable", S::NOT_ACCEPTABLE, "There is no such representation."),
            Self::RequestTimeout => {
                ("request_timeout", S::REQUEST_TIMEOUT, "The body did not arrive in time.")
            }
            Self::Conflict => ("conflict", S::CONFLICT, "The request contradicts what holds now."),
            Self::PositionNotReached => {
                ("position_not_reached", S::CONFLICT, "The read model has not come as far yet.")
            }
            Self::BodyTooLarge => ("body_too_large", S::PAYLOAD_TOO_LARGE, "The body is too large."),
            Self::TooManyFacts => {
                ("too_many_facts", S::PAYLOAD_TOO_LARGE, "A request may have up to 1,000 facts.")
            }
            Self::TooManyFields => ("too_many_fields", S::PAYLOAD_TOO_LARGE, "The form has too many fields."),
            Self::UriTooLong => ("uri_too_long", S::URI_TOO_LONG, "The address is too long."),
            Self::UnsupportedMediaType => {
                ("unsupported_media_type", S::UNSUPPORTED_MEDIA_TYPE, "This type of body is not read here.")
            }
            Self::UnsupportedEncoding => {
                ("unsupported_encoding", S::UNSUPPORTED_MEDIA_TYPE, "Encoded bodies are not read here.")
            }
            Self::InvalidFact => ("invalid_fact", S::UNPROCESSABLE_ENTITY, "The fact is not valid."),
            Self::InvalidForm => ("invalid_form", S::UNPROCESSABLE_ENTITY, "Some fields need correction."),
            Self::InvalidEvent => ("invalid_event", S::UNPROCESSABLE_ENTITY, "The event is not valid."),
            Self::InvalidPolicy => ("invalid_policy", S::UNPROCESSABLE_ENTITY, "The policy is not valid."),
            Self::TooManyRequests => ("too_many_requests", S::TOO_MANY_REQUESTS, "Too many requests."),
            Self::HeadersTooLarge => {
                ("headers_too_large", S::REQUEST_HEADER_FIELDS_TOO_LARGE, "The headers are too large.")
            }
            Self::Internal => ("internal", S::INTERNAL_SERVER_ERROR, "Something failed on our side."),
            Self::NotImplemented => ("not_implemented", S::NOT_IMPLEMENTED, "This is not available."),
            Self::LogUnavailable => ("log_unavailable", S::SERVICE_UNAVAILABLE, "The log cannot store now."),
            Self::ReadModelUnavailable => {
                ("read_model_unavailable", S::SERVICE_UNAVAILABLE, "The read model cannot answer now.")
            }
            Self::ShuttingDown => ("shutting_down", S::SERVICE_UNAVAILABLE, "The service is stopping."),
        }
    }

    /// The code that fits an answer of which only the status is known.
    #[must_use]
    pub fn of_status(status: StatusCode) -> Self {
        match status.as_u16() {
            401 => Self::Unauthorized,
            403 => Self::ForbiddenScope,
            404 => Self::NotFound,
            405 => Self::MethodNotAllowed,
            406 => Self::NotAcceptable,
            408 => Self::RequestTimeout,
            409 => Self::Conflict,
            413 => Self::BodyTooLarge,
            414 => Self::UriTooLong,
            415 => Self::UnsupportedMediaType,
            429 => Self::TooManyRequests,
            431 => Self::HeadersTooLarge,
            400..=499 => Self::BadRequest,
            501 => Self::NotImplemented,
            _ => Self::Internal,
        }
    }

    /// As it stands in answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.line().0
    }

    /// The status of the answer.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        self.line().1
    }

    /// Its usual sentence.
    #[must_use]
    pub const fn detail(self) -> &'static str {
        self.line().2
    }

    /// The phrase of the status (RFC 9110).
    #[must_use]
    pub fn title(self) -> &'static str {
        match self.status() {
            // The names that RFC 9110 gave them; the library has the older ones.
            StatusCode::PAYLOAD_TOO_LARGE => "Content Too Large",
            StatusCode::UNPROCESSABLE_ENTITY => "Unprocessable Content",
            status => status.canonical_reason().unwrap_or_default(),
        }
    }

    /// After how many seconds it makes sense to try again, where it does.
    #[must_use]
    pub fn retry_after(self) -> Option<u32> {
        let passes = matches!(self.status(), StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
        (passes || self == Self::PositionNotReached).then_some(1)
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_codes_have_the_same_name_and_none_is_left_out() {
        let names: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        let last = Code::ALL.iter().map(|code| *code as usize).max().unwrap();
        assert_eq!(last + 1, Code::ALL.len());
    }

    #[test]
    fn titles_are_the_phrases_of_the_statuses() {
        assert_eq!(Code::InvalidFact.title(), "Unprocessable Content");
        assert_eq!(Code::BodyTooLarge.title(), "Content Too Large");
        assert_eq!(Code::NotFound.title(), "Not Found");
        assert!(Code::ALL.iter().all(|code| !code.title().is_empty()));
    }

    #[test]
    fn every_status_that_asks_to_wait_says_how_long() {
        let waits: Vec<&str> =
            Code::ALL.iter().filter(|code| code.retry_after().is_some()).map(|code| code.as_str()).collect();
        let expected = [
            "position_not_reached",
            "too_many_requests",
            "log_unavailable",
            "read_model_unavailable",
            "shutting_down",
        ];
        assert_eq!(waits, expected);
    }
}
