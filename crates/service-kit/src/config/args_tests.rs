use clap::Parser;

use super::*;

#[derive(Debug, Parser)]
struct Command {
    #[command(flatten)]
    config: ConfigArgs,
    #[command(flatten)]
    clock: ClockArgs,
    #[command(flatten)]
    admin: AdminKeyArgs,
}

fn parse(args: &[&str]) -> Command {
    Command::try_parse_from([&["test"], args].concat()).unwrap()
}

/// A file of this test alone.
fn file_with(text: &str) -> String {
    let name = crate::random::bytes::<8>().map(hex::encode).unwrap();
    let path = std::env::temp_dir().join(format!("service-kit-{name}"));
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

#[test]
fn a_secret_comes_as_it_is_or_from_a_file_without_its_last_line_end() {
    let plain = parse(&["--admin-key", "one"]).admin.key().unwrap();
    assert_eq!(plain, Some(Secret::from("one".to_owned())));
    let file = file_with("two words \r\n");
    let from_file = parse(&["--admin-key-file", &file]).admin.key().unwrap();
    std::fs::remove_file(&file).unwrap();
    assert_eq!(from_file, Some(Secret::from("two words ".to_owned())));
    assert_eq!(parse(&["--admin-key", ""]).admin.key().unwrap(), None);
}

#[test]
fn a_secret_that_cannot_be_used_says_why_and_not_what_it_is() {
    let twice = parse(&["--admin-key", "one", "--admin-key-file", "x"]).admin.key().unwrap_err();
    assert_eq!(twice.to_string(), "BATEA_ADMIN_KEY and BATEA_ADMIN_KEY_FILE are both set; set one of them");
    let missing = parse(&["--admin-key-file", "/nowhere/key"]).admin.key().unwrap_err();
    let expected = "the file that BATEA_ADMIN_KEY_FILE names cannot be read: /nowhere/key: No such file or directory (os error 2)";
    assert_eq!(missing.to_string(), expected);
    assert!(!format!("{:?}", parse(&["--admin-key", "hush"])).contains("hush"));
}

#[test]
fn a_clock_is_set_to_an_instant() {
    let clock = parse(&["--clock", "2026-06-01T08:00:00Z"]).clock.clock();
    assert!((1_780_300_800_000..1_780_300_860_000).contains(&clock.now_ms()), "{}", clock.now_ms());
    let error = Command::try_parse_from(["test", "--clock", "noon"]).unwrap_err().to_string();
    assert!(error.contains("not an instant such as 2026-06-01T08:00:00Z"), "{error}");
}
