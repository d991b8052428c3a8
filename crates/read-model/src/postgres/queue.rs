//! What a lead's fold leaves for the queue of follow-ups, for the times of answers and for the clock.

use std::collections::BTreeMap;

use lead_domain::lead::Shown;
use lead_domain::{Instant, LeadId};
use sqlx::PgConnection;
use uuid::Uuid;

use super::rows::uuids;
use crate::follow_up::span_of;
use crate::questions::QuestionRow;
use crate::rows::LeadRow;

/// Writes what changed.
pub(super) async fn write(
    connection: &mut PgConnection,
    generation: i64,
    leads: &[LeadRow],
) -> Result<(), sqlx::Error> {
    let shown: Vec<(LeadId, Shown)> =
        leads.iter().flat_map(|lead| lead.shown.iter().map(|shown| (lead.id, *shown))).collect();
    remove_shown(connection, generation, leads, &shown).await?;
    write_shown(connection, generation, &shown).await?;
    write_questions(connection, generation, leads).await?;
    write_due(connection, generation, leads).await
}

async fn remove_shown(
    connection: &mut PgConnection,
    generation: i64,
    leads: &[LeadRow],
    shown: &[(LeadId, Shown)],
) -> Result<(), sqlx::Error> {
    let sql = "delete from follow_ups as known where generation = $1 and id = any($2) and not exists (
            select 1 from unnest($3::uuid[], $4::bigint[]) as now (id, from_at)
            where now.id = known.id and now.from_at = known.from_at)";
    let delete = sqlx::query(sql).bind(generation).bind(uuids(leads.iter().map(|lead| lead.id)));
    let delete = delete.bind(uuids(shown.iter().map(|(id, _)| *id)));
    delete.bind(column(shown, |of| of.from.millis())).execute(connection).await?;
    Ok(())
}

/// Rows that stay as they are must not be touched: an update, even to the same, writes row and index entries anew.
async fn write_shown(
    connection: &mut PgConnection,
    generation: i64,
    shown: &[(LeadId, Shown)],
) -> Result<(), sqlx::Error> {
    if shown.is_empty() {
        return Ok(());
    }
    let sql = "insert into follow_ups as known
            (generation, id, from_at, to_at, span, reason, due_at, waiting_since)
        select $1, * from unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::smallint[], $6::text[],
            $7::bigint[], $8::bigint[])
        on conflict (generation, id, from_at) do update set
            to_at = excluded.to_at, span = excluded.span, reason = excluded.reason,
            due_at = excluded.due_at, waiting_since = excluded.waiting_since
        where (known.to_at, known.reason, known.due_at, known.waiting_since)
            is distinct from (excluded.to_at, excluded.reason, excluded.due_at, excluded.waiting_since)";
    let insert = sqlx::query(sql).bind(generation).bind(uuids(shown.iter().map(|(id, _)| *id)));
    let insert = insert.bind(column(shown, |of| of.from.millis()));
    let insert = insert.bind(column(shown, |of| of.to.map(Instant::millis)));
    let insert = insert.bind(column(shown, span_of));
    let insert = insert.bind(column(shown, |of| of.candidate.reason.name()));
    let insert = insert.bind(column(shown, |of| of.candidate.due_at.millis()));
    insert.bind(column(shown, |of| of.candidate.waiting_since.millis())).execute(connection).await?;
    Ok(())
}

fn column<T>(shown: &[(LeadId, Shown)], of: impl Fn(&Shown) -> T) -> Vec<T> {
    shown.iter().map(|(_, shown)| of(shown)).collect()
}

