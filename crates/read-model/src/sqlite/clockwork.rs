//! What time changed, taken by one process at a time and announced.

use async_trait::async_trait;
use lead_domain::{Instant, LeadId};
use sqlite_file::Writer;
use sqlx::Row;
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use super::error::store_error;
use super::projection::SqliteProjection;
use super::rows::{active_generation, key};
use super::{changes, queue};
use crate::change_feed::{Clockwork, DueBatch, DueLead};
use crate::error::StoreError;
use crate::rows::{ChangeRow, StoredLead};

struct Due {
    writer: Writer,
    generation: i64,
    leads: Vec<DueLead>,
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

async fn take(
    connection: &mut SqliteConnection,
    generation: i64,
    now: Instant,
    limit: u32,
) -> Result<Vec<DueLead>, sqlx::Error> {
    let sql = "select l.id, l.last_fact_at, l.last_fact_rank, l.last_fact_event_id, l.state, d.at
        from (select id, at from due_changes where generation = ?1 and at <= ?2
            order by at limit ?3) d
        join leads l on l.generation = ?1 and l.id = d.id";
    let select = sqlx::query(sql).bind(generation).bind(now.millis()).bind(limit);
    select.fetch_all(connection).await?.iter().map(due_lead).collect()
}

fn due_lead(row: &SqliteRow) -> Result<DueLead, sqlx::Error> {
    let lead = StoredLead { id: LeadId(row.try_get(0)?), last_fact: key(row, 1)?, state: row.try_get(4)? };
    Ok(DueLead { lead, due_at: Instant::from_millis(row.try_get(5)?) })
}

#[async_trait]
impl DueBatch for Due {
    fn leads(&self) -> &[DueLead] {
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
