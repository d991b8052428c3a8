//! `GET /docs` and `GET /openapi.json`

use std::sync::Arc;

use crate::support::{Answer, Fake, get};

fn policy(answer: &Answer) -> &str {
    answer.header("content-security-policy")
}

#[actix_web::test]
async fn the_page_and_everything_it_loads_come_from_here_and_run_no_inline_script() {
    let fake = Arc::new(Fake::default());
    let page = get(&fake, "/docs").await;
    let html = String::from_utf8(page.bytes.clone()).unwrap();
    assert!(policy(&page).contains("script-src 'self';"), "{}", policy(&page));
    assert!(policy(&page).contains("default-src 'none'"));
    assert!(!html.contains("<script>") && !html.contains("//"), "{html}");
    let loaded = html.split(['"']).filter(|part| part.starts_with("/docs/"));
    let mut seen = 0;
    for path in loaded {
        let asset = get(&fake, path).await;
        assert_eq!(
            (asset.status.as_u16(), asset.header("x-content-type-options")),
            (200, "nosniff"),
            "{path}"
        );
        seen += 1;
    }
    assert_eq!(seen, 5);
}

#[actix_web::test]
async fn the_large_files_are_served_as_they_are_packed() {
    let fake = Arc::new(Fake::default());
    for path in ["/docs/swagger-ui-bundle.js", "/docs/swagger-ui.css"] {
        let asset = get(&fake, path).await;
        assert_eq!(asset.header("content-encoding"), "gzip");
        assert_eq!(asset.bytes[..2], [0x1f, 0x8b], "{path}");
    }
}

#[actix_web::test]
async fn the_contract_is_openapi_3_1() {
    let contract = get(&Arc::new(Fake::default()), "/openapi.json").await;
    assert_eq!(contract.header("content-type"), "application/json");
    assert_eq!(contract.json()["openapi"], "3.1.0");
}