async fn write_questions(
    connection: &mut PgConnection,
    generation: i64,
    leads: &[LeadRow],
) -> Result<(), sqlx::Error> {
    let refolded: Vec<&LeadRow> = leads.iter().filter(|lead| lead.questions.all).collect();
    if !refolded.is_empty() {
        let sql = "delete from questions as known using unnest($2::uuid[], $3::bigint[]) as now (id, count)
            where generation = $1 and known.id = now.id and number > now.count";
        let counts: Vec<i64> = refolded.iter().map(|lead| number(lead.questions.rows.len() as u64)).collect();
        let ids = uuids(refolded.iter().map(|lead| lead.id));
        sqlx::query(sql).bind(generation).bind(ids).bind(counts).execute(&mut *connection).await?;
    }
    let rows: Vec<(LeadId, QuestionRow)> =
        leads.iter().flat_map(|lead| lead.questions.rows.iter().map(|row| (lead.id, *row))).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let sql = "insert into questions as known (generation, id, number, asked_at, answered_at)
        select $1, * from unnest($2::uuid[], $3::bigint[], $4::bigint[], $5::bigint[])
        on conflict (generation, id, number) do update set
            asked_at = excluded.asked_at, answered_at = excluded.answered_at
        where (known.asked_at, known.answered_at) is distinct from (excluded.asked_at, excluded.answered_at)";
    let insert = sqlx::query(sql).bind(generation).bind(uuids(rows.iter().map(|(id, _)| *id)));
    let insert = insert.bind(rows.iter().map(|(_, row)| number(row.number)).collect::<Vec<_>>());
    let insert = insert.bind(rows.iter().map(|(_, row)| row.asked_at.millis()).collect::<Vec<_>>());
    let answered = rows.iter().map(|(_, row)| row.answered_at.map(Instant::millis));
    insert.bind(answered.collect::<Vec<_>>()).execute(connection).await?;
    Ok(())
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

async fn write_due(
    connection: &mut PgConnection,
    generation: i64,
    leads: &[LeadRow],
) -> Result<(), sqlx::Error> {
    let next: Vec<(LeadId, Option<Instant>)> = leads.iter().map(|lead| (lead.id, lead.next_change)).collect();
    note_due(connection, generation, &next).await
}

/// Notes when time changes something of each lead next, or that it never does.
pub(super) async fn note_due(
    connection: &mut PgConnection,
    generation: i64,
    next: &[(LeadId, Option<Instant>)],
) -> Result<(), sqlx::Error> {
    let never: Vec<Uuid> = uuids(next.iter().filter(|(_, at)| at.is_none()).map(|(id, _)| *id));
    if !never.is_empty() {
        let sql = "delete from due_changes where generation = $1 and id = any($2)";
        sqlx::query(sql).bind(generation).bind(never).execute(&mut *connection).await?;
    }
    let (ids, instants): (Vec<Uuid>, Vec<i64>) =
        next.iter().filter_map(|(id, at)| Some((id.0, at.as_ref()?.millis()))).unzip();
    if ids.is_empty() {
        return Ok(());
    }
    let sql = "insert into due_changes as known (generation, id, at)
        select $1, * from unnest($2::uuid[], $3::bigint[])
        on conflict (generation, id) do update set at = excluded.at where known.at <> excluded.at";
    sqlx::query(sql).bind(generation).bind(ids).bind(instants).execute(connection).await?;
    Ok(())
}

/// Leads of which time changed something up to `now`, the earliest first; locked, save those that are locked already.
pub(super) async fn take_due(
    connection: &mut PgConnection,
    generation: i64,
    now: Instant,
    limit: u32,
) -> Result<Vec<LeadId>, sqlx::Error> {
    let sql = "select id from due_changes where generation = $1 and at <= $2
        order by at limit $3 for update skip locked";
    let select =
        sqlx::query_scalar::<_, Uuid>(sql).bind(generation).bind(now.millis()).bind(i64::from(limit));
    Ok(select.fetch_all(connection).await?.into_iter().map(LeadId).collect())
}

/// What is noted of these leads in the generation that is answered from.
pub(super) async fn next_changes(
    connection: &mut PgConnection,
    of: &[LeadId],
) -> Result<BTreeMap<LeadId, Instant>, sqlx::Error> {
    let sql = "select id, at from due_changes
        where generation = (select generation from activations where active_to is null) and id = any($1)";
    let rows: Vec<(Uuid, i64)> =
        sqlx::query_as(sql).bind(uuids(of.iter().copied())).fetch_all(connection).await?;
    Ok(rows.into_iter().map(|(id, at)| (LeadId(id), Instant::from_millis(at))).collect())
}
