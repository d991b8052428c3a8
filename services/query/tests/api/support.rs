//! An app of the service, and the read model that it stands on.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::test::{TestRequest, init_service, read_body};
use async_trait::async_trait;
use lead_domain::fact::{LeadEvent, OrderKey, Receipt, admit};
use lead_domain::identity::Subject;
use lead_domain::lead::Lead;
use lead_domain::policy::{FOLD_VERSION, Policy};
use lead_domain::segment::Segments;
use lead_domain::{EventId, IdentitySecret, Instant, LeadId};
use query::{QueryState, configure, cursor_key, openapi};
use read_model::{
    ActivePolicy, After, ChangeRow, Found, GenerationKey, KnownPolicy, LeadFilter, LeadReader, LeadSort,
    LeadView, Listed, PeopleReader, ReadModelStatus, Refold, StoreError, TimelineRow,
};
use serde_json::{Value, json};
use service_kit::auth::{Key, Keys, Scope, hash_of};
use service_kit::clock::Clock;
use service_kit::lifecycle::Shutdown;

/// The instant at which the tests' clock starts.
pub(crate) const END: &str = "2026-06-01T08:00:00.000Z";
/// The key that may read leads.
pub(crate) const READER: &str = "a key that may read";
/// A key that may only send facts.
pub(crate) const SENDER: &str = "a key that may send";

pub(crate) fn secret() -> IdentitySecret {
    IdentitySecret::new(*b"0123456789abcdef0123456789abcdef").unwrap()
}

pub(crate) fn instant(text: &str) -> Instant {
    text.parse().unwrap()
}

/// What a list was asked for: filter, order, place and number of rows.
pub(crate) type Asked = (LeadFilter, LeadSort, Option<After>, u32);

/// The read model of these tests: some leads, one id that was merged away, and what it was asked.
#[derive(Debug, Default)]
pub(crate) struct Fake {
    pub(crate) leads: BTreeMap<LeadId, Vec<LeadEvent>>,
    /// Facts about campaigns, by campaign, each in the order of facts.
    pub(crate) about: Vec<LeadEvent>,
    pub(crate) moved: BTreeMap<LeadId, LeadId>,
    pub(crate) positions: Mutex<Vec<(i32, i64)>>,
    pub(crate) no_policy: bool,
    pub(crate) failure: Option<fn() -> StoreError>,
    pub(crate) hangs: bool,
    /// The generation becomes another one after so many questions for it.
    pub(crate) switches_after: Mutex<Option<u32>>,
    pub(crate) asked: Mutex<Vec<Asked>>,
    /// The change feed.
    pub(crate) changes: Mutex<Vec<ChangeRow>>,
    /// The rows are of another build's fold.
    pub(crate) foreign_fold: bool,
    /// Policies that were active before.
    pub(crate) earlier: Vec<Policy>,
    /// The people are without end, and each page of them takes this long.
    pub(crate) endless: Option<Duration>,
    /// How many pages of people were read.
    pub(crate) pages: AtomicU64,
}

impl Fake {
    /// Ada, who was an anonymous visitor first, and Ben.
    pub(crate) fn with_ada_and_ben() -> Self {
        Self::with(include_str!("../fixtures/facts.ndjson"))
    }

    /// All whom the campaigns of the worked example touched.
    pub(crate) fn with_campaigns() -> Self {
        Self::with(include_str!("../fixtures/campaign-facts.ndjson"))
    }

    fn with(facts: &str) -> Self {
        let mut fake = Self::default();
        for line in facts.lines() {
            fake.add(serde_json::from_str(line).unwrap());
        }
        fake.leads.values_mut().for_each(|events| events.sort_by_key(|event| event.fact.order_key()));
        fake.moved.insert(email("ada@example.com"), ada());
        fake
    }

    pub(crate) fn add(&mut self, posted: Value) -> LeadId {
        let event = event(posted);
        let id = owner_of(&event);
        if matches!(event.fact.subject, Subject::Campaign(_)) {
            self.about.push(event);
            self.about.sort_by_cached_key(|event| (event.fact.subject.id(&secret()), event.fact.order_key()));
        } else {
            self.leads.entry(id).or_default().push(event);
        }
        id
    }

    pub(crate) async fn trouble(&self) -> Result<(), StoreError> {
        if self.hangs {
            std::future::pending::<()>().await;
        }
        self.failure.map_or(Ok(()), |failure| Err(failure()))
    }

    pub(crate) fn view(&self, id: LeadId) -> Option<LeadView> {
        let facts = self.leads.get(&id)?.iter().map(|event| &event.fact);
        let state = Lead::fold(facts, policy())?.to_json();
        Some(LeadView { id, state, incomplete: false })
    }

