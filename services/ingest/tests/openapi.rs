//! The contract that is committed is the one that the handlers make; `BATEA_WRITE_OPENAPI=1` writes it.

const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi/ingest.json");

#[test]
#[expect(clippy::disallowed_methods, reason = "a developer's switch, not a setting")]
fn the_committed_contract_is_that_of_the_handlers() {
    let made = format!(
        "{}\n",
        serde_json::to_string_pretty(&serde_json::to_value(ingest::openapi()).unwrap()).unwrap()
    );
    if std::env::var("BATEA_WRITE_OPENAPI").is_ok() {
        std::fs::write(COMMITTED, &made).unwrap();
    }
    let committed = std::fs::read_to_string(COMMITTED).unwrap_or_default();
    assert!(made == committed, "openapi/ingest.json is not what the handlers say: run `cargo xtask openapi`");
}
