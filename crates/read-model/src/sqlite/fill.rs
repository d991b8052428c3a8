//! The transactions that fill a generation lead by lead beside the active one, and remove what no one answers from.

use std::collections::BTreeMap;

use async_trait::async_trait;
use lead_domain::{Instant, LeadId};
use sqlite_file::Writer;
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::error::store_error;
use super::{identities, leads, queue, timeline};
use crate::error::StoreError;
use crate::generation::{GenerationPage, Refold};
use crate::rows::{LeadRow, TimelineRow};

/// The open transaction of a page.
struct Page {
    writer: Writer,
    generation: i64,
    leads: Vec<Refold>,
    last: Uuid,
}

/// The next leads of a generation; none when all are filled. Whoever writes is alone: there is nothing to lock.
pub(super) async fn begin(
    mut writer: Writer,
    generation: i64,
    limit: u32,
) -> Result<Option<Box<dyn GenerationPage>>, StoreError> {
    let filled_to = filled_to(writer.connection(), generation).await.map_err(store_error)?;
    let Some(filled_to) = filled_to else { return Err(StoreError::Superseded { generation }) };
    let leads = identities::leads_after(writer.connection(), Some(LeadId(filled_to)), limit).await;
    let leads = leads.map_err(store_error)?;
    let Some(last) = leads.last().map(|lead| lead.id.0) else { return Ok(None) };
    Ok(Some(Box::new(Page { writer, generation, leads, last })))
}

async fn filled_to(connection: &mut SqliteConnection, generation: i64) -> Result<Option<Uuid>, sqlx::Error> {
    // No id is nil.
    let sql = "select coalesce(filled_to, zeroblob(16)) from fillings where generation = ?1";
    sqlx::query_scalar(sql).bind(generation).fetch_optional(connection).await
}

#[async_trait]
impl GenerationPage for Page {
    fn leads(&self) -> &[Refold] {
        &self.leads
    }

    async fn facts(&mut self, subjects: &[LeadId]) -> Result<Vec<TimelineRow>, StoreError> {
        timeline::of_subjects(self.writer.connection(), subjects).await.map_err(store_error)
    }

    async fn next_changes(&mut self) -> Result<BTreeMap<LeadId, Instant>, StoreError> {
        let ids: Vec<LeadId> = self.leads.iter().map(|lead| lead.id).collect();
        queue::next_changes(self.writer.connection(), &ids).await.map_err(store_error)
    }

    async fn commit(mut self: Box<Self>, rows: Vec<LeadRow>) -> Result<(), StoreError> {
        let (generation, last) = (self.generation, self.last);
        write(self.writer.connection(), generation, &rows, last).await.map_err(store_error)?;
        self.writer.commit().await.map_err(store_error)
    }
}

async fn write(
    connection: &mut SqliteConnection,
    generation: i64,
    rows: &[LeadRow],
    last: Uuid,
) -> Result<(), sqlx::Error> {
    leads::write(connection, generation, rows).await?;
    let sql = "update fillings set filled_to = ?2 where generation = ?1";
    sqlx::query(sql).bind(generation).bind(last).execute(connection).await?;
    Ok(())
}

/// A generation that is neither active nor filled and has rows.
pub(super) async fn stale(connection: &mut SqliteConnection) -> Result<Option<i64>, sqlx::Error> {
    let sql = "select generation from generations g
        where generation not in (select generation from activations where active_to is null)
            and generation not in (select generation from fillings)
            and exists (select 1 from leads l where l.generation = g.generation) limit 1";
    sqlx::query_scalar(sql).fetch_optional(connection).await
}

/// Removes rows of one such generation.
pub(super) async fn discard(connection: &mut SqliteConnection, limit: u32) -> Result<u64, sqlx::Error> {
    let Some(generation) = stale(&mut *connection).await? else { return Ok(0) };
    let some = "select id from leads where generation = ?1 order by id limit ?2";
    let some = sqlx::query_scalar::<_, Uuid>(some).bind(generation).bind(limit);
    let some: Vec<LeadId> = some.fetch_all(&mut *connection).await?.into_iter().map(LeadId).collect();
    leads::remove(connection, generation, &some).await?;
    Ok(some.len() as u64)
}
