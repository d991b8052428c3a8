//! The query side: a pool of connections that only read.

use std::future::Future;
use std::time::Duration;

use async_trait::async_trait;
use lead_domain::fact::{LeadEvent, OrderKey};
use lead_domain::{Instant, LeadId};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgPoolOptions, PgRow};
use sqlx::{PgConnection, PgPool, Postgres, QueryBuilder, Row};
use uuid::Uuid;

use super::connections::options;
use super::error::{is_about_the_connection, store_error};
use super::rows::{active_generation, event};
use super::{generation, position, schema};
use crate::error::StoreError;
use crate::generation::ActivePolicy;
use crate::list::{self, Dialect, Part};
use crate::order::{Order, place_of};
use crate::reader::{
    After, Found, KnownPolicy, LeadFilter, LeadReader, LeadSort, LeadView, Listed, ReadModelStatus,
};

/// Reads are short: a parallel worker would cost more than it saves.
const SETTINGS: [(&str, &str); 5] = [
    ("default_transaction_read_only", "on"),
    ("max_parallel_workers_per_gather", "0"),
    ("idle_in_transaction_session_timeout", "5s"),
    ("statement_timeout", "10s"),
    ("tcp_keepalives_idle", "10"),
];

const CONNECTIONS: u32 = 8;

const DIALECT: Dialect = Dialect {
    one_of: [" = any(", ")"],
    has_part: [" and search_text like ", ""],
    part: pattern_of_part,
    has_role: [" and roles && ", ""],
    in_group: [" and groups && ", ""],
    join: " join ",
    sorted: "",
};

/// A pattern is what the index of trigrams can be asked for. All characters of the part stand for themselves.
fn pattern_of_part(part: &str) -> String {
    let escaped = part.chars().fold(String::new(), |mut pattern, character| {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
        pattern
    });
    format!("%{escaped}%")
}

/// The reader of a read model on PostgreSQL. Connects when it is used, and again after a failure.
#[derive(Clone, Debug)]
pub struct PostgresReader {
    pool: PgPool,
    topic: String,
}

impl PostgresReader {
    /// Reads the database of this URL; positions are those in this topic. Belongs to the runtime it is made in.
    ///
    /// # Errors
    /// [`StoreError::Broken`] when it is no URL of a PostgreSQL database.
    pub fn new(url: &str, topic: &str) -> Result<Self, StoreError> {
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(Duration::from_secs(3))
            .test_before_acquire(false)
            .connect_lazy_with(options(url, &SETTINGS)?);
        Ok(Self { pool, topic: topic.to_owned() })
    }

    /// Reads, and reads again on another connection while one turns out to be cut: after a restart of the server all
    /// that wait in the pool are.
    pub(super) async fn read<T, F>(
        &self,
        read: impl Fn(PoolConnection<Postgres>) -> F + Sync,
    ) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, sqlx::Error>> + Send,
    {
        let mut cut = 0;
        loop {
            let connection = self.pool.acquire().await.map_err(store_error)?;
            match read(connection).await {
                Err(error) if is_about_the_connection(&error) && cut < CONNECTIONS => cut += 1,
                result => return result.map_err(store_error),
            }
        }
    }

    /// Nothing was found: is the generation still the one that is answered from?
    pub(super) async fn still_active(&self, generation: i64) -> Result<(), StoreError> {
        let active =
            self.read(|mut connection| async move { active_generation(&mut connection).await }).await?;
        if active == Some(generation) { Ok(()) } else { Err(StoreError::Superseded { generation }) }
    }
}

#[async_trait]
impl LeadReader for PostgresReader {
    async fn find(&self, generation: i64, id: LeadId) -> Result<Found, StoreError> {
        let found =
            self.read(|mut connection| async move { find(&mut connection, generation, id).await }).await?;
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
        let statement =
            &statement.ok_or_else(|| StoreError::Broken("a place in another order".to_owned()))?;
        let asks_for_few = filter.asks_for_few();
        let rows = self
            .read(
                |mut connection| async move { listed(&mut connection, statement, sort, asks_for_few).await },
            )
            .await?;
        if rows.is_empty() {
            self.still_active(generation).await?;
        }
        Ok(rows)
    }

    async fn facts(&self, id: LeadId) -> Result<Vec<LeadEvent>, StoreError> {
        self.read(|mut connection| async move { facts(&mut connection, id).await }).await
    }

    async fn timeline(
        &self,
        id: LeadId,
        before: Option<OrderKey>,
        limit: u32,
    ) -> Result<Vec<LeadEvent>, StoreError> {
        self.read(|mut connection| async move { timeline(&mut connection, id, before, limit).await }).await
    }

    async fn latest_fact(&self) -> Result<Option<Instant>, StoreError> {
        self.read(|mut connection| async move { position::latest_fact(&mut connection).await }).await
    }
}

