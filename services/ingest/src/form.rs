//! `/f/{form}`: forms of websites, with or without JavaScript, and a hosted page for each.

mod controls;
mod fields;
mod page;
mod pairs;
mod redirect;
mod submission;
mod visitor;

use actix_web::http::header::{CACHE_CONTROL, LOCATION};
use actix_web::web::{self, Payload};
use actix_web::{HttpRequest, HttpResponse};
use service_kit::body;
use service_kit::problem::{Code, Problem};

use crate::answer::FormRecorded;
use crate::config::Form;
use crate::fresh_ids::FreshIds;
use crate::idempotency::IdempotencyKey;
use crate::sender::Sender;
use crate::state::Desk;
use controls::Post;
pub(crate) use redirect::is_redirect_target;
use visitor::{Visitor, Wants};

/// The most bytes of a post.
const BODY_MAX: usize = 64 * 1024;

fn form_named<'d>(desk: &'d Desk, name: &str) -> Result<&'d Form, Problem> {
    desk.config.form(name).ok_or_else(|| Problem::new(Code::UnknownForm))
}

/// Post a form
///
/// For the `action` of a form on a website, or for a script. Needs no key; browsers may post from the origins of the
/// form's site and from our own pages. The fields become a fact `form.submitted`, and, if the form is configured so and the
/// field is ticked, a fact `consent.given`. An e-mail address or a phone number among the fields (under any of the usual
/// English, French or Dutch names) identifies the person; one of them must be valid. A repeated name becomes a list. Names that begin
/// with `_`, captcha answers and the names that other form services use for control are never stored: `_next` (also
/// `_redirect`, `redirect`, `redirect_to`) says where to go, `_page_url` and `_referrer` (also without `_`) where the form
/// stood. `utm_…` fields, else those of the page's address, tell the campaign. The answer never tells whether the person
/// is known.
#[utoipa::path(
    post,
    path = "/f/{form}",
    tag = "Forms",
    operation_id = "postForm",
    security(()),
    params(
        ("form" = String, Path, description = "The name of the form in the configuration.", example = "contact"),
        ("Origin" = Option<String>, Header, description = "The page's origin, set by browsers. A foreign one is refused.", example = "https://www.example.com"),
        ("Accept" = Option<String>, Header, description = "`application/json` asks for JSON instead of a redirect; so do a JSON body and `X-Requested-With`.", example = "application/json"),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeat of the post harmless. 1 to 255 visible ASCII characters.", example = "5f0c2a3e"),
    ),
    request_body(
        description = "At most 64 KiB (65,536 bytes) and 200 fields, UTF-8, not compressed, without files.",
        content(
            (crate::described::FormFields = "application/x-www-form-urlencoded"),
            (crate::described::FormFields = "multipart/form-data"),
            (crate::described::FormFields = "application/json"),
        )
    ),
    responses(
        (status = 303, description = "Recorded, and durable. Go to `_next` if that is a path or lies at an allowed origin, else to the form's thank-you page.",
            headers(("Location" = String, description = "Where to go: an absolute address, or a path on this host."))),
        (status = 202, description = "Recorded, and durable; for callers that ask for JSON.", body = FormRecorded),
        (status = 400, description = "`unreadable_json`, `invalid_utf8`, `invalid_idempotency_key`, `bad_request`: the post cannot be read.", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "`forbidden_origin`: pages of this origin may not post to this form.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`unknown_form`: no form has this name.", body = Problem, content_type = "application/problem+json"),
        (status = 408, description = "`request_timeout`: the body did not arrive within 10 seconds.", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "`body_too_large`, `too_many_fields`.", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "`unsupported_media_type` (also for files), `unsupported_encoding`.", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "`invalid_form`: fields need correction; each pointer is a slash and the name of a field. Browsers get a page with the form, what was typed, and what to correct.",
            content((Problem = "application/problem+json"), (String = "text/html"))),
        (status = 503, description = "`log_unavailable`: the log cannot store now; send the same post again after `Retry-After` seconds.", body = Problem, content_type = "application/problem+json",
            headers(("Retry-After" = u32, description = "Seconds to wait."))),
    )
)]
pub(crate) async fn post(
    name: web::Path<String>,
    desk: web::Data<Desk>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let form = form_named(&desk, &name)?;
    let visitor = Visitor::of(&request, form)?;
    let answer = submit(&desk, form, &visitor, &request, payload).await;
    visitor.allow(answer)
}

