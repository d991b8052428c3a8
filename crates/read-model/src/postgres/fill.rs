//! The transactions that fill a generation lead by lead beside the active one, and remove what no one answers from.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use lead_domain::{Instant, LeadId};
use sqlx::PgConnection;
use uuid::Uuid;

use super::connections::{Connections, Open};
use super::{identities, leads, queue, timeline};
use crate::error::StoreError;
use crate::generation::{GenerationPage, Refold};
use crate::history::refolds;
use crate::rows::{LeadRow, TimelineRow};

/// Held off by a switch, as a batch is.
const BEGIN_PAGE: &str = "begin; select pg_advisory_xact_lock_shared(1650553957, 1)";

/// The open transaction of a page.
struct Page {
    open: Open,
    generation: i64,
    leads: Vec<Refold>,
    last: Uuid,
}

/// Locks the next leads of a generation; none when all are filled. Two processes that fill the same one take turns.
pub(super) async fn begin(
    connections: &Arc<Connections>,
    generation: i64,
    limit: u32,
) -> Result<Option<Box<dyn GenerationPage>>, StoreError> {
    let mut open = Open::begin(connections, BEGIN_PAGE).await?;
    let (connection, home) = open.parts();
    let Some(filled_to) = home.answered(filled_to(connection, generation)).await? else {
        open.roll_back().await?;
        return Err(StoreError::Superseded { generation });
    };
    let (connection, home) = open.parts();
    let next = home.answered(next_leads(connection, filled_to, limit)).await?;
    let Some(last) = next.last().copied() else {
        open.roll_back().await?;
        return Ok(None);
    };
    let (connection, home) = open.parts();
    let leads = home.answered(lock(connection, &next)).await?;
    Ok(Some(Box::new(Page { open, generation, leads, last })))
}

async fn filled_to(connection: &mut PgConnection, generation: i64) -> Result<Option<Uuid>, sqlx::Error> {
    let sql = "select coalesce(filled_to, '00000000-0000-0000-0000-000000000000') from fillings
        where generation = $1 for update";
    sqlx::query_scalar(sql).bind(generation).fetch_optional(connection).await
}

async fn next_leads(
    connection: &mut PgConnection,
    after: Uuid,
    limit: u32,
) -> Result<Vec<Uuid>, sqlx::Error> {
    let sql = "select distinct lead_id from identifiers where lead_id > $1 order by lead_id limit $2";
    sqlx::query_scalar(sql).bind(after).bind(i64::from(limit)).fetch_all(connection).await
}

/// The leads as they are grouped once all of their identifiers are locked.
async fn lock(connection: &mut PgConnection, leads: &[Uuid]) -> Result<Vec<Refold>, sqlx::Error> {
    let locked = identities::lock_groups(connection, leads).await?;
    let members: BTreeSet<(Uuid, Uuid)> = locked.iter().map(|row| (row.lead_id.0, row.id.0)).collect();
    Ok(refolds(members.into_iter().collect()))
}

#[async_trait]
impl GenerationPage for Page {
    fn leads(&self) -> &[Refold] {
        &self.leads
    }

    async fn facts(&mut self, subjects: &[LeadId]) -> Result<Vec<TimelineRow>, StoreError> {
        let (connection, home) = self.open.parts();
        home.answered(timeline::of_subjects(connection, subjects)).await
    }

    async fn next_changes(&mut self) -> Result<BTreeMap<LeadId, Instant>, StoreError> {
        let ids: Vec<LeadId> = self.leads.iter().map(|lead| lead.id).collect();
        let (connection, home) = self.open.parts();
        home.answered(queue::next_changes(connection, &ids)).await
    }

    async fn commit(mut self: Box<Self>, rows: Vec<LeadRow>) -> Result<(), StoreError> {
        let (generation, last) = (self.generation, self.last);
        let (connection, home) = self.open.parts();
        home.answered(write(connection, generation, &rows, last)).await?;
        self.open.commit().await
    }
}

async fn write(
    connection: &mut PgConnection,
    generation: i64,
    rows: &[LeadRow],
    last: Uuid,
) -> Result<(), sqlx::Error> {
    leads::write(connection, generation, rows).await?;
    let sql = "update fillings set filled_to = $2 where generation = $1";
    sqlx::query(sql).bind(generation).bind(last).execute(connection).await?;
    Ok(())
}

/// Removes rows of generations that are neither active nor filled.
pub(super) async fn discard(connection: &mut PgConnection, limit: u32) -> Result<u64, sqlx::Error> {
    let stale = "select generation from generations g
        where generation not in (select generation from activations where active_to is null)
            and generation not in (select generation from fillings)
            and exists (select 1 from leads l where l.generation = g.generation) limit 1";
    let Some(generation) = sqlx::query_scalar::<_, i64>(stale).fetch_optional(&mut *connection).await? else {
        return Ok(0);
    };
    let some = "select id from leads where generation = $1 order by id limit $2 for update skip locked";
    let some = sqlx::query_scalar::<_, Uuid>(some).bind(generation).bind(i64::from(limit));
    let some: Vec<LeadId> = some.fetch_all(&mut *connection).await?.into_iter().map(LeadId).collect();
    leads::remove(connection, generation, &some).await?;
    Ok(some.len() as u64)
}
