//! What time changed, taken by one process at a time and announced.

use async_trait::async_trait;
use lead_domain::{Instant, LeadId};
use sqlite_file::Writer;
use sqlx::SqliteConnection;

use super::error::store_error;
use super::projection::SqliteProjection;
use super::rows::active_generation;
use super::{changes, leads, queue};
use crate::change_feed::{Clockwork, DueBatch};
use crate::error::StoreError;
use crate::rows::{ChangeRow, StoredLead};

struct Due {
    writer: Writer,
    generation: i64,
    leads: Vec<StoredLead>,
}

#[async_trait]
impl Clockwork for SqliteProjection {
    /// Looks beside the writer first: most of the time nothing is due.
    async fn due(
        &self,
        generation: i64,
        now: Instant,
        limit: u32,
    ) -> Result<Option<Box<dyn DueBatch>>, StoreError> {
        let sql = "select exists (select 1 from due_changes where generation = ?1 and at <= ?2)";
        let any = sqlx::query_scalar::<_, bool>(sql).bind(generation).bind(now.millis());
        if !any.fetch_one(self.file().readers()).await.map_err(store_error)? {
            return Ok(None);
        }
        let mut writer = self.open().await?;
        if active_generation(writer.connection()).await.map_err(store_error)? != Some(generation) {
            return Err(StoreError::Superseded { generation });
        }
        let leads = take(writer.connection(), generation, now, limit).await.map_err(store_error)?;
        Ok((!leads.is_empty()).then(|| Box::new(Due { writer, generation, leads }) as Box<dyn DueBatch>))
    }
}

pub(super) async fn take(
    connection: &mut SqliteConnection,
    generation: i64,
    now: Instant,
    limit: u32,
) -> Result<Vec<StoredLead>, sqlx::Error> {
    let due = queue::due(connection, generation, now, limit).await?;
    leads::read(connection, generation, &due).await
}

#[async_trait]
impl DueBatch for Due {
    fn leads(&self) -> &[StoredLead] {
        &self.leads
    }

    async fn commit(
        mut self: Box<Self>,
        changes: &[ChangeRow],
        next: &[(LeadId, Option<Instant>)],
    ) -> Result<(), StoreError> {
        queue::note_due(self.writer.connection(), self.generation, next).await.map_err(store_error)?;
        changes::announce(self.writer.connection(), changes).await.map_err(store_error)?;
        self.writer.commit().await.map_err(store_error)
    }
}
