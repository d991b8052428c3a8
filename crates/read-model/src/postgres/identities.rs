//! Identifiers and pairs: locked in the order of their ids, so that two batches about one person take turns.

use std::collections::{BTreeMap, BTreeSet};

use lead_domain::LeadId;
use lead_domain::identity::{Identifier, IdentifierKind, Pair};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use super::rows::{Keys, kind, optional_key, uuids};
use crate::generation::Refold;
use crate::history::refolds;
use crate::store::{IdentifierRow, LockedIdentities, NamedIdentifier};

/// Inserts what is new, and locks it all with the groups it belongs to.
pub(super) async fn lock(
    connection: &mut PgConnection,
    named: &[NamedIdentifier],
) -> Result<LockedIdentities, sqlx::Error> {
    let named = by_id(named);
    let new = insert(connection, &named).await?;
    let mut identifiers = lock_known(connection, &named, &new).await?;
    let pairs = pairs_of(connection, &identifiers).await?;
    let other_ends = other_ends(connection, &identifiers, &pairs).await?;
    // Nobody else sees a new one yet: it is locked, alone in its lead, and in no pair.
    identifiers.extend(new.iter().map(|id| new_row(*id, &named)));
    identifiers.sort_by_key(|row| row.id);
    Ok(LockedIdentities { identifiers, pairs, other_ends })
}

async fn lock_known(
    connection: &mut PgConnection,
    named: &BTreeMap<LeadId, Option<&Identifier>>,
    new: &BTreeSet<LeadId>,
) -> Result<Vec<IdentifierRow>, sqlx::Error> {
    let known = uuids(named.keys().copied().filter(|id| !new.contains(id)));
    if known.is_empty() {
        return Ok(Vec::new());
    }
    let mut identifiers = lock_groups(connection, &known).await?;
    complete(connection, named, &mut identifiers).await?;
    Ok(identifiers)
}

fn new_row(id: LeadId, named: &BTreeMap<LeadId, Option<&Identifier>>) -> IdentifierRow {
    let kind = named.get(&id).copied().flatten().map(Identifier::kind);
    IdentifierRow { id, kind, lead_id: id, first_fact: None }
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

/// Tells which are new. Those that are there are not locked yet: all locks are to be taken in one order, groups and all.
async fn insert(
    connection: &mut PgConnection,
    named: &BTreeMap<LeadId, Option<&Identifier>>,
) -> Result<BTreeSet<LeadId>, sqlx::Error> {
    let sql = "insert into identifiers (id, kind, value, source, lead_id)
        select id, kind, value, source, id
        from unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) as named (id, kind, value, source)
        order by id
        on conflict (id) do nothing
        returning id";
    let column = |of: fn(&Identifier) -> Option<&str>| -> Vec<Option<&str>> {
        named.values().map(|identifier| identifier.and_then(of)).collect()
    };
    let insert = sqlx::query_scalar(sql).bind(uuids(named.keys().copied()));
    let insert = insert.bind(column(|one| Some(one.kind().key()))).bind(column(|one| Some(one.value())));
    let new: Vec<Uuid> = insert.bind(column(Identifier::source)).fetch_all(connection).await?;
    Ok(new.into_iter().map(LeadId).collect())
}

/// Notes the identifier itself where only its id was known so far.
async fn complete(
    connection: &mut PgConnection,
    named: &BTreeMap<LeadId, Option<&Identifier>>,
    locked: &mut [IdentifierRow],
) -> Result<(), sqlx::Error> {
    let sql = "update identifiers set kind = $2, value = $3, source = $4 where id = $1";
    for row in locked.iter_mut().filter(|row| row.kind.is_none()) {
        let Some(Some(identifier)) = named.get(&row.id) else { continue };
        let update = sqlx::query(sql).bind(row.id.0).bind(identifier.kind().key());
        update.bind(identifier.value()).bind(identifier.source()).execute(&mut *connection).await?;
        row.kind = Some(identifier.kind());
    }
    Ok(())
}

/// Locks all identifiers of the leads to which these belong. While one is waited for, its lead may grow or part:
/// what is locked counts only when another look, after the wait, finds the same.
pub(super) async fn lock_groups(
    connection: &mut PgConnection,
    ids: &[Uuid],
) -> Result<Vec<IdentifierRow>, sqlx::Error> {
    let mut locked = lock_groups_once(connection, ids).await?;
    loop {
        let again = lock_groups_once(connection, ids).await?;
        if again == locked {
            return Ok(locked);
        }
        locked = again;
    }
}

async fn lock_groups_once(
    connection: &mut PgConnection,
    ids: &[Uuid],
) -> Result<Vec<IdentifierRow>, sqlx::Error> {
    let sql = "select id, kind, lead_id, first_fact_at, first_fact_rank, first_fact_event_id from identifiers
        where lead_id in (select lead_id from identifiers where id = any($1))
        order by id for update";
    let rows = sqlx::query(sql).bind(ids).fetch_all(connection).await?;
    rows.iter().map(identifier).collect()
}

