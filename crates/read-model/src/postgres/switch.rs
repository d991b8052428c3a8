//! The switch to a new generation, in one transaction.

use async_trait::async_trait;
use lead_domain::{Instant, LeadId};
use sqlx::PgConnection;
use uuid::Uuid;

use super::connections::Open;
use super::{leads, timeline};
use crate::generation::{GenerationSwitch, Refold};
use crate::history::refolds;
use crate::rows::LeadRow;
use crate::store::{StoreError, TimelineRow};

/// The open transaction of a switch.
pub(super) struct Switch {
    pub(super) open: Open,
    pub(super) generation: i64,
}

#[async_trait]
impl GenerationSwitch for Switch {
    async fn leads_after(&mut self, after: Option<LeadId>, limit: u32) -> Result<Vec<Refold>, StoreError> {
        let leads = leads_after(self.open.connection(), after, limit).await;
        leads.map_err(|error| self.open.failed(error))
    }

    async fn facts(&mut self, subjects: &[LeadId]) -> Result<Vec<TimelineRow>, StoreError> {
        let facts = timeline::of_subjects(self.open.connection(), subjects).await;
        facts.map_err(|error| self.open.failed(error))
    }

    async fn fill(&mut self, rows: &[LeadRow]) -> Result<(), StoreError> {
        let filled = leads::write(self.open.connection(), self.generation, rows).await;
        filled.map_err(|error| self.open.failed(error))
    }

    async fn activate(mut self: Box<Self>, at: Instant) -> Result<(), StoreError> {
        let activated = activate(self.open.connection(), self.generation, at).await;
        activated.map_err(|error| self.open.failed(error))?;
        self.open.commit().await
    }
}

/// Also those that have no fact.
pub(super) async fn leads_after(
    connection: &mut PgConnection,
    after: Option<LeadId>,
    limit: u32,
) -> Result<Vec<Refold>, sqlx::Error> {
    // No id is nil.
    let sql = "select lead_id, id from identifiers where lead_id in (
            select distinct lead_id from identifiers where lead_id > $1 order by lead_id limit $2)
        order by lead_id, id";
    let select = sqlx::query_as(sql).bind(after.map_or(Uuid::nil(), |after| after.0)).bind(i64::from(limit));
    let rows: Vec<(Uuid, Uuid)> = select.fetch_all(connection).await?;
    Ok(refolds(rows))
}

async fn activate(connection: &mut PgConnection, generation: i64, at: Instant) -> Result<(), sqlx::Error> {
    let end = "update activations set active_to = $1 where active_to is null";
    sqlx::query(end).bind(at.millis()).execute(&mut *connection).await?;
    let start = "insert into activations (generation, active_from) values ($1, $2)";
    sqlx::query(start).bind(generation).bind(at.millis()).execute(&mut *connection).await?;
    leads::remove_others(connection, generation).await
}
