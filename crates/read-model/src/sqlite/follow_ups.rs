//! The queue of follow-ups and the times of answers, as they are read.

use async_trait::async_trait;
use lead_domain::{Instant, LeadId};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection, SqlitePool};
use uuid::Uuid;

use super::error::store_error;
use super::reader::SqliteReader;
use super::rows::json;
use crate::error::StoreError;
use crate::follow_up::{AnswerTimes, FollowUpFilter, FollowUpReader, FollowUpRow, spans_at};
use crate::reader::LeadView;

#[async_trait]
impl FollowUpReader for SqliteReader {
    async fn queue(
        &self,
        generation: i64,
        filter: &FollowUpFilter,
        after: Option<(Instant, LeadId)>,
        limit: u32,
    ) -> Result<Vec<FollowUpRow>, StoreError> {
        // One connection, one transaction: every span as of the same state.
        let mut transaction = self.pool().begin().await.map_err(store_error)?;
        let rows = queue(&mut transaction, generation, filter, after, limit).await.map_err(store_error)?;
        if rows.is_empty() {
            self.still_active(generation).await?;
        }
        Ok(rows)
    }

    async fn answer_times(
        &self,
        generation: i64,
        from: Instant,
        to: Instant,
        within: [i64; 2],
    ) -> Result<AnswerTimes, StoreError> {
        let times = answer_times(self.pool(), generation, (from, to), within).await.map_err(store_error)?;
        if times.questions == 0 {
            self.still_active(generation).await?;
        }
        Ok(times)
    }
}

async fn answer_times(
    pool: &SqlitePool,
    generation: i64,
    (from, to): (Instant, Instant),
    within: [i64; 2],
) -> Result<AnswerTimes, sqlx::Error> {
    let sql = "with asked as (select answered_at - asked_at as took from questions
            where generation = ?1 and asked_at >= ?2 and asked_at < ?3
                and ?1 = (select generation from activations where active_to is null)),
        answered as (select count(took) as count from asked)
        select count(*), count(took), count(*) filter (where took <= ?4), count(*) filter (where took <= ?5),
            (select avg(took) from (select took from asked where took is not null order by took
                limit 2 - (select count from answered) % 2 offset ((select count from answered) - 1) / 2))
        from asked";
    let select = sqlx::query(sql).bind(generation).bind(from.millis()).bind(to.millis());
    let row = select.bind(within[0]).bind(within[1]).fetch_one(pool).await?;
    let count = |column: usize| row.try_get::<i64, _>(column).map(i64::unsigned_abs);
    Ok(AnswerTimes {
        questions: count(0)?,
        answered: count(1)?,
        within: [count(2)?, count(3)?],
        median_ms: row.try_get(4)?,
    })
}

/// The first rows of each span in the order of its index, and of these the first.
async fn queue(
    connection: &mut SqliteConnection,
    generation: i64,
    filter: &FollowUpFilter,
    after: Option<(Instant, LeadId)>,
    limit: u32,
) -> Result<Vec<FollowUpRow>, sqlx::Error> {
    let sql =
        "select l.id, l.state, exists (select 1 from identifiers i join dead_letters d on d.subject = i.id
                where i.lead_id = l.id and d.code in ('unreadable', 'unfoldable')),
            f.reason, f.due_at, f.waiting_since
        from follow_ups f
            cross join lead_facets o on o.generation = f.generation and o.id = f.id
            cross join leads l on l.generation = f.generation and l.id = f.id
        where f.generation = ?1 and f.span = ?2 and f.due_at > ?3 and f.due_at <= ?4
            and f.from_at <= ?5 and (f.to_at is null or f.to_at > ?5) and (f.due_at, f.id) > (?6, ?7)
            and (?8 = '[]' or f.reason in (select value from json_each(?8)))
            and (?9 = '[]' or o.owner in (select value from json_each(?9)))
            and (?10 = '[]' or coalesce(o.stage, '') in (select value from json_each(?10)))
            and ?1 = (select generation from activations where active_to is null)
        order by f.due_at, f.id limit ?11";
    let (after_due, after_id) = after.map_or((i64::MIN, Uuid::nil()), |(due, id)| (due.millis(), id.0));
    let stages = json(filter.stage.iter().map(|stage| stage.as_deref().unwrap_or_default()));
    let mut rows = Vec::new();
    for (span, earliest) in spans_at(filter.at) {
        let select = sqlx::query(sql).bind(generation).bind(span).bind(earliest);
        let select = select.bind(filter.due_before.millis()).bind(filter.at.millis());
        let select = select.bind(after_due).bind(after_id).bind(json(&filter.reason));
        let select = select.bind(json(&filter.owner)).bind(stages.as_str()).bind(limit);
        for row in select.fetch_all(&mut *connection).await? {
            rows.push(follow_up(&row)?);
        }
    }
    rows.sort_by_key(|row| (row.due_at, row.lead.id));
    rows.truncate(limit as usize);
    Ok(rows)
}

fn follow_up(row: &SqliteRow) -> Result<FollowUpRow, sqlx::Error> {
    Ok(FollowUpRow {
        lead: LeadView { id: LeadId(row.try_get(0)?), state: row.try_get(1)?, incomplete: row.try_get(2)? },
        reason: row.try_get(3)?,
        due_at: Instant::from_millis(row.try_get(4)?),
        waiting_since: Instant::from_millis(row.try_get(5)?),
    })
}
