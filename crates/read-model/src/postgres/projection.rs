//! The projector's side: claims, and the transaction of a batch.

use std::sync::Arc;

use async_trait::async_trait;
use lead_domain::LeadId;
use sqlx::PgConnection;

use super::connections::{Connections, Open, options};
use super::{changes, identities, leads, position, timeline};
use crate::error::StoreError;
use crate::rows::{StoredLead, TimelineRow};
use crate::store::{
    Appended, BatchWrite, Claim, LockedIdentities, NamedIdentifier, PositionMove, ProjectionStore,
    ProjectionTransaction,
};

/// The projector and its generations on PostgreSQL. Connects when it is used, and again after a failure.
#[derive(Debug)]
pub struct PostgresProjection {
    pub(super) connections: Arc<Connections>,
    topic: String,
}

/// An owner that is stopped in the middle of a batch loses its locks after 5 s; whoever waits for them waits longer.
///
/// A batch finds everything by its keys. Left to itself the planner looks through a whole table for two thousand of them,
/// and so a batch would cost the more the more leads there are.
const SETTINGS: [(&str, &str); 8] = [
    ("plan_cache_mode", "force_custom_plan"),
    ("enable_seqscan", "off"),
    ("max_parallel_workers_per_gather", "0"),
    ("jit", "off"),
    ("idle_in_transaction_session_timeout", "5s"),
    ("lock_timeout", "10s"),
    ("statement_timeout", "30s"),
    ("tcp_keepalives_idle", "10"),
];

/// A switch of generations waits for open batches, and new ones wait for it: it takes this lock exclusively.
const BEGIN_BATCH: &str = "begin; select pg_advisory_xact_lock_shared(1650553957, 1)";

/// A claim must not be lost by a crash of the server, whatever its default is.
const BEGIN_CLAIM: &str = "begin; set local synchronous_commit = on";

impl PostgresProjection {
    /// The read model in the database of this URL, fed from this topic.
    ///
    /// # Errors
    /// [`StoreError::Broken`] when it is no URL of a PostgreSQL database.
    pub fn new(url: &str, topic: &str) -> Result<Self, StoreError> {
        let connections = Connections::new(options(url, &SETTINGS)?);
        Ok(Self { connections, topic: topic.to_owned() })
    }

    /// Moves the position; none when the fence or the generation refuses.
    async fn advance(
        &self,
        open: &mut Open,
        step: PositionMove,
        generations: &[i64],
    ) -> Result<(), StoreError> {
        let (connection, home) = open.parts();
        match home.answered(position::advance(connection, &self.topic, step)).await? {
            None => Err(StoreError::Fenced { partition: step.partition }),
            Some(standing) if standing == generations && !generations.is_empty() => Ok(()),
            Some(_) => {
                Err(StoreError::Superseded { generation: generations.first().copied().unwrap_or_default() })
            }
        }
    }
}

#[async_trait]
impl ProjectionStore for PostgresProjection {
    async fn claim(&self, partition: i32, owner: &str) -> Result<Claim, StoreError> {
        let mut open = Open::begin(&self.connections, BEGIN_CLAIM).await?;
        let (connection, home) = open.parts();
        let claim = home.answered(position::claim(connection, &self.topic, partition, owner)).await?;
        open.commit().await?;
        Ok(claim)
    }

    async fn claims(&self) -> Result<Vec<(i32, Claim)>, StoreError> {
        let mut open = Open::begin(&self.connections, "begin read only").await?;
        let (connection, home) = open.parts();
        let claims = home.answered(position::claims(connection, &self.topic)).await?;
        open.commit().await?;
        Ok(claims)
    }

    async fn begin(
        &self,
        position: PositionMove,
        generations: &[i64],
    ) -> Result<Box<dyn ProjectionTransaction>, StoreError> {
        let mut open = Open::begin(&self.connections, BEGIN_BATCH).await?;
        match self.advance(&mut open, position, generations).await {
            Ok(()) => Ok(Box::new(Batch { open, generations: generations.to_vec() })),
            Err(refused @ (StoreError::Fenced { .. } | StoreError::Superseded { .. })) => {
                open.roll_back().await?;
                Err(refused)
            }
            Err(failed) => Err(failed),
        }
    }
}

/// The open transaction of a batch.
struct Batch {
    open: Open,
    /// The active one first.
    generations: Vec<i64>,
}

#[async_trait]
impl ProjectionTransaction for Batch {
    async fn lock_identities(&mut self, named: &[NamedIdentifier]) -> Result<LockedIdentities, StoreError> {
        let (connection, home) = self.open.parts();
        home.answered(identities::lock(connection, named)).await
    }

    async fn append(&mut self, rows: &[TimelineRow]) -> Result<Vec<Appended>, StoreError> {
        let (connection, home) = self.open.parts();
        home.answered(timeline::append(connection, rows)).await
    }

    async fn leads(&mut self, generation: i64, ids: &[LeadId]) -> Result<Vec<StoredLead>, StoreError> {
        let (connection, home) = self.open.parts();
        home.answered(leads::read(connection, generation, ids)).await
    }

    async fn facts(&mut self, subjects: &[LeadId]) -> Result<Vec<TimelineRow>, StoreError> {
        let (connection, home) = self.open.parts();
        home.answered(timeline::of_subjects(connection, subjects)).await
    }

    async fn commit(mut self: Box<Self>, write: BatchWrite) -> Result<(), StoreError> {
        let generations = std::mem::take(&mut self.generations);
        let (connection, home) = self.open.parts();
        home.answered(write_all(connection, &generations, &write)).await?;
        self.open.commit().await
    }
}

/// Changes come last: from their lock on, every other batch that announces something waits.
async fn write_all(
    connection: &mut PgConnection,
    generations: &[i64],
    write: &BatchWrite,
) -> Result<(), sqlx::Error> {
    identities::write(connection, &write.identifiers).await?;
    identities::write_pairs(connection, &write.pairs).await?;
    if let Some(active) = generations.first() {
        leads::write(connection, *active, &write.leads).await?;
    }
    for (generation, leads) in &write.beside {
        leads::write(connection, *generation, leads).await?;
    }
    for generation in generations {
        leads::remove(connection, *generation, &write.gone).await?;
    }
    changes::write_dead_letters(connection, &write.dead_letters).await?;
    changes::announce(connection, &write.changes).await
}
