//! Generations: registered for ever, one of them active, others filled beside it.

use async_trait::async_trait;
use lead_domain::Instant;
use sqlx::PgConnection;

use super::connections::Open;
use super::fill;
use super::projection::PostgresProjection;
use super::switch::Switch;
use crate::error::StoreError;
use crate::generation::{
    ActivePolicy, Filling, GenerationKey, GenerationPage, GenerationState, GenerationStore, GenerationSwitch,
    Registered, Standing, Wish,
};
use crate::history::{Activation, is_superseded, stretches};
use crate::reader::KnownPolicy;

/// Waits for open batches and keeps new ones out.
const BEGIN_SWITCH: &str = "begin; set local idle_in_transaction_session_timeout = '60s';
    set local lock_timeout = '60s'; set local statement_timeout = 0; set local synchronous_commit = on;
    select pg_advisory_xact_lock(1650553957, 1)";

#[async_trait]
impl GenerationStore for PostgresProjection {
    async fn register(
        &self,
        key: &GenerationKey,
        policy_text: &str,
        wish: Wish,
    ) -> Result<Registered, StoreError> {
        let mut open = Open::begin(&self.connections, BEGIN_SWITCH).await?;
        let (connection, home) = open.parts();
        let registered = home.answered(register(connection, key, policy_text, wish)).await?;
        open.commit().await?;
        Ok(registered)
    }

    async fn standing(&self) -> Result<Standing, StoreError> {
        let mut open = Open::begin(&self.connections, "begin isolation level repeatable read").await?;
        let (connection, home) = open.parts();
        let standing = home.answered(standing(connection)).await?;
        open.commit().await?;
        Ok(standing)
    }

    async fn begin_page(
        &self,
        generation: i64,
        limit: u32,
    ) -> Result<Option<Box<dyn GenerationPage>>, StoreError> {
        fill::begin(&self.connections, generation, limit).await
    }

    async fn begin_switch(&self, generation: i64) -> Result<Box<dyn GenerationSwitch>, StoreError> {
        let mut open = Open::begin(&self.connections, BEGIN_SWITCH).await?;
        let (connection, home) = open.parts();
        if home.answered(fillings(connection)).await?.contains(&generation) {
            return Ok(Box::new(Switch { open, generation }));
        }
        open.roll_back().await?;
        Err(StoreError::Superseded { generation })
    }

    async fn discard(&self, limit: u32) -> Result<u64, StoreError> {
        let mut open = Open::begin(&self.connections, "begin").await?;
        let (connection, home) = open.parts();
        let discarded = home.answered(fill::discard(connection, limit)).await?;
        open.commit().await?;
        Ok(discarded)
    }
}

async fn register(
    connection: &mut PgConnection,
    key: &GenerationKey,
    policy_text: &str,
    wish: Wish,
) -> Result<Registered, sqlx::Error> {
    let policy = "insert into policies (version, text) values ($1, $2) on conflict (version) do nothing";
    sqlx::query(policy).bind(&key.policy_version).bind(policy_text).execute(&mut *connection).await?;
    let older = "delete from fillings using generations
        where fillings.generation = generations.generation and fold_version < $1";
    sqlx::query(older).bind(fold_version(key)).execute(&mut *connection).await?;
    if wish == Wish::Alone {
        let others = "delete from fillings using generations
            where fillings.generation = generations.generation and policy_version <> $1";
        sqlx::query(others).bind(&key.policy_version).execute(&mut *connection).await?;
    }
    if let Some(generation) = filling_of(connection, key).await? {
        return Ok(Registered { generation, state: GenerationState::Filling });
    }
    let history = history(connection).await?;
    let active = history.iter().find(|activation| activation.standing);
    match active.filter(|_| wish != Wish::Command) {
        Some(active) if active.key == *key => {
            Ok(Registered { generation: active.generation, state: GenerationState::Active })
        }
        Some(active) if is_superseded(key, &history) => {
            Ok(Registered { generation: active.generation, state: GenerationState::Superseded })
        }
        _ => Ok(Registered { generation: insert(connection, key).await?, state: GenerationState::Filling }),
    }
}

fn fold_version(key: &GenerationKey) -> i32 {
    i32::try_from(key.fold_version).unwrap_or(i32::MAX)
}

