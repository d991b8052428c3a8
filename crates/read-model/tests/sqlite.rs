//! The contract of the read model, on the embedded file.
#![expect(clippy::unwrap_used, reason = "a failing test is what a panic is for")]

use std::sync::Arc;

use read_model::contract::Stand;
use read_model::read_model_contract;
use read_model::sqlite::{SqliteProjection, SqliteReader};
use read_model::{Clockwork, GenerationStore, ProjectionStore, ReadModel};
use sqlite_file::SqliteFile;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
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

    fn clockwork(&self) -> Box<dyn Clockwork> {
        Box::new(SqliteProjection::new(self.file.clone()))
    }

    fn runs_side_by_side(&self) -> bool {
        false
    }

    fn reader(&self) -> Box<dyn ReadModel> {
        Box::new(SqliteReader::new(self.file.clone()))
    }

    async fn dump(&self) -> String {
        SqliteReader::new(self.file.clone()).dump().await.unwrap()
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

/// A file as the build before left it, with facts in it.
#[tokio::test]
async fn facts_that_an_older_build_stored_are_found_by_their_campaigns() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("batea.db");
    let file = SqliteFile::open(&path).await.unwrap();
    file.close().await;
    let before = "drop index timeline_touches; drop index timeline_about_campaigns;
        alter table timeline drop column campaign; alter table timeline drop column about_campaign;
        delete from _sqlx_migrations where version = 4;
        insert into timeline (subject, occurred_at, rank, event_id, content, received_at, record) values
            (x'01', 1, 2, x'01', '', 0, '{\"campaign\":\"spring \\u00e9\",\"lead\":{\"email\":\"a\"}}'),
            (x'02', 1, 2, x'02', '', 0, '{\"campaign\":null,\"lead\":{\"email\":\"b\"}}'),
            (x'03', 1, 9, x'03', '', 0, '{\"campaign\":\"x\",\"lead\":null,\"data\":{\"campaign\":\"salon\"}}')";
    let mut old = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    sqlx::raw_sql(before).execute(&mut old).await.unwrap();
    old.close().await.unwrap();

    let file = SqliteFile::open(&path).await.unwrap();
    let columns = sqlx::query_as("select campaign, about_campaign from timeline order by subject");
    let found: Vec<(Option<String>, Option<String>)> = columns.fetch_all(file.readers()).await.unwrap();
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(found, [(text("spring \u{e9}"), None), (None, None), (None, text("salon"))]);
    file.close().await;
}