#[async_trait]
impl ReadModelStatus for PostgresReader {
    async fn positions(&self) -> Result<Vec<(i32, i64)>, StoreError> {
        let topic = self.topic.as_str();
        self.read(|mut connection| async move {
            let sql = "select partition, next_offset from positions
                where projection = $1 and topic = $2 and next_offset is not null order by partition";
            sqlx::query_as(sql).bind(position::PROJECTION).bind(topic).fetch_all(&mut *connection).await
        })
        .await
    }

    async fn policies(&self) -> Result<Vec<KnownPolicy>, StoreError> {
        self.read(|mut connection| async move { generation::policies(&mut connection).await }).await
    }

    async fn policy_text(&self, version: &str) -> Result<Option<String>, StoreError> {
        self.read(|mut connection| async move { generation::policy_text(&mut connection, version).await })
            .await
    }

    async fn active_policy(&self) -> Result<Option<ActivePolicy>, StoreError> {
        self.read(|mut connection| async move { generation::active(&mut connection).await }).await
    }

    async fn ready(&self) -> Result<(), StoreError> {
        let version =
            self.read(|mut connection| async move { schema::version(&mut connection).await }).await?;
        schema::check(version)
    }
}

async fn find(connection: &mut PgConnection, generation: i64, id: LeadId) -> Result<Found, sqlx::Error> {
    let sql = "select i.lead_id, i.first_fact_at is not null, l.state,
            exists (select 1 from identifiers o join dead_letters d on d.subject = o.id
                where o.lead_id = i.lead_id and d.code in ('unreadable', 'unfoldable'))
        from identifiers i left join leads l on l.generation = $1 and l.id = i.lead_id
            and $1 = (select generation from activations where active_to is null)
        where i.id = $2";
    let row: Option<(Uuid, bool, Option<String>, bool)> =
        sqlx::query_as(sql).bind(generation).bind(id.0).fetch_optional(connection).await?;
    Ok(match row {
        Some((lead, _, Some(state), incomplete)) if lead == id.0 => {
            Found::Lead(Box::new(LeadView { id, state, incomplete }))
        }
        Some((lead, true, Some(_), _)) => Found::MovedTo(LeadId(lead)),
        _ => Found::Nothing,
    })
}

/// A statement that asks for few is planned for its values: a plan that knows none of them would walk through all leads in
/// order, however few they leave.
async fn listed(
    connection: &mut PgConnection,
    statement: &[Part],
    sort: LeadSort,
    asks_for_few: bool,
) -> Result<Vec<Listed>, sqlx::Error> {
    let mut query = QueryBuilder::<Postgres>::new("");
    for part in statement {
        match part {
            Part::Sql(text) => query.push(*text),
            Part::Texts(texts) => query.push_bind(texts.clone()),
            Part::Text(text) => query.push_bind(text.clone()),
            Part::Integer(number) => query.push_bind(*number),
            Part::Score(order) => query.push_bind(*order),
            Part::Id(id) => query.push_bind(*id),
        };
    }
    let rows = query.build().persistent(!asks_for_few).fetch_all(connection).await?;
    rows.iter().map(|row| in_list(row, sort)).collect()
}

fn in_list(row: &PgRow, sort: LeadSort) -> Result<Listed, sqlx::Error> {
    let id = LeadId(row.try_get(0)?);
    let order = match sort {
        LeadSort::Score => Order::Score(row.try_get(3)?),
        LeadSort::LastActivity | LeadSort::Created => Order::Instant(row.try_get(3)?),
        LeadSort::Name => Order::Name(row.try_get(3)?),
    };
    let lead = LeadView { id, state: row.try_get(1)?, incomplete: row.try_get(2)? };
    Ok(Listed { lead, place: place_of(order, id) })
}

async fn facts(connection: &mut PgConnection, id: LeadId) -> Result<Vec<LeadEvent>, sqlx::Error> {
    let sql = "select t.record from identifiers i join timeline t on t.subject = i.id
        where i.lead_id = $1 order by t.occurred_at, t.rank, t.event_id";
    let records: Vec<String> = sqlx::query_scalar(sql).bind(id.0).fetch_all(connection).await?;
    records.iter().map(|record| event(record)).collect()
}

/// Of each subject only as many facts as the page can hold.
async fn timeline(
    connection: &mut PgConnection,
    id: LeadId,
    before: Option<OrderKey>,
    limit: u32,
) -> Result<Vec<LeadEvent>, sqlx::Error> {
    let sql = "select t.record from identifiers i cross join lateral (
            select occurred_at, rank, event_id, record from timeline
            where subject = i.id and (occurred_at, rank, event_id) < ($2, $3, $4)
            order by occurred_at desc, rank desc, event_id desc limit $5) t
        where i.lead_id = $1
        order by t.occurred_at desc, t.rank desc, t.event_id desc limit $5";
    let (at, rank, event_id) = match before {
        Some(key) => (key.at.millis(), key.rank, key.event_id.0),
        None => (Instant::MAX.millis(), i16::MAX, Uuid::max()),
    };
    let select = sqlx::query_scalar(sql).bind(id.0).bind(at).bind(rank).bind(event_id).bind(i64::from(limit));
    let records: Vec<String> = select.fetch_all(connection).await?;
    records.iter().map(|record| event(record)).collect()
}
