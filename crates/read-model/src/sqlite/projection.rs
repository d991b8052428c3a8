//! The projector's side: claims, and the transaction of a batch.

use async_trait::async_trait;
use lead_domain::LeadId;
use sqlite_file::{SqliteFile, Turn, Writer};
use sqlx::SqliteConnection;

use super::error::{file_error, store_error};
use super::{changes, identities, leads, position, standing, timeline};
use crate::error::StoreError;
use crate::rows::{StoredLead, TimelineRow};
use crate::store::{
    Appended, BatchWrite, Claim, LockedIdentities, NamedIdentifier, PositionMove, ProjectionStore,
    ProjectionTransaction,
};

/// The projector and its generations in the embedded file.
#[derive(Clone, Debug)]
pub struct SqliteProjection {
    file: SqliteFile,
}

impl SqliteProjection {
    /// The read model in this file.
    #[must_use]
    pub fn new(file: SqliteFile) -> Self {
        Self { file }
    }

    pub(super) fn file(&self) -> &SqliteFile {
        &self.file
    }

    /// Waits for its turn and begins. Whoever has it is alone: there is nothing to lock.
    pub(super) async fn open(&self) -> Result<Writer, StoreError> {
        let mut writer = self.file.writer(Turn::Projection).await.map_err(file_error)?;
        writer.begin().await.map_err(store_error)?;
        Ok(writer)
    }
}

#[async_trait]
impl ProjectionStore for SqliteProjection {
    async fn claim(&self, partition: i32, owner: &str) -> Result<Claim, StoreError> {
        let mut writer = self.open().await?;
        let claim = position::claim(writer.connection(), partition, owner).await.map_err(store_error)?;
        writer.commit().await.map_err(store_error)?;
        Ok(claim)
    }

    async fn claims(&self) -> Result<Vec<(i32, Claim)>, StoreError> {
        position::claims(self.file.readers()).await.map_err(store_error)
    }

    async fn begin(
        &self,
        position: PositionMove,
        generations: &[i64],
    ) -> Result<Box<dyn ProjectionTransaction>, StoreError> {
        let mut writer = self.open().await?;
        if !position::advance(writer.connection(), position).await.map_err(store_error)? {
            return Err(StoreError::Fenced { partition: position.partition });
        }
        let standing = standing::written(writer.connection()).await.map_err(store_error)?;
        if standing != generations || generations.is_empty() {
            let generation = generations.first().copied().unwrap_or_default();
            return Err(StoreError::Superseded { generation });
        }
        Ok(Box::new(Batch { writer, generations: generations.to_vec() }))
    }
}

/// The open transaction of a batch.
struct Batch {
    writer: Writer,
    /// The active one first.
    generations: Vec<i64>,
}

#[async_trait]
impl ProjectionTransaction for Batch {
    async fn lock_identities(&mut self, named: &[NamedIdentifier]) -> Result<LockedIdentities, StoreError> {
        identities::lock(self.writer.connection(), named).await.map_err(store_error)
    }

    async fn append(&mut self, rows: &[TimelineRow]) -> Result<Vec<Appended>, StoreError> {
        timeline::append(self.writer.connection(), rows).await.map_err(store_error)
    }

    async fn leads(&mut self, generation: i64, ids: &[LeadId]) -> Result<Vec<StoredLead>, StoreError> {
        leads::read(self.writer.connection(), generation, ids).await.map_err(store_error)
    }

    async fn facts(&mut self, subjects: &[LeadId]) -> Result<Vec<TimelineRow>, StoreError> {
        timeline::of_subjects(self.writer.connection(), subjects).await.map_err(store_error)
    }

    async fn commit(mut self: Box<Self>, write: BatchWrite) -> Result<(), StoreError> {
        write_all(self.writer.connection(), &self.generations, &write).await.map_err(store_error)?;
        self.writer.commit().await.map_err(store_error)
    }
}

async fn write_all(
    connection: &mut SqliteConnection,
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
