//! The hosted pages: the form, the form with what to correct, and thanks. No script, nothing from elsewhere.

use std::borrow::Cow;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, ContentType, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use lead_domain::fact::profile_field;
use serde_json::{Map, Value};
use service_kit::problem::{Problem, ProblemError};

use super::controls::Post;
use crate::config::{Form, Origin};

const STYLE: &str = include_str!("style.css");
/// The SHA-256 of the style, by which the policy of the page lets it in.
const STYLE_HASH: &str = "sha256-G8Rn9P0IBXh4uc9qUNWA8YqkMIZXJQWFFMxGNwPLC9M=";

/// A field of the hosted form.
struct Hosted {
    name: &'static str,
    label: &'static str,
    kind: &'static str,
    autocomplete: &'static str,
}

const HOSTED: [Hosted; 5] = [
    Hosted { name: "name", label: "Name", kind: "text", autocomplete: "name" },
    Hosted { name: "email", label: "E-mail", kind: "email", autocomplete: "email" },
    Hosted { name: "phone", label: "Phone", kind: "tel", autocomplete: "tel" },
    Hosted { name: "company", label: "Company", kind: "text", autocomplete: "organization" },
    Hosted { name: MESSAGE, label: "Message", kind: "", autocomplete: "off" },
];
const MESSAGE: &str = "message";
/// A longer text gets more than a line.
const LINE_MAX: usize = 120;

/// The page with the empty form.
pub(super) fn empty(form: &Form) -> HttpResponse {
    let fields: String = HOSTED.iter().map(|hosted| hosted_field(hosted, "", &[])).collect();
    let intro = "<p>Leave your e-mail address or your phone number, and we will get back to you.</p>";
    let body =
        format!("<h1>Contact us</h1>{intro}{}", form_tag(form, &format!("{fields}{}", tick(form, false))));
    page(form, StatusCode::OK, "Contact us", &body)
}

/// The page with what was posted, and what to correct.
pub(super) fn correct(form: &Form, post: &Post, problem: Problem) -> HttpResponse {
    let status = problem.status();
    let errors = problem.into_errors();
    let mut fields = post.fields.clone();
    let ticked = form.consent.as_ref().is_some_and(|consent| fields.remove(&consent.field).is_some());
    let named =
        |error: &&ProblemError| error.pointer.strip_prefix('/').is_some_and(|name| is_shown(name, &fields));
    let elsewhere: String = errors.iter().filter(|error| !named(error)).map(message).collect();
    let hosted: String = HOSTED
        .iter()
        .filter(|hosted| hosted.name == "email" || fields.contains_key(hosted.name))
        .map(|hosted| hosted_field(hosted, &text_of(fields.get(hosted.name)), &errors))
        .collect();
    let others: String = fields
        .iter()
        .filter(|(name, _)| HOSTED.iter().all(|hosted| hosted.name != name.as_str()))
        .map(|(name, value)| other_field(name, value, &errors))
        .collect();
    let next = post.next.first().map(|next| hidden("_next", next)).unwrap_or_default();
    let inner = format!("{hosted}{others}{}{}{next}", tick(form, ticked), origin_fields(post));
    let heading = "<h1 role=\"alert\">Please correct what is marked</h1>";
    let mut answer =
        page(form, status, "Please correct", &format!("{heading}{elsewhere}{}", form_tag(form, &inner)));
    answer.headers_mut().insert(CACHE_CONTROL, actix_web::http::header::HeaderValue::from_static("no-store"));
    answer
}

/// Whether the corrected form has an input of this name: `email` always, and what was posted.
fn is_shown(name: &str, fields: &Map<String, Value>) -> bool {
    name == "email" || fields.keys().any(|field| pointer_name(field) == name)
}

/// Where people land when nobody names another page.
pub(super) fn thanks(form: &Form) -> HttpResponse {
    let body = "<h1>Thank you</h1><p>Your message has arrived. You can close this page.</p>";
    page(form, StatusCode::OK, "Thank you", body)
}

fn page(form: &Form, status: StatusCode, title: &str, body: &str) -> HttpResponse {
    let head = format!(
        "<meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{title}</title><style>{STYLE}</style>"
    );
    HttpResponse::build(status)
        .insert_header(ContentType::html())
        .insert_header((CONTENT_SECURITY_POLICY, policy(form)))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((REFERRER_POLICY, "same-origin"))
        .body(format!(
            "<!DOCTYPE html><html lang=\"en\"><head>{head}</head><body><main>{body}</main></body></html>"
        ))
}

/// Nothing may load or run. Browsers hold redirects after a post to `form-action`, too, so the site is in it.
fn policy(form: &Form) -> String {
    let thank_you = form.thank_you.as_deref().and_then(Origin::of_url).map(|(origin, _)| origin);
    let targets: String =
        form.site.origins.iter().chain(&thank_you).map(|origin| format!(" {origin}")).collect();
    format!(
        "default-src 'none'; style-src '{STYLE_HASH}'; form-action 'self'{targets}; base-uri 'none'; frame-ancestors 'self'{targets}"
    )
}

