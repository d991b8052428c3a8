//! Generations: registered for ever, one of them active.

use async_trait::async_trait;
use lead_domain::Instant;
use sqlx::PgConnection;

use super::connections::Open;
use super::projection::PostgresProjection;
use super::switch::Switch;
use crate::generation::{
    ActivePolicy, GenerationKey, GenerationState, GenerationStore, GenerationSwitch, Registered,
};
use crate::history::{Activation, state_of};
use crate::store::StoreError;

/// Waits for open batches and keeps new ones out. A switch folds every lead while it is open.
const BEGIN_SWITCH: &str = "begin; set local idle_in_transaction_session_timeout = '60s';
    set local lock_timeout = '60s'; set local statement_timeout = 0; set local synchronous_commit = on;
    select pg_advisory_xact_lock(1650553957, 1)";

#[async_trait]
impl GenerationStore for PostgresProjection {
    async fn register(&self, key: &GenerationKey, policy_text: &str) -> Result<Registered, StoreError> {
        let mut open = Open::begin(&self.connections, BEGIN_SWITCH).await?;
        let registered = register(open.connection(), key, policy_text).await;
        let registered = registered.map_err(|error| open.failed(error))?;
        open.commit().await?;
        Ok(registered)
    }

    async fn active(&self) -> Result<Option<ActivePolicy>, StoreError> {
        let mut open = Open::begin(&self.connections, "begin").await?;
        let active = active(open.connection()).await;
        let active = active.map_err(|error| open.failed(error))?;
        open.commit().await?;
        Ok(active)
    }

    async fn begin_switch(&self, generation: i64) -> Result<Box<dyn GenerationSwitch>, StoreError> {
        let mut open = Open::begin(&self.connections, BEGIN_SWITCH).await?;
        let state = state(open.connection(), generation).await;
        if state.map_err(|error| open.failed(error))? == Some(GenerationState::New) {
            return Ok(Box::new(Switch { open, generation }));
        }
        open.roll_back().await?;
        Err(StoreError::Superseded { generation })
    }
}

async fn register(
    connection: &mut PgConnection,
    key: &GenerationKey,
    policy_text: &str,
) -> Result<Registered, sqlx::Error> {
    let policy = "insert into policies (version, text) values ($1, $2) on conflict (version) do nothing";
    sqlx::query(policy).bind(&key.policy_version).bind(policy_text).execute(&mut *connection).await?;
    let fold_version = i32::try_from(key.fold_version).unwrap_or(i32::MAX);
    let insert = "insert into generations (policy_version, fold_version) values ($1, $2)
        on conflict (policy_version, fold_version) do nothing";
    sqlx::query(insert).bind(&key.policy_version).bind(fold_version).execute(&mut *connection).await?;
    let select = "select generation from generations where policy_version = $1 and fold_version = $2";
    let select = sqlx::query_scalar(select).bind(&key.policy_version).bind(fold_version);
    let generation = select.fetch_one(&mut *connection).await?;
    let state = state_of(generation, key, &history(connection).await?);
    Ok(Registered { generation, state })
}

/// None for a generation that was never registered.
async fn state(
    connection: &mut PgConnection,
    generation: i64,
) -> Result<Option<GenerationState>, sqlx::Error> {
    let sql = "select policy_version, fold_version from generations where generation = $1";
    let key: Option<(String, i32)> =
        sqlx::query_as(sql).bind(generation).fetch_optional(&mut *connection).await?;
    let Some((policy_version, fold_version)) = key else { return Ok(None) };
    let key = generation_key(policy_version, fold_version);
    Ok(Some(state_of(generation, &key, &history(connection).await?)))
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
