//! The switch to a new generation, in one transaction.

use async_trait::async_trait;
use lead_domain::{Instant, LeadId};
use sqlite_file::Writer;
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::error::store_error;
use super::{leads, timeline};
use crate::generation::{GenerationSwitch, Refold};
use crate::history::refolds;
use crate::rows::LeadRow;
use crate::store::{StoreError, TimelineRow};

/// The open transaction of a switch.
pub(super) struct Switch {
    pub(super) writer: Writer,
    pub(super) generation: i64,
}

#[async_trait]
impl GenerationSwitch for Switch {
    async fn leads_after(&mut self, after: Option<LeadId>, limit: u32) -> Result<Vec<Refold>, StoreError> {
        leads_after(self.writer.connection(), after, limit).await.map_err(store_error)
    }

    async fn facts(&mut self, subjects: &[LeadId]) -> Result<Vec<TimelineRow>, StoreError> {
        timeline::of_subjects(self.writer.connection(), subjects).await.map_err(store_error)
    }

    async fn fill(&mut self, rows: &[LeadRow]) -> Result<(), StoreError> {
        leads::write(self.writer.connection(), self.generation, rows).await.map_err(store_error)
    }

    async fn activate(mut self: Box<Self>, at: Instant) -> Result<(), StoreError> {
        activate(self.writer.connection(), self.generation, at).await.map_err(store_error)?;
        self.writer.commit().await.map_err(store_error)
    }
}

/// Also those that have no fact.
pub(super) async fn leads_after(
    connection: &mut SqliteConnection,
    after: Option<LeadId>,
    limit: u32,
) -> Result<Vec<Refold>, sqlx::Error> {
    // No id is nil.
    let sql = "select lead_id, id from identifiers where lead_id in (
            select distinct lead_id from identifiers where lead_id > ?1 order by lead_id limit ?2)
        order by lead_id, id";
    let select = sqlx::query_as(sql).bind(after.map_or(Uuid::nil(), |after| after.0)).bind(limit);
    let rows: Vec<(Uuid, Uuid)> = select.fetch_all(connection).await?;
    Ok(refolds(rows))
}

async fn activate(
    connection: &mut SqliteConnection,
    generation: i64,
    at: Instant,
) -> Result<(), sqlx::Error> {
    let end = "update activations set active_to = ?1 where active_to is null";
    sqlx::query(end).bind(at.millis()).execute(&mut *connection).await?;
    let start = "insert into activations (generation, active_from) values (?1, ?2)";
    sqlx::query(start).bind(generation).bind(at.millis()).execute(&mut *connection).await?;
    leads::remove_others(connection, generation).await
}
