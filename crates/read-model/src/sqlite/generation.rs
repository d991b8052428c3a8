//! Generations: registered for ever, one of them active.

use async_trait::async_trait;
use lead_domain::Instant;
use sqlx::{SqliteConnection, SqliteExecutor};

use super::error::store_error;
use super::projection::SqliteProjection;
use super::switch::Switch;
use crate::generation::{
    ActivePolicy, GenerationKey, GenerationState, GenerationStore, GenerationSwitch, Registered,
};
use crate::history::{Activation, state_of};
use crate::store::StoreError;

#[async_trait]
impl GenerationStore for SqliteProjection {
    async fn register(&self, key: &GenerationKey, policy_text: &str) -> Result<Registered, StoreError> {
        let mut writer = self.open().await?;
        let registered = register(writer.connection(), key, policy_text).await.map_err(store_error)?;
        writer.commit().await.map_err(store_error)?;
        Ok(registered)
    }

    async fn active(&self) -> Result<Option<ActivePolicy>, StoreError> {
        active(self.file().readers()).await.map_err(store_error)
    }

    async fn begin_switch(&self, generation: i64) -> Result<Box<dyn GenerationSwitch>, StoreError> {
        let mut writer = self.open().await?;
        let state = state(writer.connection(), generation).await.map_err(store_error)?;
        if state == Some(GenerationState::New) {
            Ok(Box::new(Switch { writer, generation }))
        } else {
            Err(StoreError::Superseded { generation })
        }
    }
}

async fn register(
    connection: &mut SqliteConnection,
    key: &GenerationKey,
    policy_text: &str,
) -> Result<Registered, sqlx::Error> {
    let policy = "insert into policies (version, text) values (?1, ?2) on conflict (version) do nothing";
    sqlx::query(policy).bind(&key.policy_version).bind(policy_text).execute(&mut *connection).await?;
    let insert = "insert into generations (policy_version, fold_version) values (?1, ?2)
        on conflict (policy_version, fold_version) do nothing";
    sqlx::query(insert).bind(&key.policy_version).bind(key.fold_version).execute(&mut *connection).await?;
    let select = "select generation from generations where policy_version = ?1 and fold_version = ?2";
    let select = sqlx::query_scalar(select).bind(&key.policy_version).bind(key.fold_version);
    let generation = select.fetch_one(&mut *connection).await?;
    let state = state_of(generation, key, &history(connection).await?);
    Ok(Registered { generation, state })
}

/// None for a generation that was never registered.
async fn state(
    connection: &mut SqliteConnection,
    generation: i64,
) -> Result<Option<GenerationState>, sqlx::Error> {
    let sql = "select policy_version, fold_version from generations where generation = ?1";
    let key: Option<(String, u32)> =
        sqlx::query_as(sql).bind(generation).fetch_optional(&mut *connection).await?;
    let Some((policy_version, fold_version)) = key else { return Ok(None) };
    let key = GenerationKey { policy_version, fold_version };
    Ok(Some(state_of(generation, &key, &history(connection).await?)))
}

async fn history(connection: &mut SqliteConnection) -> Result<Vec<Activation>, sqlx::Error> {
    let sql = "select generation, policy_version, fold_version, active_to is null
        from activations join generations using (generation) order by number";
    let rows: Vec<(i64, String, u32, bool)> = sqlx::query_as(sql).fetch_all(connection).await?;
    let activation = |(generation, policy_version, fold_version, standing)| Activation {
        generation,
        key: GenerationKey { policy_version, fold_version },
        standing,
    };
    Ok(rows.into_iter().map(activation).collect())
}

/// The policy that is answered from.
pub(super) async fn active(executor: impl SqliteExecutor<'_>) -> Result<Option<ActivePolicy>, sqlx::Error> {
    let sql = "select generation, policy_version, fold_version, text, active_from
        from activations join generations using (generation) join policies on version = policy_version
        where active_to is null";
    let row: Option<(i64, String, u32, String, i64)> = sqlx::query_as(sql).fetch_optional(executor).await?;
    Ok(row.map(|(generation, policy_version, fold_version, policy_text, active_from)| ActivePolicy {
        generation,
        key: GenerationKey { policy_version, fold_version },
        policy_text,
        active_from: Instant::from_millis(active_from),
    }))
}
