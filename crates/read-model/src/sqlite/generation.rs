//! Generations: registered for ever, one of them active, others filled beside it.

use async_trait::async_trait;
use sqlx::SqliteConnection;

use super::error::store_error;
use super::fill;
use super::projection::SqliteProjection;
use super::standing::{fillings, standing};
use super::switch::Switch;
use crate::error::StoreError;
use crate::generation::{
    GenerationKey, GenerationPage, GenerationState, GenerationStore, GenerationSwitch, Registered, Standing,
    Wish,
};
use crate::history::{Activation, is_superseded};

#[async_trait]
impl GenerationStore for SqliteProjection {
    async fn register(
        &self,
        key: &GenerationKey,
        policy_text: &str,
        wish: Wish,
    ) -> Result<Registered, StoreError> {
        let mut writer = self.open().await?;
        let registered = register(writer.connection(), key, policy_text, wish).await.map_err(store_error)?;
        writer.commit().await.map_err(store_error)?;
        Ok(registered)
    }

    async fn standing(&self) -> Result<Standing, StoreError> {
        let mut transaction = self.file().readers().begin().await.map_err(store_error)?;
        standing(&mut transaction).await.map_err(store_error)
    }

    async fn begin_page(
        &self,
        generation: i64,
        limit: u32,
    ) -> Result<Option<Box<dyn GenerationPage>>, StoreError> {
        fill::begin(self.open().await?, generation, limit).await
    }

    async fn begin_switch(&self, generation: i64) -> Result<Box<dyn GenerationSwitch>, StoreError> {
        let mut writer = self.open().await?;
        if fillings(writer.connection()).await.map_err(store_error)?.contains(&generation) {
            return Ok(Box::new(Switch { writer, generation }));
        }
        Err(StoreError::Superseded { generation })
    }

    /// Looks beside the writer first: most of the time there is nothing.
    async fn discard(&self, limit: u32) -> Result<u64, StoreError> {
        let mut reader = self.file().readers().acquire().await.map_err(store_error)?;
        if fill::stale(&mut reader).await.map_err(store_error)?.is_none() {
            return Ok(0);
        }
        drop(reader);
        let mut writer = self.open().await?;
        let discarded = fill::discard(writer.connection(), limit).await.map_err(store_error)?;
        writer.commit().await.map_err(store_error)?;
        Ok(discarded)
    }
}

async fn register(
    connection: &mut SqliteConnection,
    key: &GenerationKey,
    policy_text: &str,
    wish: Wish,
) -> Result<Registered, sqlx::Error> {
    let policy = "insert into policies (version, text) values (?1, ?2) on conflict (version) do nothing";
    sqlx::query(policy).bind(&key.policy_version).bind(policy_text).execute(&mut *connection).await?;
    let older = "delete from fillings where generation in
        (select generation from generations where fold_version < ?1)";
    sqlx::query(older).bind(key.fold_version).execute(&mut *connection).await?;
    if wish == Wish::Alone {
        let others = "delete from fillings where generation in
            (select generation from generations where policy_version <> ?1)";
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

async fn filling_of(
    connection: &mut SqliteConnection,
    key: &GenerationKey,
) -> Result<Option<i64>, sqlx::Error> {
    let sql = "select generation from fillings join generations using (generation)
        where policy_version = ?1 and fold_version = ?2";
    let select = sqlx::query_scalar(sql).bind(&key.policy_version).bind(key.fold_version);
    select.fetch_optional(connection).await
}

/// Always a new one: rows that an older one of the same key left would else be taken for filled.
async fn insert(connection: &mut SqliteConnection, key: &GenerationKey) -> Result<i64, sqlx::Error> {
    let made = "insert into generations (policy_version, fold_version, rebuild)
        select ?1, ?2, count(*) from generations where policy_version = ?1 and fold_version = ?2
        returning generation";
    let made = sqlx::query_scalar(made).bind(&key.policy_version).bind(key.fold_version);
    let generation = made.fetch_one(&mut *connection).await?;
    let filling = "insert into fillings (generation) values (?1)";
    sqlx::query(filling).bind(generation).execute(connection).await?;
    Ok(generation)
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