async fn submit(
    desk: &Desk,
    form: &Form,
    visitor: &Visitor,
    request: &HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let media = fields::Media::of(request)?;
    let body = body::read(request, &mut payload.into_inner(), BODY_MAX).await?;
    let wants = Wants::of(request, media);
    let post = Post::of(fields::read(media, request, body).await?, visitor.referer());
    let received_at = desk.now();
    let sender = Sender {
        source: &form.site.name,
        region: form.site.region.as_deref(),
        key: IdempotencyKey::of(request.headers())?.map(|key| key.for_form(&form.name)),
        received_at,
        fresh_ids: FreshIds::draw(received_at)?,
    };
    let facts = match submission::facts(desk, form, &post, &sender) {
        Err(problem) if problem.code() == Code::InvalidForm && wants == Wants::Page => {
            return Ok(page::correct(form, &post, problem));
        }
        facts => facts?,
    };
    let event_id = facts.first().map(|fact| fact.event_id.0).unwrap_or_default();
    desk.append(facts).await?;
    let next = redirect::next(form, visitor, &post.next);
    Ok(match wants {
        Wants::Json => HttpResponse::Accepted().json(FormRecorded { event_id, next: visitor.absolute(next) }),
        Wants::Page | Wants::Anything => go_to(&next),
    })
}

fn go_to(next: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((LOCATION, next))
        .insert_header((CACHE_CONTROL, "no-store"))
        .finish()
}

/// Ask whether a page may post
///
/// The preflight request that browsers send before a script posts JSON to another origin.
#[utoipa::path(
    options,
    path = "/f/{form}",
    tag = "Forms",
    operation_id = "preflightForm",
    security(()),
    params(
        ("form" = String, Path, description = "The name of the form in the configuration.", example = "contact"),
        ("Origin" = Option<String>, Header, description = "The page's origin.", example = "https://www.example.com"),
    ),
    responses(
        (status = 204, description = "It may; the `Access-Control-…` headers say how."),
        (status = 403, description = "`forbidden_origin`: pages of this origin may not post to this form.", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "`unknown_form`: no form has this name.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn preflight(
    name: web::Path<String>,
    desk: web::Data<Desk>,
    request: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let visitor = Visitor::of(&request, form_named(&desk, &name)?)?;
    visitor.allow(Ok(visitor::preflight_answer()))
}

/// Show a form
///
/// A hosted page with the form. It works without JavaScript, and loads nothing from anywhere else.
#[utoipa::path(
    get,
    path = "/f/{form}",
    tag = "Forms",
    operation_id = "showForm",
    security(()),
    params(("form" = String, Path, description = "The name of the form in the configuration.", example = "contact")),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html"),
        (status = 404, description = "`unknown_form`: no form has this name.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn hosted(name: web::Path<String>, desk: web::Data<Desk>) -> Result<HttpResponse, Problem> {
    form_named(&desk, &name).map(page::empty)
}

/// Show the thank-you page
///
/// Where people are taken after a post if neither the post nor the configuration names another page.
#[utoipa::path(
    get,
    path = "/f/{form}/thanks",
    tag = "Forms",
    operation_id = "showThanks",
    security(()),
    params(("form" = String, Path, description = "The name of the form in the configuration.", example = "contact")),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html"),
        (status = 404, description = "`unknown_form`: no form has this name.", body = Problem, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn thanks(name: web::Path<String>, desk: web::Data<Desk>) -> Result<HttpResponse, Problem> {
    form_named(&desk, &name).map(page::thanks)
}
