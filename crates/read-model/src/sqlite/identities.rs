//! Identifiers and pairs.

use std::collections::{BTreeMap, BTreeSet};

use lead_domain::LeadId;
use lead_domain::identity::{Identifier, IdentifierKind, Pair};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use uuid::Uuid;

use super::rows::{hex, ids, json, key_columns, kind, optional_key};
use crate::generation::Refold;
use crate::history::refolds;
use crate::store::{IdentifierRow, LockedIdentities, NamedIdentifier};

/// Inserts what is new, and reads it all with the groups it belongs to. The one writer needs no locks.
pub(super) async fn lock(
    connection: &mut SqliteConnection,
    named: &[NamedIdentifier],
) -> Result<LockedIdentities, sqlx::Error> {
    let named = by_id(named);
    insert(connection, &named).await?;
    let identifiers = groups(connection, &named).await?;
    let pairs = pairs_of(connection, &identifiers).await?;
    let other_ends = other_ends(connection, &identifiers, &pairs).await?;
    Ok(LockedIdentities { identifiers, pairs, other_ends })
}

/// Each id once; the identifier itself wherever one of the facts shows it.
fn by_id(named: &[NamedIdentifier]) -> BTreeMap<LeadId, Option<&Identifier>> {
    let mut by_id = BTreeMap::new();
    for NamedIdentifier { id, identifier } in named {
        let known = by_id.entry(*id).or_insert(None);
        *known = known.or(identifier.as_ref());
    }
    by_id
}

/// Also completes those of which only the id was known.
async fn insert(
    connection: &mut SqliteConnection,
    named: &BTreeMap<LeadId, Option<&Identifier>>,
) -> Result<(), sqlx::Error> {
    let sql = "insert into identifiers (id, kind, value, source, lead_id)
        select unhex(value ->> 0), value ->> 1, value ->> 2, value ->> 3, unhex(value ->> 0)
        from json_each(?1) where true
        on conflict (id) do update set kind = excluded.kind, value = excluded.value, source = excluded.source
        where identifiers.kind is null and excluded.kind is not null";
    let rows = named.iter().map(|(id, one)| {
        (
            hex(id.0),
            one.map(|one| one.kind().key()),
            one.map(Identifier::value),
            one.and_then(Identifier::source),
        )
    });
    sqlx::query(sql).bind(json(rows)).execute(connection).await?;
    Ok(())
}

async fn groups(
    connection: &mut SqliteConnection,
    named: &BTreeMap<LeadId, Option<&Identifier>>,
) -> Result<Vec<IdentifierRow>, sqlx::Error> {
    let sql = "select id, kind, lead_id, first_fact_at, first_fact_rank, first_fact_event_id from identifiers
        where lead_id in (select lead_id from identifiers where id in (select unhex(value) from json_each(?1)))
        order by id";
    let rows = sqlx::query(sql).bind(ids(named.keys().copied())).fetch_all(connection).await?;
    rows.iter().map(identifier).collect()
}

fn identifier(row: &SqliteRow) -> Result<IdentifierRow, sqlx::Error> {
    Ok(IdentifierRow {
        id: LeadId(row.try_get(0)?),
        kind: kind(row.try_get(1)?)?,
        lead_id: LeadId(row.try_get(2)?),
        first_fact: optional_key(row, 3)?,
    })
}

/// The columns of a pair, as [`pair`] reads them.
macro_rules! pair_columns {
    () => {
        "low, high, sighted_at, sighted_rank, sighted_event_id, linked_at, linked_rank, linked_event_id, \
         unlinked_at, unlinked_rank, unlinked_event_id, linked_given"
    };
}
pub(super) use pair_columns;

async fn pairs_of(connection: &mut SqliteConnection, of: &[IdentifierRow]) -> Result<Vec<Pair>, sqlx::Error> {
    let sql = concat!(
        "select ",
        pair_columns!(),
        " from pairs where low in (select unhex(value) from json_each(?1)) union ",
        "select ",
        pair_columns!(),
        " from pairs where high in (select unhex(value) from json_each(?1)) order by low, high"
    );
    let rows = sqlx::query(sql).bind(ids(of.iter().map(|row| row.id))).fetch_all(connection).await?;
    rows.iter().map(pair).collect()
}

pub(super) fn pair(row: &SqliteRow) -> Result<Pair, sqlx::Error> {
    let given: Option<Uuid> = row.try_get(11)?;
    Ok(Pair {
        ends: (LeadId(row.try_get(0)?), LeadId(row.try_get(1)?)),
        sighted: optional_key(row, 2)?,
        linked: optional_key(row, 5)?.zip(given.map(LeadId)),
        unlinked: optional_key(row, 8)?,
    })
}

