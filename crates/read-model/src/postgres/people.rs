//! Everybody, page by page, on connections of the query side.

use async_trait::async_trait;
use lead_domain::LeadId;
use sqlx::PgConnection;

use super::reader::PostgresReader;
use super::{identities, timeline};
use crate::error::StoreError;
use crate::generation::Refold;
use crate::people::PeopleReader;
use crate::rows::TimelineRow;

#[async_trait]
impl PeopleReader for PostgresReader {
    async fn people_count(&self) -> Result<u64, StoreError> {
        self.read(|mut connection| async move { count(&mut connection).await }).await
    }

    async fn people_after(&self, after: Option<LeadId>, limit: u32) -> Result<Vec<Refold>, StoreError> {
        self.read(
            |mut connection| async move { identities::leads_after(&mut connection, after, limit).await },
        )
        .await
    }

    async fn facts_of(&self, subjects: &[LeadId]) -> Result<Vec<TimelineRow>, StoreError> {
        self.read(|mut connection| async move { timeline::of_subjects(&mut connection, subjects).await })
            .await
    }
}

/// A lead has the id of one of its identifiers, that of its earliest fact.
async fn count(connection: &mut PgConnection) -> Result<u64, sqlx::Error> {
    let sql = "select count(*) from identifiers where lead_id = id and first_fact_at is not null";
    let count: i64 = sqlx::query_scalar(sql).fetch_one(connection).await?;
    Ok(u64::try_from(count).unwrap_or_default())
}
