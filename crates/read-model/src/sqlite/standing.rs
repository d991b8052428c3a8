//! Which generations stand, and which policies ever did.

use lead_domain::Instant;
use sqlx::{SqliteConnection, SqliteExecutor, SqlitePool};

use crate::generation::{ActivePolicy, Filling, GenerationKey, Standing};
use crate::history::stretches;
use crate::reader::KnownPolicy;

/// The active generation, and those that are filled.
pub(super) async fn standing(connection: &mut SqliteConnection) -> Result<Standing, sqlx::Error> {
    let sql = "select generation, policy_version, fold_version, text
        from fillings join generations using (generation) join policies on version = policy_version
        order by requested";
    let rows: Vec<(i64, String, u32, String)> = sqlx::query_as(sql).fetch_all(&mut *connection).await?;
    let filling = |(generation, policy_version, fold_version, policy_text)| Filling {
        generation,
        key: GenerationKey { policy_version, fold_version },
        policy_text,
    };
    let filling = rows.into_iter().map(filling).collect();
    Ok(Standing { active: active(&mut *connection).await?, filling })
}

/// The generations that are filled, in the order in which they were wished for.
pub(super) async fn fillings(connection: &mut SqliteConnection) -> Result<Vec<i64>, sqlx::Error> {
    sqlx::query_scalar("select generation from fillings order by requested").fetch_all(connection).await
}

/// The generations that a batch writes: the active one, then those that are filled.
pub(super) async fn written(connection: &mut SqliteConnection) -> Result<Vec<i64>, sqlx::Error> {
    let sql = "select generation from activations where active_to is null";
    let active: Option<i64> = sqlx::query_scalar(sql).fetch_optional(&mut *connection).await?;
    Ok(active.into_iter().chain(fillings(connection).await?).collect())
}

/// Every policy that was answered from, one stretch of time after the other, and those that are filled.
pub(super) async fn policies(pool: &SqlitePool) -> Result<Vec<KnownPolicy>, sqlx::Error> {
    let sql = "select policy_version, active_from, active_to from (
            select policy_version, active_from, active_to, number
            from activations join generations using (generation)
            union all
            select policy_version, null, null, null from fillings join generations using (generation)
        ) as known order by number nulls last";
    let rows: Vec<(String, Option<i64>, Option<i64>)> = sqlx::query_as(sql).fetch_all(pool).await?;
    Ok(stretches(rows.into_iter().map(|(version, from, to)| KnownPolicy {
        version,
        active_from: from.map(Instant::from_millis),
        active_to: to.map(Instant::from_millis),
    })))
}

/// The canonical text of a policy.
pub(super) async fn policy_text(pool: &SqlitePool, version: &str) -> Result<Option<String>, sqlx::Error> {
    let sql = "select text from policies where version = ?1";
    sqlx::query_scalar(sql).bind(version).fetch_optional(pool).await
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
