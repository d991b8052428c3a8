//! The queue of follow-ups and the times of answers, as they are read.

use async_trait::async_trait;
use lead_domain::{Instant, LeadId};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use super::reader::PostgresReader;
use crate::error::StoreError;
use crate::follow_up::{AnswerTimes, FollowUpFilter, FollowUpReader, FollowUpRow, spans_at};
use crate::reader::LeadView;

#[async_trait]
impl FollowUpReader for PostgresReader {
    async fn queue(
        &self,
        generation: i64,
        filter: &FollowUpFilter,
        after: Option<(Instant, LeadId)>,
        limit: u32,
    ) -> Result<Vec<FollowUpRow>, StoreError> {
        let rows =
            self.read(|mut connection| async move {
                queue(&mut connection, generation, filter, after, limit).await
            })
            .await?;
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
        let times = self
            .read(|mut connection| async move {
                answer_times(&mut connection, generation, (from, to), within).await
            })
            .await?;
        if times.questions == 0 {
            self.still_active(generation).await?;
        }
        Ok(times)
    }
}

/// The first rows of each span in the order of its index, and of these the first.
async fn queue(
    connection: &mut PgConnection,
    generation: i64,
    filter: &FollowUpFilter,
    after: Option<(Instant, LeadId)>,
    limit: u32,
) -> Result<Vec<FollowUpRow>, sqlx::Error> {
    let sql =
        "select l.id, l.state, exists (select 1 from identifiers i join dead_letters d on d.subject = i.id
                where i.lead_id = l.id and d.code in ('unreadable', 'unfoldable')),
            q.reason, q.due_at, q.waiting_since
        from unnest($2::smallint[], $3::bigint[]) as s (span, earliest)
        cross join lateral (
            select f.id, f.reason, f.due_at, f.waiting_since
            from follow_ups f join lead_facets o on o.generation = f.generation and o.id = f.id
            where f.generation = $1 and f.span = s.span and f.due_at > s.earliest and f.due_at <= $4
                and f.from_at <= $5 and (f.to_at is null or f.to_at > $5) and (f.due_at, f.id) > ($6, $7)
                and (cardinality($8::text[]) = 0 or f.reason = any($8))
                and (cardinality($9::text[]) = 0 or o.owner = any($9))
                and (cardinality($10::text[]) = 0 or coalesce(o.stage, '') = any($10))
            order by f.due_at, f.id limit $11
        ) q
        join leads l on l.generation = $1 and l.id = q.id
        where $1 = (select generation from activations where active_to is null)
        order by q.due_at, q.id limit $11";
    let (spans, earliest): (Vec<i16>, Vec<i64>) = spans_at(filter.at).unzip();
    let (after_due, after_id) = after.map_or((i64::MIN, Uuid::nil()), |(due, id)| (due.millis(), id.0));
    let stages: Vec<&str> = filter.stage.iter().map(|stage| stage.as_deref().unwrap_or_default()).collect();
    let select = sqlx::query(sql).bind(generation).bind(spans).bind(earliest);
    let select = select.bind(filter.due_before.millis()).bind(filter.at.millis());
    let select = select.bind(after_due).bind(after_id).bind(&filter.reason).bind(&filter.owner).bind(stages);
    select.bind(i64::from(limit)).fetch_all(connection).await?.iter().map(follow_up).collect()
}

fn follow_up(row: &PgRow) -> Result<FollowUpRow, sqlx::Error> {
    Ok(FollowUpRow {
        lead: LeadView { id: LeadId(row.try_get(0)?), state: row.try_get(1)?, incomplete: row.try_get(2)? },
        reason: row.try_get(3)?,
        due_at: Instant::from_millis(row.try_get(4)?),
        waiting_since: Instant::from_millis(row.try_get(5)?),
    })
}

async fn answer_times(
    connection: &mut PgConnection,
    generation: i64,
    (from, to): (Instant, Instant),
    within: [i64; 2],
) -> Result<AnswerTimes, sqlx::Error> {
    let sql = "select count(*), count(took), count(*) filter (where took <= $4),
            count(*) filter (where took <= $5),
            percentile_cont(0.5) within group (order by took::double precision)
        from (select answered_at - asked_at as took from questions
            where generation = $1 and asked_at >= $2 and asked_at < $3
                and $1 = (select generation from activations where active_to is null)) as asked";
    let select = sqlx::query(sql).bind(generation).bind(from.millis()).bind(to.millis());
    let row = select.bind(within[0]).bind(within[1]).fetch_one(connection).await?;
    let count = |column: usize| row.try_get::<i64, _>(column).map(i64::unsigned_abs);
    Ok(AnswerTimes {
        questions: count(0)?,
        answered: count(1)?,
        within: [count(2)?, count(3)?],
        median_ms: row.try_get(4)?,
    })
}
