//! The change feed as it is read.

use async_trait::async_trait;
use lead_domain::lead::What;
use lead_domain::{EventId, Instant, LeadId};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use super::error::unreadable;
use super::reader::PostgresReader;
use crate::change_feed::{ChangeReader, NumberedChange};
use crate::error::StoreError;
use crate::rows::ChangeRow;

#[async_trait]
impl ChangeReader for PostgresReader {
    async fn changes(&self, after: i64, limit: u32) -> Result<Vec<NumberedChange>, StoreError> {
        self.read(|mut connection| async move { read(&mut connection, after, limit).await }).await
    }
}

async fn read(
    connection: &mut PgConnection,
    after: i64,
    limit: u32,
) -> Result<Vec<NumberedChange>, sqlx::Error> {
    let sql = "select number, id, lead_id, at, what, from_value, to_value, because_event, because_rule,
            because_policy, coalesce(policy_version, '')
        from changes where number > $1 order by number limit $2";
    let rows = sqlx::query(sql).bind(after).bind(i64::from(limit)).fetch_all(connection).await?;
    rows.iter().map(numbered).collect()
}

fn numbered(row: &PgRow) -> Result<NumberedChange, sqlx::Error> {
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
