//! The event store: facts go in once, under their own subject, and never move.

use std::collections::{HashMap, HashSet};

use lead_domain::LeadId;
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::rows::{event, hex, ids, json};
use crate::campaigns::{about_key, carried_key};
use crate::rows::TimelineRow;
use crate::store::Appended;

/// Puts facts in, and tells what became of each.
pub(super) async fn append(
    connection: &mut SqliteConnection,
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

async fn insert(
    connection: &mut SqliteConnection,
    rows: &[TimelineRow],
) -> Result<HashSet<Uuid>, sqlx::Error> {
    if rows.is_empty() {
        return Ok(HashSet::new());
    }
    let sql = "insert into timeline
            (subject, occurred_at, rank, event_id, content, received_at, record, campaign, about_campaign)
        select unhex(value ->> 0), value ->> 1, value ->> 2, unhex(value ->> 3), value ->> 4, value ->> 5, value ->> 6,
            value ->> 7, value ->> 8
        from json_each(?1) where true
        on conflict do nothing
        returning event_id";
    let rows = rows.iter().map(|row| {
        let (fact, event) = (&row.event.fact, &row.event);
        let (subject, event_id) = (hex(row.subject.0), hex(fact.event_id.0));
        let (at, received_at) = (fact.occurred_at.millis(), event.received_at.millis());
        let (campaign, about) = (carried_key(fact), about_key(fact));
        (
            subject,
            at,
            fact.kind.rank(),
            event_id,
            &event.content,
            received_at,
            event.to_json(),
            campaign,
            about,
        )
    });
    let new: Vec<Uuid> = sqlx::query_scalar(sql).bind(json(rows)).fetch_all(connection).await?;
    Ok(new.into_iter().collect())
}

async fn contents(
    connection: &mut SqliteConnection,
    known: &[Uuid],
) -> Result<HashMap<Uuid, String>, sqlx::Error> {
    if known.is_empty() {
        return Ok(HashMap::new());
    }
    let sql =
        "select event_id, content from timeline where event_id in (select unhex(value) from json_each(?1))";
    let known = json(known.iter().map(|id| hex(*id)));
    let rows: Vec<(Uuid, String)> = sqlx::query_as(sql).bind(known).fetch_all(connection).await?;
    Ok(rows.into_iter().collect())
}

/// All facts of these subjects, in the order of facts per subject.
pub(super) async fn of_subjects(
    connection: &mut SqliteConnection,
    subjects: &[LeadId],
) -> Result<Vec<TimelineRow>, sqlx::Error> {
    let sql = "select subject, record from timeline where subject in (select unhex(value) from json_each(?1))
        order by subject, occurred_at, rank, event_id";
    let subjects = ids(subjects.iter().copied());
    let rows: Vec<(Uuid, String)> = sqlx::query_as(sql).bind(subjects).fetch_all(connection).await?;
    let row = |(subject, record): (Uuid, String)| {
        Ok(TimelineRow { subject: LeadId(subject), event: event(&record)? })
    };
    rows.into_iter().map(row).collect()
}
