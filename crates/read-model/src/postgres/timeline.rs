//! The event store: facts go in once, under their own subject, and never move.

use std::collections::{HashMap, HashSet};

use lead_domain::LeadId;
use sqlx::PgConnection;
use uuid::Uuid;

use super::rows::{event, uuids};
use crate::campaigns::{about_key, carried_key};
use crate::rows::TimelineRow;
use crate::store::Appended;

/// Puts facts in, and tells what became of each.
pub(super) async fn append(
    connection: &mut PgConnection,
    rows: &[TimelineRow],
) -> Result<Vec<Appended>, sqlx::Error> {
    let new = insert(connection, rows).await?;
    let id = |row: &TimelineRow| row.event.fact.event_id.0;
    let known: Vec<Uuid> = rows.iter().map(id).filter(|id| !new.contains(id)).collect();
    let contents = contents(connection, &known).await?;
    let outcome = |row: &TimelineRow| {
        if new.contains(&id(row)) {
            Appended::New
        } else if contents.get(&id(row)) == Some(&row.event.content) {
            Appended::Duplicate
        } else {
            Appended::Conflict
        }
    };
    Ok(rows.iter().map(outcome).collect())
}

/// In the order of their ids: two batches that bring the same facts wait for each other in one direction only.
async fn insert(connection: &mut PgConnection, rows: &[TimelineRow]) -> Result<HashSet<Uuid>, sqlx::Error> {
    if rows.is_empty() {
        return Ok(HashSet::new());
    }
    let sql = "insert into timeline
            (subject, occurred_at, rank, event_id, content, received_at, record, campaign, about_campaign)
        select * from unnest($1::uuid[], $2::bigint[], $3::smallint[], $4::uuid[], $5::text[], $6::bigint[],
            $7::text[], $8::text[], $9::text[])
            as fact (subject, occurred_at, rank, event_id, content, received_at, record, campaign, about_campaign)
        order by event_id
        on conflict (event_id) do nothing
        returning event_id";
    let facts = || rows.iter().map(|row| &row.event.fact);
    let insert = sqlx::query_scalar(sql).bind(uuids(rows.iter().map(|row| row.subject)));
    let insert = insert.bind(facts().map(|fact| fact.occurred_at.millis()).collect::<Vec<_>>());
    let insert = insert.bind(facts().map(|fact| fact.kind.rank()).collect::<Vec<_>>());
    let insert = insert.bind(facts().map(|fact| fact.event_id.0).collect::<Vec<_>>());
    let insert = insert.bind(rows.iter().map(|row| row.event.content.as_str()).collect::<Vec<_>>());
    let insert = insert.bind(rows.iter().map(|row| row.event.received_at.millis()).collect::<Vec<_>>());
    let insert = insert.bind(rows.iter().map(|row| row.event.to_json()).collect::<Vec<_>>());
    let insert = insert.bind(facts().map(carried_key).collect::<Vec<_>>());
    let insert = insert.bind(facts().map(about_key).collect::<Vec<_>>());
    Ok(insert.fetch_all(connection).await?.into_iter().collect())
}

async fn contents(connection: &mut PgConnection, ids: &[Uuid]) -> Result<HashMap<Uuid, String>, sqlx::Error> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let sql = "select event_id, content from timeline where event_id = any($1)";
    let rows: Vec<(Uuid, String)> = sqlx::query_as(sql).bind(ids).fetch_all(connection).await?;
    Ok(rows.into_iter().collect())
}

/// All facts of these subjects, in the order of facts per subject.
pub(super) async fn of_subjects(
    connection: &mut PgConnection,
    subjects: &[LeadId],
) -> Result<Vec<TimelineRow>, sqlx::Error> {
    let sql = "select subject, record from timeline where subject = any($1)
        order by subject, occurred_at, rank, event_id";
    let subjects = uuids(subjects.iter().copied());
    let rows: Vec<(Uuid, String)> = sqlx::query_as(sql).bind(subjects).fetch_all(connection).await?;
    let row = |(subject, record): (Uuid, String)| {
        Ok(TimelineRow { subject: LeadId(subject), event: event(&record)? })
    };
    rows.into_iter().map(row).collect()
}