async fn other_ends(
    connection: &mut SqliteConnection,
    locked: &[IdentifierRow],
    pairs: &[Pair],
) -> Result<Vec<(LeadId, IdentifierKind)>, sqlx::Error> {
    let locked: BTreeSet<LeadId> = locked.iter().map(|row| row.id).collect();
    let ends = pairs.iter().flat_map(|pair| [pair.ends.0, pair.ends.1]);
    let others: BTreeSet<LeadId> = ends.filter(|end| !locked.contains(end)).collect();
    if others.is_empty() {
        return Ok(Vec::new());
    }
    let sql =
        "select id, kind from identifiers where id in (select unhex(value) from json_each(?1)) order by id";
    let rows: Vec<(Uuid, Option<String>)> =
        sqlx::query_as(sql).bind(ids(others)).fetch_all(connection).await?;
    let kinds = rows.iter().map(|(id, name)| Ok(kind(name.as_deref())?.map(|kind| (LeadId(*id), kind))));
    kinds.filter_map(Result::transpose).collect()
}

/// Notes to whom identifiers belong now, and their earliest facts.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    rows: &[IdentifierRow],
) -> Result<(), sqlx::Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let sql = "update identifiers
        set lead_id = unhex(now.value ->> 1), first_fact_at = now.value ->> 2, first_fact_rank = now.value ->> 3,
            first_fact_event_id = unhex(now.value ->> 4)
        from json_each(?1) as now
        where identifiers.id = unhex(now.value ->> 0)";
    let rows = rows.iter().map(|row| {
        let (at, rank, event_id) = key_columns(row.first_fact);
        (hex(row.id.0), hex(row.lead_id.0), at, rank, event_id)
    });
    sqlx::query(sql).bind(json(rows)).execute(connection).await?;
    Ok(())
}

/// Replaces all that is known of these pairs.
pub(super) async fn write_pairs(
    connection: &mut SqliteConnection,
    pairs: &[Pair],
) -> Result<(), sqlx::Error> {
    if pairs.is_empty() {
        return Ok(());
    }
    let sql = concat!(
        "insert into pairs (",
        pair_columns!(),
        ")
        select unhex(value ->> 0), unhex(value ->> 1), value ->> 2, value ->> 3, unhex(value ->> 4),
            value ->> 5, value ->> 6, unhex(value ->> 7), value ->> 8, value ->> 9, unhex(value ->> 10),
            unhex(value ->> 11)
        from json_each(?1) where true
        on conflict (low, high) do update set
            sighted_at = excluded.sighted_at, sighted_rank = excluded.sighted_rank,
            sighted_event_id = excluded.sighted_event_id,
            linked_at = excluded.linked_at, linked_rank = excluded.linked_rank,
            linked_event_id = excluded.linked_event_id, linked_given = excluded.linked_given,
            unlinked_at = excluded.unlinked_at, unlinked_rank = excluded.unlinked_rank,
            unlinked_event_id = excluded.unlinked_event_id"
    );
    let rows = pairs.iter().map(|pair| {
        let sighted = key_columns(pair.sighted);
        let linked = key_columns(pair.linked.map(|(at, _)| at));
        let unlinked = key_columns(pair.unlinked);
        let given = pair.linked.map(|(_, given)| hex(given.0));
        (
            hex(pair.ends.0.0),
            hex(pair.ends.1.0),
            sighted.0,
            sighted.1,
            sighted.2,
            linked.0,
            linked.1,
            linked.2,
            unlinked.0,
            unlinked.1,
            unlinked.2,
            given,
        )
    });
    sqlx::query(sql).bind(json(rows)).execute(connection).await?;
    Ok(())
}

/// The next leads with their identifiers; also those that have no fact. No id is nil.
pub(super) async fn leads_after(
    connection: &mut SqliteConnection,
    after: Option<LeadId>,
    limit: u32,
) -> Result<Vec<Refold>, sqlx::Error> {
    let sql = "select lead_id, id from identifiers where lead_id in (
            select distinct lead_id from identifiers where lead_id > ?1 order by lead_id limit ?2)
        order by lead_id, id";
    let above = after.map_or(Uuid::nil(), |after| after.0);
    let members = sqlx::query_as::<_, (Uuid, Uuid)>(sql).bind(above).bind(limit);
    Ok(refolds(members.fetch_all(connection).await?))
}
