//! The switch to a filled generation, in one transaction.

use async_trait::async_trait;
use lead_domain::{Instant, LeadId};
use sqlx::PgConnection;
use uuid::Uuid;

use super::connections::Open;
use super::{changes, clockwork, queue};
use crate::error::StoreError;
use crate::generation::{GenerationSwitch, Moved};
use crate::history::{MovedRow, moved_parts};
use crate::rows::{ChangeRow, StoredLead};

/// The open transaction of a switch.
pub(super) struct Switch {
    pub(super) open: Open,
    pub(super) generation: i64,
}

#[async_trait]
impl GenerationSwitch for Switch {
    async fn moved(
        &mut self,
        at: Instant,
        after: Option<LeadId>,
        limit: u32,
    ) -> Result<Vec<Moved>, StoreError> {
        let (connection, home) = self.open.parts();
        home.answered(moved(connection, self.generation, at, after, limit)).await
    }

    async fn due(
        &mut self,
        generation: i64,
        now: Instant,
        limit: u32,
    ) -> Result<Vec<StoredLead>, StoreError> {
        let (connection, home) = self.open.parts();
        home.answered(clockwork::take(connection, generation, now, limit)).await
    }

    async fn announce(
        &mut self,
        changes: &[ChangeRow],
        generation: i64,
        next: &[(LeadId, Option<Instant>)],
    ) -> Result<(), StoreError> {
        let (connection, home) = self.open.parts();
        home.answered(queue::note_due(connection, generation, next)).await?;
        let (connection, home) = self.open.parts();
        home.answered(changes::announce(connection, changes)).await
    }

    async fn activate(mut self: Box<Self>, at: Instant) -> Result<(), StoreError> {
        let (connection, home) = self.open.parts();
        home.answered(activate(connection, self.generation, at)).await?;
        self.open.commit().await
    }
}

/// The announced parts of a state at `$2`, as reads compare them.
macro_rules! parts {
    ($ranks:literal, $facets:literal) => {
        concat!(
            $facets,
            ".stage, case when ",
            $ranks,
            ".hot_until > $2 then 'hot' when ",
            $ranks,
            ".warm_until > $2 then 'warm' else 'cold' end, ",
            $facets,
            ".disposition, case when ",
            $facets,
            ".active_until <= $2 then 'inactive' when ",
            $facets,
            ".active_until is null then null when ",
            $facets,
            ".reactivated then 'reactivated' else 'active' end"
        )
    };
}

async fn moved(
    connection: &mut PgConnection,
    generation: i64,
    at: Instant,
    after: Option<LeadId>,
    limit: u32,
) -> Result<Vec<Moved>, sqlx::Error> {
    let sql = concat!(
        "select r.id, ",
        parts!("p", "o"),
        ", ",
        parts!("r", "f"),
        " from lead_ranks r join lead_facets f on f.generation = r.generation and f.id = r.id
            join lead_ranks p on p.id = r.id join lead_facets o on o.generation = p.generation and o.id = p.id
        where r.generation = $1 and r.id > $3
            and p.generation = (select generation from activations where active_to is null)
            and (",
        parts!("p", "o"),
        ") is distinct from (",
        parts!("r", "f"),
        ") order by r.id limit $4"
    );
    let after = after.map_or(Uuid::nil(), |after| after.0);
    let select = sqlx::query_as::<_, MovedRow>(sql).bind(generation).bind(at.millis()).bind(after);
    let rows = select.bind(i64::from(limit)).fetch_all(connection).await?;
    Ok(rows.into_iter().flat_map(moved_parts).collect())
}

async fn activate(connection: &mut PgConnection, generation: i64, at: Instant) -> Result<(), sqlx::Error> {
    let end = "update activations set active_to = $1 where active_to is null";
    sqlx::query(end).bind(at.millis()).execute(&mut *connection).await?;
    let start = "insert into activations (generation, active_from) values ($1, $2)";
    sqlx::query(start).bind(generation).bind(at.millis()).execute(&mut *connection).await?;
    let earlier = "delete from fillings
        where requested <= (select requested from fillings where generation = $1)";
    sqlx::query(earlier).bind(generation).execute(connection).await?;
    Ok(())
}
