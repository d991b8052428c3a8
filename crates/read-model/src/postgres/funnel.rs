//! The funnel, counted over one narrow part of each lead.

use async_trait::async_trait;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use super::reader::PostgresReader;
use crate::error::StoreError;
use crate::funnel::{FunnelGroup, FunnelQuestion, FunnelReader, FunnelRow};
use crate::order;

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

/// The counts of all stages.
macro_rules! counted {
    ($what:literal) => {
        concat!(
            counted!($what, "suspect"),
            ", ",
            counted!($what, "lead"),
            ", ",
            counted!($what, "prospect"),
            ", ",
            counted!($what, "customer")
        )
    };
    ($what:literal, $stage:literal) => {
        concat!("coalesce((select ", $what, " from counted where stage = '", $stage, "'), 0)")
    };
}

/// The one or two in the middle of those that reached the next stage, by the narrow index on how long it took.
macro_rules! median {
    ($column:literal, $next:literal) => {
        concat!(
            "(select avg(lasted)::double precision from (
                select ",
            $column,
            " as lasted from lead_facets where generation = $1 and ",
            $column,
            " is not null order by ",
            $column,
            " offset greatest((",
            counted!("reached", $next),
            " - 1) / 2, 0) limit 2 - ",
            counted!("reached", $next),
            " % 2) as middle)"
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
            // Spellings of one country count together; it is called by the first of them.
            funnel!(
                "min(country_given collate \"C\")",
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
    if question == FunnelQuestion::default() {
        return Ok(vec![of_all(connection, generation).await?]);
    }
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

/// The funnel of all leads: counters that are kept with the rows, and the middle of an index for each median.
async fn of_all(connection: &mut PgConnection, generation: i64) -> Result<FunnelRow, sqlx::Error> {
    let sql = concat!(
        "with counted as (
            select stage, sum(current)::bigint as current, sum(reached)::bigint as reached
            from stage_counts where generation = $1 group by stage)
        select null::text, ",
        counted!("current"),
        ", ",
        counted!("reached"),
        ", ",
        median!("suspect_lasted", "lead"),
        ", ",
        median!("lead_lasted", "prospect"),
        ", ",
        median!("prospect_lasted", "customer")
    );
    row(&sqlx::query(sql).bind(generation).fetch_one(connection).await?)
}
