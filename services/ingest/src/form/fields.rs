//! From the body of a post, in any of three encodings, to fields by name.

use actix_multipart::{Field, Multipart};
use actix_web::error::PayloadError;
use actix_web::web::Bytes;
use actix_web::{HttpMessage, HttpRequest};
use futures_util::{StreamExt, stream};
use serde_json::{Map, Value};
use service_kit::json;
use service_kit::problem::{Code, Problem};

use super::BODY_MAX;
use super::pairs::pairs;

/// The most fields of a post.
const FIELDS_MAX: usize = 200;

/// How a post is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Media {
    /// As browsers do by default.
    UrlEncoded,
    /// As browsers do for forms that could hold files.
    Multipart,
    /// As scripts do.
    Json,
}

impl Media {
    pub(super) fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let detail = "Send application/x-www-form-urlencoded, multipart/form-data or application/json.";
        let wrong_type = || Problem::new(Code::UnsupportedMediaType).detail(detail);
        let mime = request.mime_type().ok().flatten().ok_or_else(wrong_type)?;
        let charset = mime.get_param("charset").map(|charset| charset.as_str().to_ascii_lowercase());
        if charset.is_some_and(|charset| !["utf-8", "utf8", "us-ascii"].contains(&charset.as_str())) {
            return Err(Problem::new(Code::UnsupportedMediaType).detail("Forms are read as UTF-8 only."));
        }
        match mime.essence_str() {
            "application/x-www-form-urlencoded" => Ok(Self::UrlEncoded),
            "multipart/form-data" => Ok(Self::Multipart),
            "application/json" => Ok(Self::Json),
            _ => Err(wrong_type()),
        }
    }
}

/// The fields of a post by name; the values of a repeated name are a list, in the order of the post.
pub(super) async fn read(
    media: Media,
    request: &HttpRequest,
    body: Bytes,
) -> Result<Map<String, Value>, Problem> {
    match media {
        Media::UrlEncoded => {
            let read: Result<Vec<_>, _> = pairs(&body).take(FIELDS_MAX + 1).collect();
            by_name(read.map_err(|_| Problem::new(Code::InvalidUtf8))?)
        }
        Media::Multipart => by_name(parts(request, body).await?),
        Media::Json => object(&body),
    }
}

fn by_name(pairs: Vec<(String, String)>) -> Result<Map<String, Value>, Problem> {
    if pairs.len() > FIELDS_MAX {
        return Err(too_many());
    }
    let mut fields: Map<String, Value> = Map::new();
    for (name, value) in pairs {
        match fields.get_mut(&name) {
            None => drop(fields.insert(name, value.into())),
            Some(Value::Array(list)) => list.push(value.into()),
            Some(first) => *first = Value::Array(vec![first.take(), value.into()]),
        }
    }
    Ok(fields)
}

fn too_many() -> Problem {
    Problem::new(Code::TooManyFields).detail(format!("A form may have up to {FIELDS_MAX} fields."))
}

fn object(body: &[u8]) -> Result<Map<String, Value>, Problem> {
    let Value::Object(fields) = json::read(body)? else {
        let detail = "A form is a JSON object of its fields.";
        return Err(Problem::new(Code::InvalidForm).error("", "wrong_type", detail));
    };
    if fields.len() > FIELDS_MAX { Err(too_many()) } else { Ok(fields) }
}

async fn parts(request: &HttpRequest, body: Bytes) -> Result<Vec<(String, String)>, Problem> {
    let chunk = stream::once(async { Ok::<_, PayloadError>(body) });
    let mut multipart = Multipart::new(request.headers(), Box::pin(chunk));
    let mut pairs = Vec::new();
    while let Some(part) = multipart.next().await {
        let part = part.map_err(|_| broken())?;
        pairs.extend(pair_of(part).await?);
        if pairs.len() > FIELDS_MAX {
            return Err(too_many());
        }
    }
    Ok(pairs)
}

fn broken() -> Problem {
    Problem::new(Code::BadRequest).detail("The multipart body is broken or incomplete.")
}

/// A part that is a field. Browsers send a part without a name and without bytes for a file that nobody chose.
async fn pair_of(mut part: Field) -> Result<Option<(String, String)>, Problem> {
    let name = part.name().ok_or_else(broken)?.to_owned();
    let file =
        part.content_disposition().and_then(|disposition| disposition.get_filename().map(str::to_owned));
    let bytes =
        part.bytes(BODY_MAX).await.map_err(|_| Problem::new(Code::BodyTooLarge))?.map_err(|_| broken())?;
    match file {
        None => Ok(Some((name, json::utf8(&bytes)?.to_owned()))),
        Some(file) if file.is_empty() && bytes.is_empty() => Ok(None),
        Some(_) => {
            Err(Problem::new(Code::UnsupportedMediaType)
                .detail("This form takes no files; leave the file out."))
        }
    }
}
