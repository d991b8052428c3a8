//! The hosted pages.

use actix_web::http::Method;

use crate::support::{Answer, Request, Service};

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

#[track_caller]
fn assert_is_a_safe_page(answer: &Answer) {
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    assert!(!answer.body.contains("<script") && !answer.body.contains("//"), "{}", answer.body);
    assert!(answer.body.starts_with("<!DOCTYPE html><html lang=\"en\">"), "{}", answer.body);
}

#[actix_web::test]
async fn the_hosted_page_has_a_labelled_input_for_each_field_and_posts_to_itself() {
    let answer = Service::demo().send(Request::get("/f/demo")).await;
    assert_eq!(answer.status, 200);
    assert_is_a_safe_page(&answer);
    assert!(answer.body.contains("<form method=\"post\" action=\"/f/demo\">"));
    for name in ["name", "email", "phone", "company", "message"] {
        assert!(answer.body.contains(&format!("<label for=\"field-{name}\">")), "{name}");
        assert!(answer.body.contains(&format!("id=\"field-{name}\" name=\"{name}\"")), "{name}");
    }
    let head = Service::demo().send(Request::new(Method::HEAD, "/f/demo")).await;
    assert_eq!((head.status, head.header("content-type")), (200, Some("text/html; charset=utf-8")));
}

#[actix_web::test]
async fn the_page_lets_its_post_be_redirected_to_the_site_and_asks_for_the_consent() {
    let service = Service::new();
    let answer = service.send(Request::get("/f/contact")).await;
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.contains("form-action 'self' https://www.example.com http://localhost:3000;"), "{policy}");
    assert!(answer.body.contains("<input type=\"checkbox\" name=\"newsletter\" value=\"yes\">"));
    let away = service.send(Request::get("/f/away")).await;
    assert!(away.header("content-security-policy").unwrap().contains(" https://thanks.example.com"));
}

#[actix_web::test]
async fn a_browser_gets_what_to_correct_beside_what_it_typed() {
    let service = Service::new();
    let body = "email=ada%22%3E%3Cscript%3E&name=Ada+%26+co&budget=5000&topic=a&topic=b&message=Hello%0Ayou&newsletter=on\
                &_next=/deal&utm_source=google&_page_url=/prices";
    let answer = service.send(Request::form("/f/contact", body).header("Accept", BROWSER)).await;
    assert_eq!((answer.status, answer.header("cache-control")), (422, Some("no-store")));
    assert_is_a_safe_page(&answer);
    for part in [
        "<input id=\"field-email\" name=\"email\" value=\"ada&quot;&gt;&lt;script&gt;\" type=\"email\" autocomplete=\"email\" aria-invalid=\"true\" aria-describedby=\"field-email-wrong\">",
        "<p class=\"wrong\" id=\"field-email-wrong\">This is not an e-mail address.</p>",
        "name=\"name\" value=\"Ada &amp; co\"",
        "<label for=\"field-budget\">budget</label><input id=\"field-budget\" name=\"budget\" value=\"5000\" type=\"text\">",
        "<input type=\"hidden\" name=\"topic\" value=\"a\"><input type=\"hidden\" name=\"topic\" value=\"b\">",
        "rows=\"5\">\nHello\nyou</textarea>",
        "<input type=\"checkbox\" name=\"newsletter\" value=\"yes\" checked>",
        "<input type=\"hidden\" name=\"_next\" value=\"/deal\">",
        "<input type=\"hidden\" name=\"utm_source\" value=\"google\">",
        "<input type=\"hidden\" name=\"_page_url\" value=\"/prices\">",
    ] {
        assert!(answer.body.contains(part), "{part} in {}", answer.body);
    }
    assert_eq!(service.appends(), Vec::<usize>::new());
}

#[actix_web::test]
async fn a_browser_that_named_nobody_is_asked_for_an_email_or_a_phone_number() {
    let answer = Service::new().send(Request::form("/f/plain", "nom=Ada").header("Accept", BROWSER)).await;
    assert_eq!(answer.status, 422);
    let asked = "<p class=\"wrong\" id=\"field-email-wrong\">Give an e-mail address or a phone number.</p>";
    assert!(answer.body.contains(asked), "{}", answer.body);
    assert!(answer.body.contains("<label for=\"field-nom\">nom</label>"), "{}", answer.body);
}

#[actix_web::test]
async fn a_thank_you_page_is_there_for_every_form_and_no_page_for_others() {
    let service = Service::new();
    let thanks = service.send(Request::get("/f/plain/thanks")).await;
    assert_eq!(thanks.status, 200);
    assert_is_a_safe_page(&thanks);
    for path in ["/f/none", "/f/none/thanks"] {
        assert_eq!(service.send(Request::get(path)).await.problem(), (404, "unknown_form".to_owned()));
    }
}
