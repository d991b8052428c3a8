//! A service on a log in memory, and requests to it.

use std::sync::{Arc, Mutex};

use actix_web::http::Method;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use async_trait::async_trait;
use event_log::{AppendError, EventAppender, NewRecord, Position};
use ingest::{Ingest, IngestConfig, configure};
use lead_domain::IdentitySecret;
use serde_json::Value;
use service_kit::auth::{Key, Keys, Scope, hash_of};
use service_kit::clock::Clock;
use service_kit::config::ConfigFile;

/// 2026-06-01T07:59:00Z.
pub(crate) const NOW_MS: i64 = 1_780_300_740_000;

/// A log that keeps its records, or refuses them.
#[derive(Debug, Default)]
pub(crate) struct MemoryLog {
    appends: Mutex<Vec<Vec<NewRecord>>>,
    is_away: bool,
}

#[async_trait]
impl EventAppender for MemoryLog {
    async fn append(&self, records: Vec<NewRecord>) -> Result<Position, AppendError> {
        self.ready().await?;
        let mut appends = self.appends.lock().unwrap();
        appends.push(records);
        let records: usize = appends.iter().map(Vec::len).sum();
        Ok(Position::behind(0, i64::try_from(records).unwrap() - 1))
    }

    async fn ready(&self) -> Result<(), AppendError> {
        if self.is_away { Err(AppendError::Unavailable("away".to_owned())) } else { Ok(()) }
    }
}

/// The configuration of most tests.
const CONFIG: &str = r#"
region: FR
sites:
  - {name: main, origins: ["https://www.example.com", "http://localhost:3000"], region: BE}
forms:
  - {name: contact, site: main, intent: quote, thank_you: /merci, consent: {field: newsletter, purpose: marketing}}
  - {name: away, site: main, thank_you: "https://thanks.example.com/page"}
  - {name: plain, site: main}
"#;

/// The service, and what it has recorded.
pub(crate) struct Service {
    pub(crate) log: Arc<MemoryLog>,
    ingest: Ingest,
}

impl Service {
    pub(crate) fn new() -> Self {
        Self::with(CONFIG, MemoryLog::default())
    }

    /// The log does not take anything.
    pub(crate) fn without_a_log() -> Self {
        Self::with(CONFIG, MemoryLog { is_away: true, ..MemoryLog::default() })
    }

    /// The embedded demo, without a file.
    pub(crate) fn demo() -> Self {
        Self::with("", MemoryLog::default())
    }

    fn with(yaml: &str, log: MemoryLog) -> Self {
        let file = ConfigFile::parse("batea.yaml", yaml.as_bytes()).unwrap();
        let config = IngestConfig::read(&file).unwrap().with_demo();
        let keys = vec![
            Key::new("crm", "crm", hash_of("crm-key"), [Scope::EventsWrite]),
            Key::new("reader", "reader", hash_of("reader-key"), [Scope::LeadsRead]),
        ];
        let log = Arc::new(log);
        let secret = IdentitySecret::new(*b"0123456789abcdef0123456789abcdef").unwrap();
        let clock = Clock::starting_at(NOW_MS);
        let ingest = Ingest::new(log.clone(), config, Keys::new(keys, []), secret, clock);
        Self { log, ingest }
    }

    pub(crate) async fn send(&self, request: Request) -> Answer {
        let app = init_service(service_kit::server::app(configure(self.ingest.clone()))).await;
        let mut built =
            TestRequest::default().method(request.method).uri(&request.path).set_payload(request.body);
        for (name, value) in request.headers {
            built = built.append_header((name, value));
        }
        let response = call_service(&app, built.to_request()).await;
        let status = response.status().as_u16();
        let headers = response.headers().iter();
        let headers = headers
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let body = String::from_utf8(read_body(response).await.to_vec()).unwrap();
        Answer { status, headers, body }
    }

    /// How many records each append had.
    pub(crate) fn appends(&self) -> Vec<usize> {
        self.log.appends.lock().unwrap().iter().map(Vec::len).collect()
    }

    /// All recorded facts, as they are stored.
    pub(crate) fn facts(&self) -> Vec<Value> {
        let appends = self.log.appends.lock().unwrap();
        appends.iter().flatten().map(|record| serde_json::from_slice(&record.payload).unwrap()).collect()
    }

    /// The keys of all records.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.log.appends.lock().unwrap().iter().flatten().map(|record| record.key.clone()).collect()
    }

    /// The only recorded fact.
    pub(crate) fn fact(&self) -> Value {
        let mut facts = self.facts();
        assert_eq!(facts.len(), 1, "{facts:?}");
        facts.remove(0)
    }
}

/// A request to be sent.
pub(crate) struct Request {
    method: Method,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Request {
    pub(crate) fn new(method: Method, path: &str) -> Self {
        Self { method, path: path.to_owned(), headers: Vec::new(), body: Vec::new() }
    }

    pub(crate) fn get(path: &str) -> Self {
        Self::new(Method::GET, path)
    }

    pub(crate) fn post(path: &str, media: &str, body: impl Into<Vec<u8>>) -> Self {
        let mut request = Self::new(Method::POST, path).header("Content-Type", media);
        request.body = body.into();
        request
    }

    /// Facts with a key that may post them.
    pub(crate) fn events(media: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::post("/v1/events", media, body).header("Authorization", "Bearer crm-key")
    }

    /// One fact, or an array.
    pub(crate) fn json(facts: &Value) -> Self {
        Self::events("application/json", facts.to_string())
    }

    /// A form as browsers post it by default.
    pub(crate) fn form(path: &str, body: &str) -> Self {
        Self::post(path, "application/x-www-form-urlencoded", body)
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values =
            self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let value = values.next();
        assert_eq!(values.next(), None, "{name} stands twice");
        value
    }

    /// Status and code of a problem document, checked to be one.
    #[track_caller]
    pub(crate) fn problem(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let problem = self.json();
        assert_eq!(problem["status"], self.status, "{self:?}");
        assert_eq!(problem["trace_id"].as_str().map(str::len), Some(32), "{self:?}");
        (self.status, problem["code"].as_str().unwrap().to_owned())
    }

    /// Pointers and codes of a problem's errors.
    pub(crate) fn errors(&self) -> Vec<(String, String)> {
        let problem = self.json();
        let errors = problem["errors"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        errors.map(|error| (text(&error["pointer"]), text(&error["code"]))).collect()
    }
}

/// Pairs of texts as [`Answer::errors`] gives them.
pub(crate) fn errors<const N: usize>(expected: [(&str, &str); N]) -> Vec<(String, String)> {
    expected.map(|(pointer, code)| (pointer.to_owned(), code.to_owned())).into()
}