    fn generation(&self) -> i64 {
        let mut left = self.switches_after.lock().unwrap();
        match left.as_mut() {
            None => 1,
            Some(0) => 2,
            Some(left) => {
                *left -= 1;
                1
            }
        }
    }

    /// Rows of a generation that was replaced are gone.
    pub(crate) fn still_active(&self, generation: i64) -> Result<(), StoreError> {
        let active = if *self.switches_after.lock().unwrap() == Some(0) { 2 } else { 1 };
        if generation == active { Ok(()) } else { Err(StoreError::Superseded { generation }) }
    }
}

/// The default policy, parsed once.
fn policy() -> &'static Policy {
    static POLICY: OnceLock<Policy> = OnceLock::new();
    POLICY.get_or_init(Policy::default_policy)
}

/// The id of a visitor's anonymous id: the first that Ada was known by.
pub(crate) fn ada() -> LeadId {
    event(json!({"type": "page.viewed", "lead": {"anonymous_id": "an-7f3a"}})).fact.subject.id(&secret())
}

pub(crate) fn email(email: &str) -> LeadId {
    event(json!({"type": "page.viewed", "lead": {"email": email}})).fact.subject.id(&secret())
}

fn owner_of(event: &LeadEvent) -> LeadId {
    let id = event.fact.subject.id(&secret());
    if id == email("ada@example.com") { ada() } else { id }
}

pub(crate) fn event(posted: Value) -> LeadEvent {
    let receipt = Receipt {
        received_at: instant("2026-06-01T07:59:00.000Z"),
        source: "crm",
        region: None,
        intents: &BTreeMap::new(),
        secret: &secret(),
        fallback_id: EventId(uuid::Uuid::nil()),
        by_ingest: false,
    };
    admit(posted, &receipt).unwrap()
}

#[async_trait]
impl LeadReader for Fake {
    async fn find(&self, generation: i64, id: LeadId) -> Result<Found, StoreError> {
        self.trouble().await?;
        if let Some(survivor) = self.moved.get(&id) {
            return Ok(Found::MovedTo(*survivor));
        }
        self.still_active(generation)?;
        let found = self.view(id);
        Ok(found.map_or(Found::Nothing, |view| Found::Lead(Box::new(view))))
    }

    async fn list(
        &self,
        generation: i64,
        filter: &LeadFilter,
        sort: LeadSort,
        after: Option<&After>,
        limit: u32,
    ) -> Result<Vec<Listed>, StoreError> {
        self.trouble().await?;
        self.asked.lock().unwrap().push((filter.clone(), sort, after.cloned(), limit));
        let behind = after.map(|(After::Score(_, id) | After::Instant(_, id) | After::Name(_, id))| *id);
        let ids = self.leads.keys().filter(|id| behind.is_none_or(|behind| **id > behind));
        self.still_active(generation)?;
        let rows = ids.filter_map(|id| self.view(*id));
        Ok(rows.take(limit as usize).map(|lead| Listed { place: place(sort, &lead), lead }).collect())
    }

    async fn facts(&self, id: LeadId) -> Result<Vec<LeadEvent>, StoreError> {
        self.trouble().await?;
        Ok(self.leads.get(&id).cloned().unwrap_or_default())
    }

    async fn latest_fact(&self) -> Result<Option<Instant>, StoreError> {
        self.trouble().await?;
        Ok(self.leads.values().flatten().map(|event| event.fact.occurred_at).max())
    }

    async fn timeline(
        &self,
        id: LeadId,
        before: Option<OrderKey>,
        limit: u32,
    ) -> Result<Vec<LeadEvent>, StoreError> {
        self.trouble().await?;
        let facts = self.leads.get(&id).cloned().unwrap_or_default().into_iter().rev();
        let older = facts.filter(|event| before.is_none_or(|before| event.fact.order_key() < before));
        Ok(older.take(limit as usize).collect())
    }
}

#[async_trait]
impl PeopleReader for Fake {
    async fn people_count(&self) -> Result<u64, StoreError> {
        self.trouble().await?;
        Ok(self.leads.len() as u64)
    }

    async fn people_after(&self, after: Option<LeadId>, limit: u32) -> Result<Vec<Refold>, StoreError> {
        self.trouble().await?;
        self.pages.fetch_add(1, Ordering::SeqCst);
        let after = match self.endless {
            Some(pause) => {
                tokio::time::sleep(pause).await;
                None
            }
            None => after,
        };
        let ids = self.leads.keys().filter(|id| after.is_none_or(|after| **id > after));
        let person = |id: &LeadId| Refold { id: *id, subjects: vec![*id] };
        Ok(ids.take(limit as usize).map(person).collect())
    }

