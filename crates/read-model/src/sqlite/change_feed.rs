//! The change feed as it is read.

use async_trait::async_trait;
use lead_domain::lead::What;
use lead_domain::{EventId, Instant, LeadId};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqlitePool};
use uuid::Uuid;

use super::error::{store_error, unreadable};
use super::reader::SqliteReader;
use crate::change_feed::{ChangeReader, NumberedChange};
use crate::error::StoreError;
use crate::rows::ChangeRow;

#[async_trait]
impl ChangeReader for SqliteReader {
    async fn changes(&self, after: i64, limit: u32) -> Result<Vec<NumberedChange>, StoreError> {
        read(self.pool(), after, limit).await.map_err(store_error)
    }
}

async fn read(pool: &SqlitePool, after: i64, limit: u32) -> Result<Vec<NumberedChange>, sqlx::Error> {
    let sql = "select number, id, lead_id, at, what, from_value, to_value, because_event, because_rule,
            because_policy, coalesce(policy_version, '')
        from changes where number > ?1 order by number limit ?2";
    let rows = sqlx::query(sql).bind(after).bind(limit).fetch_all(pool).await?;
    rows.iter().map(numbered).collect()
}

fn numbered(row: &SqliteRow) -> Result<NumberedChange, sqlx::Error> {
    let what = What::from_name(row.try_get(4)?).ok_or_else(|| unreadable("an unknown kind of change"))?;
    let change = ChangeRow {
        id: EventId(row.try_get(1)?),
        lead_id: LeadId(row.try_get(2)?),
        at: Instant::from_millis(row.try_get(3)?),
        what: what.name(),
        from: row.try_get(5)?,
        to: row.try_get(6)?,
        because_event: row.try_get::<Option<Uuid>, _>(7)?.map(EventId),
        because_rule: row.try_get(8)?,
        because_policy: row.try_get(9)?,
        policy: row.try_get(10)?,
    };
    Ok(NumberedChange { number: row.try_get(0)?, change })
}
