//! The funnel, counted over one narrow part of each lead.

use std::collections::BTreeMap;

use async_trait::async_trait;
use futures_util::TryStreamExt;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqlitePool};

use super::error::store_error;
use super::reader::SqliteReader;
use crate::error::StoreError;
use crate::funnel::{FunnelGroup, FunnelQuestion, FunnelReader, FunnelRow};
use crate::order;

#[async_trait]
impl FunnelReader for SqliteReader {
    async fn funnel(&self, generation: i64, question: FunnelQuestion) -> Result<Vec<FunnelRow>, StoreError> {
        let rows = funnel(self.pool(), generation, question).await.map_err(store_error)?;
        self.still_active(generation).await?;
        Ok(rows)
    }
}

macro_rules! funnel {
    ($group:literal) => {
        funnel!($group, $group)
    };
    ($group:literal, $called:literal) => {
        concat!(
            "select ",
            $group,
            ", ",
            $called,
            ", stage, reached_suspect, reached_lead, reached_prospect, reached_customer from lead_facets
        where generation = ?1 and created_order <= ?2 and created_order > ?3 and reached_suspect is not null"
        )
    };
}

const fn statement(group: Option<FunnelGroup>) -> &'static str {
    match group {
        None => funnel!("null"),
        Some(FunnelGroup::Source) => funnel!("source"),
        Some(FunnelGroup::Campaign) => funnel!("campaign"),
        Some(FunnelGroup::Channel) => funnel!("channel"),
        Some(FunnelGroup::Country) => funnel!("country", "country_given"),
    }
}

/// SQLite has no medians, so they are taken here.
async fn funnel(
    pool: &SqlitePool,
    generation: i64,
    question: FunnelQuestion,
) -> Result<Vec<FunnelRow>, sqlx::Error> {
    let (latest, earliest) = order::created_between(question.from, question.to);
    let select = sqlx::query(statement(question.group)).bind(generation).bind(latest).bind(earliest);
    let mut rows = select.fetch(pool);
    let mut groups: BTreeMap<(bool, Option<String>), Counted> = BTreeMap::new();
    if question.group.is_none() {
        groups.insert((true, None), Counted::default());
    }
    while let Some(row) = rows.try_next().await? {
        let group: Option<String> = row.try_get(0)?;
        groups.entry((group.is_none(), group)).or_default().add(&row)?;
    }
    Ok(groups.into_values().map(Counted::row).collect())
}

const STAGES: [&str; 4] = ["suspect", "lead", "prospect", "customer"];

#[derive(Default)]
struct Counted {
    /// Of several spellings the first.
    called: Option<String>,
    current: [u64; 4],
    reached: [u64; 4],
    took: [Vec<i64>; 3],
}

impl Counted {
    fn add(&mut self, row: &SqliteRow) -> Result<(), sqlx::Error> {
        let called: Option<String> = row.try_get(1)?;
        self.called = self.called.take().into_iter().chain(called).min();
        let stage: Option<&str> = row.try_get(2)?;
        for (count, name) in self.current.iter_mut().zip(STAGES) {
            *count += u64::from(stage == Some(name));
        }
        let mut before = None;
        for (place, count) in self.reached.iter_mut().enumerate() {
            let reached: Option<i64> = row.try_get(3 + place)?;
            *count += u64::from(reached.is_some());
            if let (Some(before), Some(reached), Some(took)) =
                (before, reached, place.checked_sub(1).and_then(|step| self.took.get_mut(step)))
            {
                took.push(reached.saturating_sub(before));
            }
            before = reached;
        }
        Ok(())
    }

    fn row(self) -> FunnelRow {
        let median_ms = self.took.map(median);
        FunnelRow { group: self.called, current: self.current, reached: self.reached, median_ms }
    }
}

#[expect(clippy::cast_precision_loss, reason = "spans of ten thousand years stay below 2^53 milliseconds")]
fn median(mut took: Vec<i64>) -> Option<f64> {
    took.sort_unstable();
    let (low, high) = (took.get(took.len().checked_sub(1)? / 2)?, took.get(took.len() / 2)?);
    Some(f64::midpoint(*low as f64, *high as f64))
}
