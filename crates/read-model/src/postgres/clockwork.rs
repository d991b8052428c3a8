//! What time changed, taken by one process at a time and announced.

use async_trait::async_trait;
use lead_domain::{Instant, LeadId};
use sqlx::PgConnection;

use super::connections::Open;
use super::projection::PostgresProjection;
use super::rows::active_generation;
use super::{changes, leads, queue};
use crate::change_feed::{Clockwork, DueBatch};
use crate::error::StoreError;
use crate::rows::{ChangeRow, StoredLead};

/// Held off by a switch, as a batch is.
const BEGIN: &str = "begin; select pg_advisory_xact_lock_shared(1650553957, 1)";

struct Due {
    open: Open,
    generation: i64,
    leads: Vec<StoredLead>,
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
        let (connection, home) = open.parts();
        let active = home.answered(active_generation(connection)).await?;
        if active != Some(generation) {
            open.roll_back().await?;
            return Err(StoreError::Superseded { generation });
        }
        let (connection, home) = open.parts();
        let leads = home.answered(take(connection, generation, now, limit)).await?;
        if leads.is_empty() {
            open.roll_back().await?;
            return Ok(None);
        }
        Ok(Some(Box::new(Due { open, generation, leads })))
    }
}

/// The leads are read after their rows here are locked: who waits for a batch to end would else see a lead as it was
/// before the batch, beside the instant that the batch noted.
pub(super) async fn take(
    connection: &mut PgConnection,
    generation: i64,
    now: Instant,
    limit: u32,
) -> Result<Vec<StoredLead>, sqlx::Error> {
    let due = queue::take_due(connection, generation, now, limit).await?;
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
        let (connection, home) = self.open.parts();
        home.answered(queue::note_due(connection, self.generation, next)).await?;
        let (connection, home) = self.open.parts();
        home.answered(changes::announce(connection, changes)).await?;
        self.open.commit().await
    }
}
