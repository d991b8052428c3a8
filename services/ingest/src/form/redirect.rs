//! Where to go after a post: never to a place that neither the site nor the configuration names.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::visitor::Visitor;
use crate::config::{Form, Origin};

/// What must not stand in a `Location` header as it is; everything that is not ASCII is encoded, too.
const UNSAFE: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'`');

/// Where the person goes: what the post asks for if it may, else the form's thank-you page, else ours.
pub(super) fn next(form: &Form, visitor: &Visitor, wanted: &[String]) -> String {
    let allowed = wanted.iter().find_map(|wanted| asked_for(form, visitor, wanted));
    let configured = || form.thank_you.as_deref().map(|target| resolved(visitor, target));
    let next = allowed.or_else(configured).unwrap_or_else(|| format!("/f/{}/thanks", form.name));
    utf8_percent_encode(&next, UNSAFE).to_string()
}

fn asked_for(form: &Form, visitor: &Visitor, wanted: &str) -> Option<String> {
    if is_path(wanted) {
        return Some(resolved(visitor, wanted));
    }
    let origin = origin_of(wanted)?;
    visitor.allows(form, &origin).then(|| wanted.to_owned())
}

/// A path means the page's own host where the page is known, and ours where it is not.
fn resolved(visitor: &Visitor, target: &str) -> String {
    match visitor.page() {
        Some(page) if is_path(target) => format!("{page}{target}"),
        Some(_) | None => target.to_owned(),
    }
}

/// Whether a text can be a place to go: a path from the root of a host, or a web address without a user.
pub(crate) fn is_redirect_target(text: &str) -> bool {
    is_path(text) || origin_of(text).is_some()
}

/// `//host` and `/\host` are other hosts to a browser, which also drops control characters before it looks.
fn is_path(text: &str) -> bool {
    text.starts_with('/') && !text.starts_with("//") && is_plain(text)
}

fn origin_of(text: &str) -> Option<Origin> {
    let (origin, _) = Origin::of_url(text)?;
    is_plain(text).then_some(origin)
}

fn is_plain(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() || c == '\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_path_or_a_web_address_and_nothing_that_a_browser_reads_otherwise() {
        for good in
            ["/", "/merci", "/merci?a=b#c", "/a//b", "https://www.example.com", "http://a.example:8080/x?y"]
        {
            assert!(is_redirect_target(good), "{good}");
        }
        for bad in [
            "",
            "merci",
            "//evil.example",
            "/\\evil.example",
            "/a\\b",
            "/\t/evil.example",
            "/a\r\nSet-Cookie: b",
            "https://",
            "https://user@evil.example/",
            "https://evil.example\\@www.example.com",
            "javascript:alert(1)",
            "data:text/html,x",
            "https:/evil.example",
            "https:evil.example",
            "ftp://a.example",
            "https://www.example.com:x/",
            "https://www.example.com%2eevil.example",
        ] {
            assert!(!is_redirect_target(bad), "{bad}");
        }
    }
}