async fn filling_of(connection: &mut PgConnection, key: &GenerationKey) -> Result<Option<i64>, sqlx::Error> {
    let sql = "select generation from fillings join generations using (generation)
        where policy_version = $1 and fold_version = $2";
    let select = sqlx::query_scalar(sql).bind(&key.policy_version).bind(fold_version(key));
    select.fetch_optional(connection).await
}

/// Always a new one: rows that an older one of the same key left would else be taken for filled.
async fn insert(connection: &mut PgConnection, key: &GenerationKey) -> Result<i64, sqlx::Error> {
    let sql = "with made as (
            insert into generations (policy_version, fold_version, rebuild)
            select $1, $2, count(*) from generations where policy_version = $1 and fold_version = $2
            returning generation)
        insert into fillings (generation) select generation from made returning generation";
    sqlx::query_scalar(sql).bind(&key.policy_version).bind(fold_version(key)).fetch_one(connection).await
}

async fn history(connection: &mut PgConnection) -> Result<Vec<Activation>, sqlx::Error> {
    let sql = "select generation, policy_version, fold_version, active_to is null
        from activations join generations using (generation) order by number";
    let rows: Vec<(i64, String, i32, bool)> = sqlx::query_as(sql).fetch_all(connection).await?;
    let activation = |(generation, policy_version, fold_version, standing)| Activation {
        generation,
        key: generation_key(policy_version, fold_version),
        standing,
    };
    Ok(rows.into_iter().map(activation).collect())
}

async fn standing(connection: &mut PgConnection) -> Result<Standing, sqlx::Error> {
    let sql = "select generation, policy_version, fold_version, text
        from fillings join generations using (generation) join policies on version = policy_version
        order by requested";
    let rows: Vec<(i64, String, i32, String)> = sqlx::query_as(sql).fetch_all(&mut *connection).await?;
    let filling = |(generation, policy_version, fold_version, policy_text)| Filling {
        generation,
        key: generation_key(policy_version, fold_version),
        policy_text,
    };
    let filling = rows.into_iter().map(filling).collect();
    Ok(Standing { active: active(connection).await?, filling })
}

/// The generations that are filled, in the order in which they were wished for.
pub(super) async fn fillings(connection: &mut PgConnection) -> Result<Vec<i64>, sqlx::Error> {
    sqlx::query_scalar("select generation from fillings order by requested").fetch_all(connection).await
}

/// Every policy that was answered from, one stretch of time after the other, and those that are filled.
pub(super) async fn policies(connection: &mut PgConnection) -> Result<Vec<KnownPolicy>, sqlx::Error> {
    let sql = "select policy_version, active_from, active_to from (
            select policy_version, active_from, active_to, number
            from activations join generations using (generation)
            union all
            select policy_version, null, null, null from fillings join generations using (generation)
        ) as known order by number nulls last";
    let rows: Vec<(String, Option<i64>, Option<i64>)> = sqlx::query_as(sql).fetch_all(connection).await?;
    Ok(stretches(rows.into_iter().map(|(version, from, to)| KnownPolicy {
        version,
        active_from: from.map(Instant::from_millis),
        active_to: to.map(Instant::from_millis),
    })))
}

/// The canonical text of a policy.
pub(super) async fn policy_text(
    connection: &mut PgConnection,
    version: &str,
) -> Result<Option<String>, sqlx::Error> {
    let sql = "select text from policies where version = $1";
    sqlx::query_scalar(sql).bind(version).fetch_optional(connection).await
}

/// The policy that is answered from.
pub(super) async fn active(connection: &mut PgConnection) -> Result<Option<ActivePolicy>, sqlx::Error> {
    let sql = "select generation, policy_version, fold_version, text, active_from
        from activations join generations using (generation) join policies on version = policy_version
        where active_to is null";
    let row: Option<(i64, String, i32, String, i64)> = sqlx::query_as(sql).fetch_optional(connection).await?;
    Ok(row.map(|(generation, policy_version, fold_version, policy_text, active_from)| ActivePolicy {
        generation,
        key: generation_key(policy_version, fold_version),
        policy_text,
        active_from: Instant::from_millis(active_from),
    }))
}

fn generation_key(policy_version: String, fold_version: i32) -> GenerationKey {
    GenerationKey { policy_version, fold_version: u32::try_from(fold_version).unwrap_or_default() }
}
