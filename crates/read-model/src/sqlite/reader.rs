//! The query side: connections that only read.

use async_trait::async_trait;
use lead_domain::fact::{LeadEvent, OrderKey};
use lead_domain::{Instant, LeadId};
use sqlite_file::SqliteFile;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite, SqlitePool};
use uuid::Uuid;

use super::error::store_error;
use super::rows::{active_generation, event, from_sortable, json, sortable};
use super::{position, standing};
use crate::error::StoreError;
use crate::generation::ActivePolicy;
use crate::list::{self, Dialect, Part};
use crate::order::{Order, place_of};
use crate::reader::{
    After, Found, KnownPolicy, LeadFilter, LeadReader, LeadSort, LeadView, Listed, ReadModelStatus,
};

/// SQLite keeps to the order of a cross join, so the table that is sorted by leads.
const DIALECT: Dialect = Dialect {
    one_of: [" in (select value from json_each(", "))"],
    has_part: [" and instr(search_text, ", ") > 0"],
    part: str::to_owned,
    has_role: [
        " and exists (select 1 from json_each(roles) has where has.value in (select value from json_each(",
        ")))",
    ],
    in_group: [
        " and exists (select 1 from json_each(groups) has where has.value in (select value from json_each(",
        ")))",
    ],
    join: " cross join ",
    sorted: "+",
};

/// The reader of the read model in the embedded file.
#[derive(Clone, Debug)]
pub struct SqliteReader {
    file: SqliteFile,
}

impl SqliteReader {
    /// Reads this file.
    #[must_use]
    pub fn new(file: SqliteFile) -> Self {
        Self { file }
    }

    pub(super) fn pool(&self) -> &SqlitePool {
        self.file.readers()
    }

    /// Nothing was found: is the generation still the one that is answered from?
    pub(super) async fn still_active(&self, generation: i64) -> Result<(), StoreError> {
        let active = active_generation(self.pool()).await.map_err(store_error)?;
        if active == Some(generation) { Ok(()) } else { Err(StoreError::Superseded { generation }) }
    }
}

#[async_trait]
impl LeadReader for SqliteReader {
    async fn find(&self, generation: i64, id: LeadId) -> Result<Found, StoreError> {
        let found = find(self.pool(), generation, id).await.map_err(store_error)?;
        if found == Found::Nothing {
            self.still_active(generation).await?;
        }
        Ok(found)
    }

    async fn list(
        &self,
        generation: i64,
        filter: &LeadFilter,
        sort: LeadSort,
        after: Option<&After>,
        limit: u32,
    ) -> Result<Vec<Listed>, StoreError> {
        let statement = list::statement(&DIALECT, generation, filter, sort, after, limit);
        let statement = statement.ok_or_else(|| StoreError::Broken("a place in another order".to_owned()))?;
        let rows = listed(self.pool(), statement, sort).await.map_err(store_error)?;
        if rows.is_empty() {
            self.still_active(generation).await?;
        }
        Ok(rows)
    }

    async fn facts(&self, id: LeadId) -> Result<Vec<LeadEvent>, StoreError> {
        facts(self.pool(), id).await.map_err(store_error)
    }

    async fn timeline(
        &self,
        id: LeadId,
        before: Option<OrderKey>,
        limit: u32,
    ) -> Result<Vec<LeadEvent>, StoreError> {
        timeline(self.pool(), id, before, limit).await.map_err(store_error)
    }

    async fn latest_fact(&self) -> Result<Option<Instant>, StoreError> {
        position::latest_fact(self.pool()).await.map_err(store_error)
    }
}

#[async_trait]
impl ReadModelStatus for SqliteReader {
    async fn positions(&self) -> Result<Vec<(i32, i64)>, StoreError> {
        let sql = "select partition, next_offset from positions
            where projection = ?1 and topic = ?2 and next_offset is not null order by partition";
        let select = sqlx::query_as(sql).bind(position::PROJECTION).bind(position::TOPIC);
        select.fetch_all(self.pool()).await.map_err(store_error)
    }

    async fn policies(&self) -> Result<Vec<KnownPolicy>, StoreError> {
        standing::policies(self.pool()).await.map_err(store_error)
    }

