//! Whose a partition is, and how far it is projected: the fence.

use lead_domain::Instant;
use sqlx::{SqliteConnection, SqlitePool};

use crate::store::{Claim, PositionMove};

/// The projection whose positions these are.
pub(super) const PROJECTION: &str = "leads";
/// The log of the embedded file.
pub(super) const TOPIC: &str = "log";

/// Makes the caller the owner.
pub(super) async fn claim(
    connection: &mut SqliteConnection,
    partition: i32,
    owner: &str,
) -> Result<Claim, sqlx::Error> {
    let sql = "insert into positions (projection, topic, partition, epoch, owner) values (?1, ?2, ?3, 1, ?4)
        on conflict (projection, topic, partition)
        do update set epoch = positions.epoch + 1, owner = excluded.owner
        returning epoch, next_offset";
    let claim = sqlx::query_as(sql).bind(PROJECTION).bind(TOPIC).bind(partition).bind(owner);
    let (epoch, next_offset) = claim.fetch_one(connection).await?;
    Ok(Claim { epoch, next_offset })
}

/// All claims as they stand.
pub(super) async fn claims(pool: &SqlitePool) -> Result<Vec<(i32, Claim)>, sqlx::Error> {
    let sql = "select partition, epoch, next_offset from positions where projection = ?1 and topic = ?2
        order by partition";
    let rows: Vec<(i32, i64, Option<i64>)> =
        sqlx::query_as(sql).bind(PROJECTION).bind(TOPIC).fetch_all(pool).await?;
    Ok(rows
        .into_iter()
        .map(|(partition, epoch, next_offset)| (partition, Claim { epoch, next_offset }))
        .collect())
}

/// Moves the position, if it is where this owner left it.
pub(super) async fn advance(
    connection: &mut SqliteConnection,
    step: PositionMove,
) -> Result<bool, sqlx::Error> {
    let sql = "update positions set next_offset = ?6,
            latest_fact_at = max(coalesce(latest_fact_at, ?7), coalesce(?7, latest_fact_at))
        where projection = ?1 and topic = ?2 and partition = ?3 and epoch = ?4 and next_offset is ?5";
    let moved = sqlx::query(sql).bind(PROJECTION).bind(TOPIC).bind(step.partition);
    let moved = moved.bind(step.epoch).bind(step.from).bind(step.to);
    let moved = moved.bind(step.latest_fact.map(Instant::millis)).execute(connection).await?;
    Ok(moved.rows_affected() == 1)
}

/// The latest instant of a fact that was ever projected.
pub(super) async fn latest_fact(pool: &SqlitePool) -> Result<Option<Instant>, sqlx::Error> {
    let sql = "select max(latest_fact_at) from positions where projection = ?1";
    let latest: Option<i64> = sqlx::query_scalar(sql).bind(PROJECTION).fetch_one(pool).await?;
    Ok(latest.map(Instant::from_millis))
}