    async fn facts_of(&self, subjects: &[LeadId]) -> Result<Vec<TimelineRow>, StoreError> {
        self.trouble().await?;
        let row = |subject: LeadId| move |event: &LeadEvent| TimelineRow { subject, event: event.clone() };
        let rows = subjects.iter().filter_map(|id| Some(self.leads.get(id)?.iter().map(row(*id))));
        Ok(rows.flatten().collect())
    }
}

fn place(sort: LeadSort, lead: &LeadView) -> After {
    match sort {
        LeadSort::Score => After::Score(Some(0.1 + 0.2), lead.id),
        LeadSort::LastActivity | LeadSort::Created => After::Instant(Some(instant(END)), lead.id),
        LeadSort::Name => After::Name(None, lead.id),
    }
}

#[async_trait]
impl ReadModelStatus for Fake {
    async fn positions(&self) -> Result<Vec<(i32, i64)>, StoreError> {
        self.trouble().await?;
        Ok(self.positions.lock().unwrap().clone())
    }

    async fn policies(&self) -> Result<Vec<KnownPolicy>, StoreError> {
        self.trouble().await?;
        let all = self.earlier.iter().map(|policy| policy.version().to_owned());
        let all = all.chain([Policy::default_policy().version().to_owned()]);
        let known =
            all.map(|version| KnownPolicy { version, active_from: Some(instant(END)), active_to: None });
        Ok(known.collect())
    }

    async fn policy_text(&self, version: &str) -> Result<Option<String>, StoreError> {
        self.trouble().await?;
        let active = Policy::default_policy();
        let found = self.earlier.iter().chain([&active]).find(|policy| policy.version() == version);
        Ok(found.map(Policy::canonical_text))
    }

    async fn active_policy(&self) -> Result<Option<ActivePolicy>, StoreError> {
        self.trouble().await?;
        let policy = policy();
        let fold_version = FOLD_VERSION - u32::from(self.foreign_fold);
        let key = GenerationKey { policy_version: policy.version().to_owned(), fold_version };
        let active = ActivePolicy {
            generation: self.generation(),
            key,
            policy_text: policy.canonical_text(),
            active_from: instant(END),
        };
        Ok((!self.no_policy).then_some(active))
    }

    async fn ready(&self) -> Result<(), StoreError> {
        self.trouble().await
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The status and code of a problem.
    pub(crate) fn problem(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), "application/problem+json");
        (self.status.as_u16(), self.json()["code"].as_str().unwrap().to_owned())
    }

    /// The pointers and codes of a problem.
    pub(crate) fn errors(&self) -> Vec<(String, String)> {
        let text = |error: &Value, key: &str| error[key].as_str().unwrap().to_owned();
        self.json()["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (text(one, "pointer"), text(one, "code")))
            .collect()
    }
}

/// The section `segments` of these tests.
pub(crate) fn segments() -> Value {
    json!([
        {"name": "warm", "when": {"temperature": ["hot", "warm"]}},
        {"name": "french", "when": {"all": [{"country": "fr"}, {"criteria.need": "met"}]}},
        {"name": "all", "when": {}},
        {"name": "nobody", "when": {"name": "nobody"}},
    ])
}

pub(crate) fn state(fake: &Arc<Fake>) -> QueryState {
    let key = |name: &str, key: &str, scope| Key::new(name, name, hash_of(key), [scope]);
    let keys = vec![key("reader", READER, Scope::LeadsRead), key("sender", SENDER, Scope::EventsWrite)];
    QueryState {
        reader: fake.clone(),
        status: fake.clone(),
        keys: Keys::new(keys, []),
        clock: Clock::starting_at(instant(END).millis()),
        cursors: cursor_key(&secret()),
        region: Some("FR".to_owned()),
        draining: Shutdown::detached(),
        segments: Arc::new(Segments::parse(&segments()).unwrap()),
        document: openapi().to_json().unwrap().into(),
    }
}

/// What the service answers to a request.
pub(crate) async fn send(fake: &Arc<Fake>, request: TestRequest) -> Answer {
    let app = init_service(service_kit::server::app(configure(state(fake)))).await;
    let answer: ServiceResponse<_> = app.call(request.to_request()).await.unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    Answer { status, headers, bytes: read_body(answer).await.to_vec() }
}

/// What the service answers to somebody who may read.
pub(crate) async fn get(fake: &Arc<Fake>, uri: &str) -> Answer {
    send(fake, TestRequest::with_uri(uri).insert_header(("Authorization", format!("Bearer {READER}")))).await
}
