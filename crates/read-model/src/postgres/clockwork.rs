//! What time changed, taken by one process at a time and announced.

use async_trait::async_trait;
use lead_domain::{Instant, LeadId};
use sqlx::PgConnection;
use sqlx::Row;
use sqlx::postgres::PgRow;

use super::connections::Open;
use super::projection::PostgresProjection;
use super::rows::{active_generation, key};
use super::{changes, queue};
use crate::change_feed::{Clockwork, DueBatch, DueLead};
use crate::error::StoreError;
use crate::rows::{ChangeRow, StoredLead};

/// Held off by a switch, as a batch is.
const BEGIN: &str = "begin; select pg_advisory_xact_lock_shared(1650553957, 1)";

struct Due {
    open: Open,
    generation: i64,
    leads: Vec<DueLead>,
}

#[async_trait]
impl Clockwork for PostgresProjection {
    async fn due(
        &self,
        generation: i64,
        now: Instant,
        limit: u32,
    ) -> Result<Option<Box<dyn DueBatch>>, StoreError> {
        let mut open = Open::begin(&self.connections, BEGIN).await?;
        let active = active_generation(open.connection()).await.map_err(|error| open.failed(error))?;
        if active != Some(generation) {
            open.roll_back().await?;
            return Err(StoreError::Superseded { generation });
        }
        let leads = take(open.connection(), generation, now, limit).await;
        let leads = leads.map_err(|error| open.failed(error))?;
        if leads.is_empty() {
            open.roll_back().await?;
            return Ok(None);
        }
        Ok(Some(Box::new(Due { open, generation, leads })))
    }
}

async fn take(
    connection: &mut PgConnection,
    generation: i64,
    now: Instant,
    limit: u32,
) -> Result<Vec<DueLead>, sqlx::Error> {
    let sql = "select l.id, l.last_fact_at, l.last_fact_rank, l.last_fact_event_id, l.state, d.at
        from (select id, at from due_changes where generation = $1 and at <= $2
            order by at limit $3 for update skip locked) d
        join leads l on l.generation = $1 and l.id = d.id";
    let select = sqlx::query(sql).bind(generation).bind(now.millis()).bind(i64::from(limit));
    select.fetch_all(connection).await?.iter().map(due_lead).collect()
}

fn due_lead(row: &PgRow) -> Result<DueLead, sqlx::Error> {
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
        let noted = queue::note_due(self.open.connection(), self.generation, next).await;
        noted.map_err(|error| self.open.failed(error))?;
        let announced = changes::announce(self.open.connection(), changes).await;
        announced.map_err(|error| self.open.failed(error))?;
        self.open.commit().await
    }
}
