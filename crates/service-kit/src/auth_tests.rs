use actix_web::web;
use serde_json::json;

use super::*;
use crate::raw_http::{Answer, start};

fn keys() -> Keys {
    let crm = Key::new("crm", "crm-facts", hash_of("crm secret"), [Scope::LeadsRead]);
    let site = Key::new("site", "site", hash_of("site secret"), [Scope::EventsWrite]);
    Keys::new(vec![crm, site], [Secret::from("admin secret".to_owned())])
}

async fn who(asking: Authorized<LeadsRead>) -> String {
    format!("{} {}", asking.key().name, asking.key().source)
}

async fn export(asking: Authorized<LeadsRead>) -> Result<String, crate::problem::Problem> {
    asking.require(Scope::LeadsExport)?;
    Ok("all".to_owned())
}

fn routes(cfg: &mut web::ServiceConfig) {
    keys().configure(cfg);
    cfg.service(web::resource("/who").route(web::get().to(who)));
    cfg.service(web::resource("/export").route(web::get().to(export)));
}

async fn ask(path: &str, authorization: &str) -> Answer {
    start(routes).send(&format!("GET {path} HTTP/1.1\n{authorization}"), b"").await
}

#[tokio::test]
async fn a_key_with_the_scope_is_let_in_under_its_name_and_source() {
    assert_eq!(ask("/who", "Authorization: Bearer crm secret").await.body, "crm crm-facts");
    assert_eq!(ask("/who", "Authorization: Bearer admin secret").await.body, "admin admin");
}

#[tokio::test]
async fn no_key_and_an_unknown_key_are_told_the_same() {
    for authorization in
        ["X: y", "Authorization: Bearer crm", "Authorization: Bearer ", "Authorization: Basic eDo="]
    {
        let answer = ask("/who", authorization).await;
        assert_eq!(
            (answer.status, answer.json()["code"].clone()),
            (401, json!("unauthorized")),
            "{authorization}"
        );
        assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"batea\""));
    }
}

#[tokio::test]
async fn a_key_without_the_scope_is_told_which_one_it_lacks() {
    for (path, key, lacking) in
        [("/who", "site secret", "leads:read"), ("/export", "crm secret", "leads:export")]
    {
        let answer = ask(path, &format!("Authorization: Bearer {key}")).await;
        assert_eq!((answer.status, answer.json()["code"].clone()), (403, json!("forbidden_scope")));
        assert_eq!(answer.json()["detail"], format!("The key lacks the scope `{lacking}`."));
    }
}

#[test]
fn generated_keys_are_long_and_differ() {
    let (one, other) = (generate_key().unwrap(), generate_key().unwrap());
    assert_eq!(one.expose().len(), "batea_".len() + 43);
    assert_ne!(one.expose(), other.expose());
    assert!(one.expose().starts_with("batea_"));
}
