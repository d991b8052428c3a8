//! Everybody, page by page, beside the one writer.

use async_trait::async_trait;
use lead_domain::LeadId;
use sqlx::SqliteConnection;

use super::error::store_error;
use super::reader::SqliteReader;
use super::{identities, timeline};
use crate::error::StoreError;
use crate::generation::Refold;
use crate::people::PeopleReader;
use crate::rows::TimelineRow;

#[async_trait]
impl PeopleReader for SqliteReader {
    async fn people_count(&self) -> Result<u64, StoreError> {
        let mut connection = self.pool().acquire().await.map_err(store_error)?;
        count(&mut connection).await.map_err(store_error)
    }

    async fn people_after(&self, after: Option<LeadId>, limit: u32) -> Result<Vec<Refold>, StoreError> {
        let mut connection = self.pool().acquire().await.map_err(store_error)?;
        identities::leads_after(&mut connection, after, limit).await.map_err(store_error)
    }

    async fn facts_of(&self, subjects: &[LeadId]) -> Result<Vec<TimelineRow>, StoreError> {
        let mut connection = self.pool().acquire().await.map_err(store_error)?;
        timeline::of_subjects(&mut connection, subjects).await.map_err(store_error)
    }
}

/// A lead has the id of one of its identifiers, that of its earliest fact.
async fn count(connection: &mut SqliteConnection) -> Result<u64, sqlx::Error> {
    let sql = "select count(*) from identifiers where lead_id = id and first_fact_at is not null";
    let count: i64 = sqlx::query_scalar(sql).fetch_one(connection).await?;
    Ok(u64::try_from(count).unwrap_or_default())
}
