//! Whose a partition is, and how far it is projected: the fence (reliability of ARCHITECTURE §1.4).

use lead_domain::Instant;
use sqlx::PgConnection;

use crate::store::{Claim, PositionMove};

/// The projection whose positions these are.
pub(super) const PROJECTION: &str = "leads";

/// Makes the caller the owner. Waits for the row, that is for the open transaction of the owner before.
pub(super) async fn claim(
    connection: &mut PgConnection,
    topic: &str,
    partition: i32,
    owner: &str,
) -> Result<Claim, sqlx::Error> {
    let sql = "insert into positions (projection, topic, partition, epoch, owner) values ($1, $2, $3, 1, $4)
        on conflict (projection, topic, partition)
        do update set epoch = positions.epoch + 1, owner = excluded.owner
        returning epoch, next_offset";
    let claim = sqlx::query_as(sql).bind(PROJECTION).bind(topic).bind(partition).bind(owner);
    let (epoch, next_offset) = claim.fetch_one(connection).await?;
    Ok(Claim { epoch, next_offset })
}

/// All claims as they stand.
pub(super) async fn claims(
    connection: &mut PgConnection,
    topic: &str,
) -> Result<Vec<(i32, Claim)>, sqlx::Error> {
    let sql = "select partition, epoch, next_offset from positions where projection = $1 and topic = $2
        order by partition";
    let rows: Vec<(i32, i64, Option<i64>)> =
        sqlx::query_as(sql).bind(PROJECTION).bind(topic).fetch_all(connection).await?;
    Ok(rows
        .into_iter()
        .map(|(partition, epoch, next_offset)| (partition, Claim { epoch, next_offset }))
        .collect())
}

/// Moves the position, if it is where this owner left it, and tells which generations are to be written: the active one,
/// then those that are filled. None if it is not.
pub(super) async fn advance(
    connection: &mut PgConnection,
    topic: &str,
    step: PositionMove,
) -> Result<Option<Vec<i64>>, sqlx::Error> {
    let sql = "update positions set next_offset = $6, latest_fact_at = greatest(latest_fact_at, $7)
        where projection = $1 and topic = $2 and partition = $3 and epoch = $4
            and next_offset is not distinct from $5
        returning array(select generation from activations where active_to is null)
            || array(select generation from fillings order by requested)";
    let moved = sqlx::query_scalar(sql).bind(PROJECTION).bind(topic).bind(step.partition);
    moved
        .bind(step.epoch)
        .bind(step.from)
        .bind(step.to)
        .bind(step.latest_fact.map(Instant::millis))
        .fetch_optional(connection)
        .await
}

/// The latest instant of a fact that was ever projected.
pub(super) async fn latest_fact(connection: &mut PgConnection) -> Result<Option<Instant>, sqlx::Error> {
    let sql = "select max(latest_fact_at) from positions where projection = $1";
    let latest: Option<i64> = sqlx::query_scalar(sql).bind(PROJECTION).fetch_one(connection).await?;
    Ok(latest.map(Instant::from_millis))
}