    async fn policy_text(&self, version: &str) -> Result<Option<String>, StoreError> {
        standing::policy_text(self.pool(), version).await.map_err(store_error)
    }

    async fn active_policy(&self) -> Result<Option<ActivePolicy>, StoreError> {
        standing::active(self.pool()).await.map_err(store_error)
    }

    /// The tables are those of this build since the file was opened.
    async fn ready(&self) -> Result<(), StoreError> {
        active_generation(self.pool()).await.map(drop).map_err(store_error)
    }
}

async fn find(pool: &SqlitePool, generation: i64, id: LeadId) -> Result<Found, sqlx::Error> {
    let sql = "select i.lead_id, i.first_fact_at is not null, l.state,
            exists (select 1 from identifiers o join dead_letters d on d.subject = o.id
                where o.lead_id = i.lead_id and d.code in ('unreadable', 'unfoldable'))
        from identifiers i left join leads l on l.generation = ?1 and l.id = i.lead_id
            and ?1 = (select generation from activations where active_to is null)
        where i.id = ?2";
    let row: Option<(Uuid, bool, Option<String>, bool)> =
        sqlx::query_as(sql).bind(generation).bind(id.0).fetch_optional(pool).await?;
    Ok(match row {
        Some((lead, _, Some(state), incomplete)) if lead == id.0 => {
            Found::Lead(Box::new(LeadView { id, state, incomplete }))
        }
        Some((lead, true, Some(_), _)) => Found::MovedTo(LeadId(lead)),
        _ => Found::Nothing,
    })
}

async fn listed(pool: &SqlitePool, statement: Vec<Part>, sort: LeadSort) -> Result<Vec<Listed>, sqlx::Error> {
    let mut query = QueryBuilder::<Sqlite>::new("");
    for part in statement {
        match part {
            Part::Sql(text) => query.push(text),
            Part::Texts(texts) => query.push_bind(json(texts)),
            Part::Text(text) => query.push_bind(text),
            Part::Integer(number) => query.push_bind(number),
            Part::Score(order) => query.push_bind(sortable(order)),
            Part::Id(id) => query.push_bind(id),
        };
    }
    let rows = query.build().fetch_all(pool).await?;
    rows.iter().map(|row| in_list(row, sort)).collect()
}

fn in_list(row: &SqliteRow, sort: LeadSort) -> Result<Listed, sqlx::Error> {
    let id = LeadId(row.try_get(0)?);
    let order = match sort {
        LeadSort::Score => Order::Score(from_sortable(row.try_get(3)?)),
        LeadSort::LastActivity | LeadSort::Created => Order::Instant(row.try_get(3)?),
        LeadSort::Name => Order::Name(row.try_get(3)?),
    };
    let lead = LeadView { id, state: row.try_get(1)?, incomplete: row.try_get(2)? };
    Ok(Listed { lead, place: place_of(order, id) })
}

async fn facts(pool: &SqlitePool, id: LeadId) -> Result<Vec<LeadEvent>, sqlx::Error> {
    let sql = "select t.record from identifiers i join timeline t on t.subject = i.id
        where i.lead_id = ?1 order by t.occurred_at, t.rank, t.event_id";
    let records: Vec<String> = sqlx::query_scalar(sql).bind(id.0).fetch_all(pool).await?;
    records.iter().map(|record| event(record)).collect()
}

async fn timeline(
    pool: &SqlitePool,
    id: LeadId,
    before: Option<OrderKey>,
    limit: u32,
) -> Result<Vec<LeadEvent>, sqlx::Error> {
    let sql = "select t.record from identifiers i join timeline t on t.subject = i.id
        where i.lead_id = ?1 and (t.occurred_at, t.rank, t.event_id) < (?2, ?3, ?4)
        order by t.occurred_at desc, t.rank desc, t.event_id desc limit ?5";
    let (at, rank, event_id) = match before {
        Some(key) => (key.at.millis(), key.rank, key.event_id.0),
        None => (Instant::MAX.millis(), i16::MAX, Uuid::max()),
    };
    let select = sqlx::query_scalar(sql).bind(id.0).bind(at).bind(rank).bind(event_id).bind(limit);
    let records: Vec<String> = select.fetch_all(pool).await?;
    records.iter().map(|record| event(record)).collect()
}