fn form_tag(form: &Form, inner: &str) -> String {
    format!("<form method=\"post\" action=\"/f/{}\">{inner}<button>Send</button></form>", escape(&form.name))
}

fn hosted_field(hosted: &Hosted, value: &str, errors: &[ProblemError]) -> String {
    let Hosted { name, label, kind, autocomplete } = hosted;
    field(name, label, value, &format!(" type=\"{kind}\" autocomplete=\"{autocomplete}\""), errors)
}

/// A field of the site's own form. What is no text cannot be typed, and is sent again as it was.
fn other_field(name: &str, value: &Value, errors: &[ProblemError]) -> String {
    if let Value::Array(list) = value {
        return list.iter().map(|item| hidden(name, &text_of(Some(item)))).collect();
    }
    let kind = match profile_field(name) {
        Some("email") => "email",
        Some("phone") => "tel",
        _ => "text",
    };
    field(name, name, &text_of(Some(value)), &format!(" type=\"{kind}\""), errors)
}

fn field(name: &str, label: &str, value: &str, attributes: &str, errors: &[ProblemError]) -> String {
    let pointer = pointer_name(name);
    let wrong = errors.iter().find(|error| error.pointer.strip_prefix('/') == Some(&pointer));
    let (id, name) = (format!("field-{}", escape(name)), escape(name));
    let id = id.replace(char::is_whitespace, "-");
    let told = match wrong {
        Some(_) => format!(" aria-invalid=\"true\" aria-describedby=\"{id}-wrong\""),
        None => String::new(),
    };
    let message = wrong
        .map(|error| format!("<p class=\"wrong\" id=\"{id}-wrong\">{}</p>", escape(&error.detail)))
        .unwrap_or_default();
    let (label, value, is_long) = (escape(label), escape(value), is_long(&name, value));
    let input = if is_long {
        format!("<textarea id=\"{id}\" name=\"{name}\" rows=\"5\"{told}>\n{value}</textarea>")
    } else {
        format!("<input id=\"{id}\" name=\"{name}\" value=\"{value}\"{attributes}{told}>")
    };
    format!("<label for=\"{id}\">{label}</label>{input}{message}")
}

fn is_long(name: &str, value: &str) -> bool {
    name == MESSAGE || value.chars().count() > LINE_MAX || value.contains('\n')
}

/// The box of the form's consent, if it asks for one.
fn tick(form: &Form, ticked: bool) -> String {
    let Some(consent) = &form.consent else { return String::new() };
    let checked = if ticked { " checked" } else { "" };
    let (name, purpose) = (escape(&consent.field), escape(&consent.purpose));
    format!(
        "<label class=\"tick\"><input type=\"checkbox\" name=\"{name}\" value=\"yes\"{checked}> I agree ({purpose})</label>"
    )
}

/// Keeps what the first post said of the page it came from; the second one comes from ours.
fn origin_fields(post: &Post) -> String {
    let address = |name: &str, value: &Option<String>| value.as_deref().map(|value| hidden(name, value));
    let utm = post.utm.iter().map(|(name, value)| hidden(&format!("utm_{name}"), &text_of(Some(value))));
    let addresses = [address("_page_url", &post.page_url), address("_referrer", &post.referrer)];
    addresses.into_iter().flatten().chain(utm).collect()
}

fn hidden(name: &str, value: &str) -> String {
    format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">", escape(name), escape(value))
}

fn message(error: &ProblemError) -> String {
    format!("<p class=\"wrong\">{}</p>", escape(&error.detail))
}

fn pointer_name(field: &str) -> String {
    field.replace('~', "~0").replace('/', "~1")
}

/// A value as it can stand in an input.
fn text_of(value: Option<&Value>) -> String {
    let value = value.filter(|value| !value.is_null());
    value.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).unwrap_or_default()
}

/// Text as it can stand in an element or a quoted attribute. NUL has no place in a page at all.
fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'', '\0']) {
        return text.into();
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\0' => {}
            other => escaped.push(other),
        }
    }
    escaped.into()
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    #[test]
    fn the_policy_of_the_page_lets_its_own_style_in() {
        let digest = service_kit::auth::hash_of(STYLE);
        assert_eq!(STYLE_HASH, format!("sha256-{}", STANDARD.encode(digest)));
    }

    #[test]
    fn what_was_typed_cannot_leave_its_place() {
        assert_eq!(escape("a"), "a");
        assert_eq!(escape("\"><script>'&\0"), "&quot;&gt;&lt;script&gt;&#39;&amp;");
    }
}
