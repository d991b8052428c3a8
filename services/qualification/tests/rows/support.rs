//! A read model in a file, and facts for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use event_log::LogRecord;
use lead_domain::fact::{LeadEvent, Receipt, admit};
use lead_domain::policy::Policy;
use lead_domain::{IdentitySecret, Instant, LeadId};
use qualification::{Announcer, Decoded, Filler, Projected, Projector, Rules};
use read_model::sqlite::{SqliteProjection, SqliteReader};
use read_model::{
    ChangeReader, ChangeRow, Found, GenerationStore, LeadReader, PositionMove, ProjectionStore, StoreError,
    Wish,
};
use serde_json::Value;
use service_kit::clock::Clock;
use sqlite_file::SqliteFile;
use tempfile::TempDir;

pub(crate) const START: i64 = 1_767_225_600_000;

pub(crate) fn secret() -> IdentitySecret {
    IdentitySecret::new([7; 32]).unwrap()
}

pub(crate) fn event(posted: Value) -> LeadEvent {
    let secret = secret();
    let receipt = Receipt {
        received_at: Instant::from_millis(START + 400 * 86_400_000),
        source: "crm",
        region: None,
        intents: &BTreeMap::new(),
        secret: &secret,
        fallback_id: secret.event_id("unused", "unused"),
        by_ingest: false,
    };
    admit(posted, &receipt).unwrap()
}

/// A read model in a file of its own, read by one worker.
pub(crate) struct Installation {
    _folder: TempDir,
    pub(crate) store: Arc<SqliteProjection>,
    pub(crate) reader: SqliteReader,
    pub(crate) projector: Projector,
    pub(crate) rules: Rules,
    pub(crate) epoch: i64,
    pub(crate) next: Option<i64>,
}

impl Installation {
    pub(crate) async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let file = SqliteFile::open(&folder.path().join("batea.db")).await.unwrap();
        let store = Arc::new(SqliteProjection::new(file.clone()));
        let now = Instant::from_millis(START);
        let filler = filler(&store);
        let generations: Arc<dyn GenerationStore> = store.clone();
        let rules = Rules::establish(&generations, &Policy::default_policy(), Wish::Start, &filler, now)
            .await
            .unwrap();
        let claim = store.claim(0, "test").await.unwrap();
        let projector = Projector::new(store.clone(), secret());
        let reader = SqliteReader::new(file);
        Self { _folder: folder, store, reader, projector, rules, epoch: claim.epoch, next: claim.next_offset }
    }

    pub(crate) async fn project(&mut self, payloads: &[Vec<u8>]) -> Projected {
        self.try_project(payloads).await.unwrap()
    }

    pub(crate) async fn try_project(&mut self, payloads: &[Vec<u8>]) -> Result<Projected, StoreError> {
        let first = self.next.unwrap_or(1);
        let record = |(index, payload): (usize, &Vec<u8>)| LogRecord {
            offset: first + i64::try_from(index).unwrap(),
            payload: payload.clone(),
        };
        let batch = Decoded::of(0, payloads.iter().enumerate().map(record).collect(), &secret());
        let to = batch.next_offset.unwrap();
        let position = PositionMove {
            partition: 0,
            epoch: self.epoch,
            from: self.next,
            to,
            latest_fact: batch.latest_fact(),
        };
        let projected = self.projector.project(position, &batch, &self.rules).await?;
        self.next = Some(to);
        Ok(projected)
    }

    /// The rules as the worker loads them when they changed.
    pub(crate) async fn follow(&mut self) {
        self.rules = Rules::standing(self.store.as_ref()).await.unwrap();
    }

    /// Another process starts with this policy.
    pub(crate) async fn start_with(&self, policy: &Policy) -> Rules {
        self.start_as(Wish::Start, policy).await
    }

    /// A process starts with this policy as one of several, or alone.
    pub(crate) async fn start_as(&self, wish: Wish, policy: &Policy) -> Rules {
        let generations: Arc<dyn GenerationStore> = self.store.clone();
        let now = Instant::from_millis(START);
        Rules::establish(&generations, policy, wish, &self.filler(), now).await.unwrap()
    }

    pub(crate) fn filler(&self) -> Filler {
        filler(&self.store)
    }

    pub(crate) fn announcer(&self) -> Announcer {
        Announcer::new(self.store.clone(), secret(), Clock::starting_at(START))
    }

    pub(crate) async fn changes(&self) -> Vec<ChangeRow> {
        let changes = self.reader.changes(0, 10_000).await.unwrap();
        changes.into_iter().map(|one| one.change).collect()
    }

    pub(crate) async fn find(&self, id: LeadId) -> Found {
        self.reader.find(self.rules.active.number, id).await.unwrap()
    }
}

pub(crate) fn payload(posted: Value) -> Vec<u8> {
    event(posted).to_json().into_bytes()
}

fn filler(store: &Arc<SqliteProjection>) -> Filler {
    Filler::new(store.clone(), secret(), Clock::starting_at(START))
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .worker_threads(1)
        .build()
        .unwrap()
        .block_on(future)
}
