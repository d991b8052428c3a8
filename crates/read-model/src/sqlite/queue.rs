//! What a lead's fold leaves for the queue of follow-ups, for the times of answers and for the clock.

use std::collections::BTreeMap;

use lead_domain::{Instant, LeadId};
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::rows::{hex, ids, json};
use crate::follow_up::span_of;
use crate::rows::LeadRow;

/// Writes what changed.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    generation: i64,
    leads: &[LeadRow],
) -> Result<(), sqlx::Error> {
    write_shown(connection, generation, leads).await?;
    write_questions(connection, generation, leads).await?;
    let next: Vec<(LeadId, Option<Instant>)> = leads.iter().map(|lead| (lead.id, lead.next_change)).collect();
    note_due(connection, generation, &next).await
}

/// Rows that stay as they are are not written.
async fn write_shown(
    connection: &mut SqliteConnection,
    generation: i64,
    leads: &[LeadRow],
) -> Result<(), sqlx::Error> {
    let rows = leads.iter().flat_map(|lead| lead.shown.iter().map(move |shown| (lead.id, shown)));
    let rows = json(rows.map(|(id, shown)| {
        let candidate = shown.candidate;
        let (due, since) = (candidate.due_at.millis(), candidate.waiting_since.millis());
        let (from, to) = (shown.from.millis(), shown.to.map(Instant::millis));
        (hex(id.0), from, to, span_of(shown), candidate.reason.name(), due, since)
    }));
    let delete =
        "delete from follow_ups where generation = ?1 and id in (select unhex(value) from json_each(?2))
        and (id, from_at) not in (select unhex(value ->> 0), value ->> 1 from json_each(?3))";
    let of = ids(leads.iter().map(|lead| lead.id));
    sqlx::query(delete).bind(generation).bind(of).bind(&rows).execute(&mut *connection).await?;
    let insert = "insert into follow_ups as known
            (generation, id, from_at, to_at, span, reason, due_at, waiting_since)
        select ?1, unhex(value ->> 0), value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6
        from json_each(?2) where true
        on conflict (generation, id, from_at) do update set
            to_at = excluded.to_at, span = excluded.span, reason = excluded.reason,
            due_at = excluded.due_at, waiting_since = excluded.waiting_since
        where (known.to_at, known.reason, known.due_at, known.waiting_since)
            is not (excluded.to_at, excluded.reason, excluded.due_at, excluded.waiting_since)";
    sqlx::query(insert).bind(generation).bind(rows).execute(connection).await?;
    Ok(())
}

async fn write_questions(
    connection: &mut SqliteConnection,
    generation: i64,
    leads: &[LeadRow],
) -> Result<(), sqlx::Error> {
    let delete = "delete from questions where generation = ?1 and id = ?2 and number > ?3";
    for lead in leads.iter().filter(|lead| lead.questions.all) {
        let count = i64::try_from(lead.questions.rows.len()).unwrap_or(i64::MAX);
        sqlx::query(delete).bind(generation).bind(lead.id.0).bind(count).execute(&mut *connection).await?;
    }
    let rows = leads.iter().flat_map(|lead| lead.questions.rows.iter().map(move |row| (lead.id, row)));
    let rows: Vec<_> = rows
        .map(|(id, row)| (hex(id.0), row.number, row.asked_at.millis(), row.answered_at.map(Instant::millis)))
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let insert = "insert into questions as known (generation, id, number, asked_at, answered_at)
        select ?1, unhex(value ->> 0), value ->> 1, value ->> 2, value ->> 3 from json_each(?2) where true
        on conflict (generation, id, number) do update set
            asked_at = excluded.asked_at, answered_at = excluded.answered_at
        where (known.asked_at, known.answered_at) is not (excluded.asked_at, excluded.answered_at)";
    sqlx::query(insert).bind(generation).bind(json(rows)).execute(connection).await?;
    Ok(())
}

/// Notes when time changes something of each lead next, or that it never does.
pub(super) async fn note_due(
    connection: &mut SqliteConnection,
    generation: i64,
    next: &[(LeadId, Option<Instant>)],
) -> Result<(), sqlx::Error> {
    let delete =
        "delete from due_changes where generation = ?1 and id in (select unhex(value) from json_each(?2))";
    let never = ids(next.iter().filter(|(_, at)| at.is_none()).map(|(id, _)| *id));
    sqlx::query(delete).bind(generation).bind(never).execute(&mut *connection).await?;
    let insert = "insert into due_changes as known (generation, id, at)
        select ?1, unhex(value ->> 0), value ->> 1 from json_each(?2) where true
        on conflict (generation, id) do update set at = excluded.at where known.at <> excluded.at";
    let due = json(next.iter().filter_map(|(id, at)| Some((hex(id.0), at.as_ref()?.millis()))));
    sqlx::query(insert).bind(generation).bind(due).execute(connection).await?;
    Ok(())
}

/// Leads of which time changed something up to `now`, the earliest first.
pub(super) async fn due(
    connection: &mut SqliteConnection,
    generation: i64,
    now: Instant,
    limit: u32,
) -> Result<Vec<LeadId>, sqlx::Error> {
    let sql = "select id from due_changes where generation = ?1 and at <= ?2 order by at limit ?3";
    let select = sqlx::query_scalar::<_, Uuid>(sql).bind(generation).bind(now.millis()).bind(limit);
    Ok(select.fetch_all(connection).await?.into_iter().map(LeadId).collect())
}

/// What is noted of these leads in the generation that is answered from.
pub(super) async fn next_changes(
    connection: &mut SqliteConnection,
    of: &[LeadId],
) -> Result<BTreeMap<LeadId, Instant>, sqlx::Error> {
    let sql = "select id, at from due_changes
        where generation = (select generation from activations where active_to is null)
            and id in (select unhex(value) from json_each(?1))";
    let rows: Vec<(Uuid, i64)> =
        sqlx::query_as(sql).bind(ids(of.iter().copied())).fetch_all(connection).await?;
    Ok(rows.into_iter().map(|(id, at)| (LeadId(id), Instant::from_millis(at))).collect())
}
