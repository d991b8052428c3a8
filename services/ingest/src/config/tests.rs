use service_kit::config::ConfigFile;

use super::*;

fn read(yaml: &str) -> Result<IngestConfig, String> {
    let file = ConfigFile::parse("batea.yaml", yaml.as_bytes()).map_err(|errors| errors.to_string())?;
    IngestConfig::read(&file).map_err(|errors| errors.to_string())
}

fn mistakes(yaml: &str) -> Vec<String> {
    read(yaml).unwrap_err().lines().map(str::to_owned).collect()
}

#[test]
fn an_absent_file_has_no_forms_and_the_demo_only_where_it_is_asked_for() {
    let config = read("").unwrap();
    assert_eq!(config, IngestConfig::default());
    let demo = config.with_demo();
    let form = demo.form("demo").unwrap();
    assert_eq!((form.site.name.as_str(), form.intent), ("website", Intent::Contact));
    assert_eq!(demo.intents().get("demo"), Some(&Intent::Contact));
    let declared = read("forms: [{name: contact}]").unwrap().with_demo();
    assert_eq!(declared.form("demo"), None, "a company that declares its forms has no other ones");
}

#[test]
fn the_shape_that_the_policy_page_shows_is_read() {
    let config = read(
        r#"
region: fr
sites:
  - {name: main, origins: ["https://www.example.com", "http://localhost:80/"], region: BE, tracking: true}
forms:
  - {name: contact, site: main, intent: quote, thank_you: /merci, consent: {field: newsletter, purpose: marketing}}
  - {name: second}
"#,
    )
    .unwrap();
    let site = Site {
        name: "main".to_owned(),
        origins: ["https://www.example.com", "http://localhost"]
            .map(|text| Origin::parse(text).unwrap())
            .into(),
        region: Some("BE".to_owned()),
    };
    let contact = Form {
        name: "contact".to_owned(),
        site: site.clone(),
        intent: Intent::Quote,
        thank_you: Some("/merci".to_owned()),
        consent: Some(Consent { field: "newsletter".to_owned(), purpose: "marketing".to_owned() }),
    };
    let second =
        Form { name: "second".to_owned(), site, intent: Intent::Contact, thank_you: None, consent: None };
    assert_eq!(config.region(), Some("FR"));
    assert_eq!(config.forms.into_values().collect::<Vec<_>>(), [contact, second]);
}

#[test]
fn the_region_of_the_installation_holds_where_the_site_has_none() {
    let config = read("region: FR\nforms: [{name: a}]").unwrap();
    assert_eq!(config.form("a").unwrap().site.region.as_deref(), Some("FR"));
}

#[test]
fn every_mistake_is_told_with_its_place() {
    let found = mistakes(
        r#"
region: France
sites:
  - {name: main, origin: ["https://www.example.com"]}
  - {name: main, origins: ["www.example.com", "https://example.com/path", "*"]}
forms:
  - {name: contact, site: mian, intent: kontact}
  - {name: "a b", site: main, thank_you: "//evil.example", consent: {field: x}}
  - contact
  - {site: main, region: FR}
"#,
    );
    let origin = "This must be an origin, a web address without a path such as https://www.example.com.";
    let expected = [
        "2:1: This must be the two letters of a country, such as FR.",
        "4:18: There is no key `origin`. Did you mean `origins`?",
        "5:6: There is a site of this name already.",
        &format!("5:28: {origin}"),
        &format!("5:47: {origin}"),
        &format!("5:75: {origin}"),
        "7:21: There is no site `mian`. Did you mean `main`?",
        "7:33: There is no intent `kontact`. Did you mean `contact`?",
        "8:6: A form's name has letters, digits, `-`, `_` and `.` only.",
        "8:31: This must be a path such as /thanks, or a web address.",
        "8:60: The key `purpose` is required.",
        "9:5: This must be a mapping.",
        "10:18: There is no key `region`. Known are: name, site, intent, thank_you, consent.",
        "10:5: The key `name` is required.",
    ];
    let mut expected: Vec<String> = expected.map(|line| format!("batea.yaml:{line}")).into();
    let mut found = found;
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
}

#[test]
fn several_sites_ask_for_a_name_and_sections_must_be_lists() {
    let found = mistakes("sites: [{name: a}, {name: b}]\nforms: [{name: contact}]");
    assert_eq!(found, ["batea.yaml:2:9: There are several sites: name one by `site`."]);
    assert_eq!(mistakes("forms: contact"), ["batea.yaml:1:1: This must be a list."]);
}

#[test]
fn an_origin_is_read_as_browsers_write_it() {
    let read = |text: &str| Origin::parse(text).map(|origin| origin.to_string());
    assert_eq!(read("HTTPS://WWW.Example.com:443"), Some("https://www.example.com".to_owned()));
    assert_eq!(read("http://localhost:8080"), Some("http://localhost:8080".to_owned()));
    assert_eq!(read("http://[::1]:8080"), Some("http://[::1]:8080".to_owned()));
    assert_eq!(read("http://[::1]"), Some("http://[::1]".to_owned()));
    for text in [
        "null",
        "",
        "*",
        "example.com",
        "ftp://example.com",
        "https://",
        "https://a b",
        "https://a@b.c",
        "https://example.com/",
        "https://example.com:99999",
        "https://exa\\mple.com",
        "https://[::1",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
    let origin = Origin::parse("http://localhost:8080").unwrap();
    assert!(origin.is_host("LOCALHOST:8080"));
    assert!(!origin.is_host("localhost"));
    assert!(Origin::parse("https://a.example").unwrap().is_host("a.example:443"));
}