fn identifier(row: &PgRow) -> Result<IdentifierRow, sqlx::Error> {
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

async fn pairs_of(connection: &mut PgConnection, of: &[IdentifierRow]) -> Result<Vec<Pair>, sqlx::Error> {
    let sql = concat!(
        "select ",
        pair_columns!(),
        " from pairs where low = any($1) union ",
        "select ",
        pair_columns!(),
        " from pairs where high = any($1) order by low, high"
    );
    if of.is_empty() {
        return Ok(Vec::new());
    }
    let ids = uuids(of.iter().map(|row| row.id));
    let rows = sqlx::query(sql).bind(ids).fetch_all(connection).await?;
    rows.iter().map(pair).collect()
}

pub(super) fn pair(row: &PgRow) -> Result<Pair, sqlx::Error> {
    let given: Option<Uuid> = row.try_get(11)?;
    Ok(Pair {
        ends: (LeadId(row.try_get(0)?), LeadId(row.try_get(1)?)),
        sighted: optional_key(row, 2)?,
        linked: optional_key(row, 5)?.zip(given.map(LeadId)),
        unlinked: optional_key(row, 8)?,
    })
}

async fn other_ends(
    connection: &mut PgConnection,
    locked: &[IdentifierRow],
    pairs: &[Pair],
) -> Result<Vec<(LeadId, IdentifierKind)>, sqlx::Error> {
    let locked: BTreeSet<LeadId> = locked.iter().map(|row| row.id).collect();
    let ends = pairs.iter().flat_map(|pair| [pair.ends.0, pair.ends.1]);
    let others: BTreeSet<LeadId> = ends.filter(|end| !locked.contains(end)).collect();
    if others.is_empty() {
        return Ok(Vec::new());
    }
    let sql = "select id, kind from identifiers where id = any($1) order by id";
    let rows: Vec<(Uuid, Option<String>)> =
        sqlx::query_as(sql).bind(uuids(others)).fetch_all(connection).await?;
    let kinds = rows.iter().map(|(id, name)| Ok(kind(name.as_deref())?.map(|kind| (LeadId(*id), kind))));
    kinds.filter_map(Result::transpose).collect()
}

/// Notes to whom locked identifiers belong now, and their earliest facts.
pub(super) async fn write(connection: &mut PgConnection, rows: &[IdentifierRow]) -> Result<(), sqlx::Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let sql = "update identifiers as known
        set lead_id = now.lead_id, first_fact_at = now.at, first_fact_rank = now.rank,
            first_fact_event_id = now.event_id
        from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::smallint[], $5::uuid[])
            as now (id, lead_id, at, rank, event_id)
        where known.id = now.id";
    let first: Keys = rows.iter().map(|row| row.first_fact).collect();
    let update = sqlx::query(sql).bind(uuids(rows.iter().map(|row| row.id)));
    let update = update.bind(uuids(rows.iter().map(|row| row.lead_id)));
    update.bind(first.at).bind(first.rank).bind(first.event_id).execute(connection).await?;
    Ok(())
}

/// Replaces all that is known of these pairs. Both ends are locked.
pub(super) async fn write_pairs(connection: &mut PgConnection, pairs: &[Pair]) -> Result<(), sqlx::Error> {
    if pairs.is_empty() {
        return Ok(());
    }
    let sql = concat!(
        "insert into pairs (",
        pair_columns!(),
        ")
        select * from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::smallint[], $5::uuid[],
            $6::bigint[], $7::smallint[], $8::uuid[], $9::bigint[], $10::smallint[], $11::uuid[], $12::uuid[])
        on conflict (low, high) do update set
            sighted_at = excluded.sighted_at, sighted_rank = excluded.sighted_rank,
            sighted_event_id = excluded.sighted_event_id,
            linked_at = excluded.linked_at, linked_rank = excluded.linked_rank,
            linked_event_id = excluded.linked_event_id, linked_given = excluded.linked_given,
            unlinked_at = excluded.unlinked_at, unlinked_rank = excluded.unlinked_rank,
            unlinked_event_id = excluded.unlinked_event_id"
    );
    let sighted: Keys = pairs.iter().map(|pair| pair.sighted).collect();
    let linked: Keys = pairs.iter().map(|pair| pair.linked.map(|(at, _)| at)).collect();
    let unlinked: Keys = pairs.iter().map(|pair| pair.unlinked).collect();
    let given: Vec<Option<Uuid>> = pairs.iter().map(|pair| pair.linked.map(|(_, given)| given.0)).collect();
    let insert = sqlx::query(sql).bind(uuids(pairs.iter().map(|pair| pair.ends.0)));
    let insert = insert.bind(uuids(pairs.iter().map(|pair| pair.ends.1)));
    let insert = insert.bind(sighted.at).bind(sighted.rank).bind(sighted.event_id);
    let insert = insert.bind(linked.at).bind(linked.rank).bind(linked.event_id);
    let insert = insert.bind(unlinked.at).bind(unlinked.rank).bind(unlinked.event_id);
    insert.bind(given).execute(connection).await?;
    Ok(())
}

/// The next leads with their identifiers; also those that have no fact. No id is nil.
pub(super) async fn leads_after(
    connection: &mut PgConnection,
    after: Option<LeadId>,
    limit: u32,
) -> Result<Vec<Refold>, sqlx::Error> {
    let sql = "select lead_id, id from identifiers where lead_id in (
            select distinct lead_id from identifiers where lead_id > $1 order by lead_id limit $2)
        order by lead_id, id";
    let above = after.map_or(Uuid::nil(), |after| after.0);
    let members = sqlx::query_as::<_, (Uuid, Uuid)>(sql).bind(above).bind(i64::from(limit));
    Ok(refolds(members.fetch_all(connection).await?))
}
