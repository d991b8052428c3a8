//! The funnel, counted over one narrow part of each lead.

use async_trait::async_trait;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use super::reader::PostgresReader;
use crate::funnel::{FunnelGroup, FunnelQuestion, FunnelReader, FunnelRow};
use crate::order;
use crate::store::StoreError;

#[async_trait]
impl FunnelReader for PostgresReader {
    async fn funnel(&self, generation: i64, question: FunnelQuestion) -> Result<Vec<FunnelRow>, StoreError> {
        let rows =
            self.read(|mut connection| async move { funnel(&mut connection, generation, question).await });
        let rows = rows.await?;
        self.still_active(generation).await?;
        Ok(rows)
    }
}

macro_rules! funnel {
    ($group:literal, $having:literal) => {
        concat!(
            "select ",
            $group,
            ", count(*) filter (where stage = 'suspect'), count(*) filter (where stage = 'lead'),
            count(*) filter (where stage = 'prospect'), count(*) filter (where stage = 'customer'),
            count(reached_suspect), count(reached_lead), count(reached_prospect), count(reached_customer),
            percentile_cont(0.5) within group (order by reached_lead - reached_suspect),
            percentile_cont(0.5) within group (order by reached_prospect - reached_lead),
            percentile_cont(0.5) within group (order by reached_customer - reached_prospect)
        from lead_facets where generation = $1 and created_order <= $2 and created_order > $3",
            $having
        )
    };
}

const fn statement(group: Option<FunnelGroup>) -> &'static str {
    match group {
        None => funnel!("null::text", ""),
        Some(FunnelGroup::Source) => {
            funnel!(
                "source",
                " and reached_suspect is not null group by source order by source collate \"C\""
            )
        }
        Some(FunnelGroup::Campaign) => {
            funnel!(
                "campaign",
                " and reached_suspect is not null group by campaign order by campaign collate \"C\""
            )
        }
        Some(FunnelGroup::Channel) => {
            funnel!(
                "channel",
                " and reached_suspect is not null group by channel order by channel collate \"C\""
            )
        }
        Some(FunnelGroup::Country) => {
            funnel!(
                "country",
                " and reached_suspect is not null group by country order by country collate \"C\""
            )
        }
    }
}

async fn funnel(
    connection: &mut PgConnection,
    generation: i64,
    question: FunnelQuestion,
) -> Result<Vec<FunnelRow>, sqlx::Error> {
    let (latest, earliest) = order::created_between(question.from, question.to);
    let select = sqlx::query(statement(question.group)).bind(generation).bind(latest).bind(earliest);
    select.fetch_all(connection).await?.iter().map(row).collect()
}

fn row(row: &PgRow) -> Result<FunnelRow, sqlx::Error> {
    let count = |column: usize| row.try_get::<i64, _>(column).map(i64::unsigned_abs);
    Ok(FunnelRow {
        group: row.try_get(0)?,
        current: [count(1)?, count(2)?, count(3)?, count(4)?],
        reached: [count(5)?, count(6)?, count(7)?, count(8)?],
        median_ms: [row.try_get(9)?, row.try_get(10)?, row.try_get(11)?],
    })
}
