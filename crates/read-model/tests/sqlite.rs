//! The contract of the read model, on the embedded file.
#![expect(clippy::unwrap_used, reason = "a failing test is what a panic is for")]

use std::sync::Arc;

use lead_domain::EventId;
use read_model::contract::Stand;
use read_model::read_model_contract;
use read_model::sqlite::{SqliteProjection, SqliteReader};
use read_model::{CampaignReader, GenerationStore, LeadReader, ProjectionStore, ReadModelStatus};
use sqlite_file::SqliteFile;
use tempfile::TempDir;

struct Embedded {
    file: SqliteFile,
    _folder: TempDir,
}

async fn embedded() -> Arc<dyn Stand> {
    let folder = tempfile::tempdir().unwrap();
    let file = SqliteFile::open(&folder.path().join("batea.db")).await.unwrap();
    Arc::new(Embedded { file, _folder: folder })
}

#[async_trait::async_trait]
impl Stand for Embedded {
    fn projection(&self) -> Box<dyn ProjectionStore> {
        Box::new(SqliteProjection::new(self.file.clone()))
    }

    fn generations(&self) -> Box<dyn GenerationStore> {
        Box::new(SqliteProjection::new(self.file.clone()))
    }

    fn reader(&self) -> Box<dyn LeadReader> {
        Box::new(SqliteReader::new(self.file.clone()))
    }

    fn campaigns(&self) -> Box<dyn CampaignReader> {
        Box::new(SqliteReader::new(self.file.clone()))
    }

    fn status(&self) -> Box<dyn ReadModelStatus> {
        Box::new(SqliteReader::new(self.file.clone()))
    }

    async fn dump(&self) -> String {
        SqliteReader::new(self.file.clone()).dump().await.unwrap()
    }

    async fn changes(&self) -> Vec<(i64, EventId)> {
        let feed = sqlx::query_as("select number, id from changes order by number");
        let feed: Vec<(i64, uuid::Uuid)> = feed.fetch_all(self.file.readers()).await.unwrap();
        feed.into_iter().map(|(number, id)| (number, EventId(id))).collect()
    }

    async fn until_somebody_waits(&self) {
        for _ in 0..1000 {
            tokio::task::yield_now().await;
        }
    }

    async fn remove(&self) {
        self.file.close().await;
    }
}

read_model_contract! { embedded }
