//! What campaign figures are made from.

use async_trait::async_trait;
use lead_domain::LeadId;
use lead_domain::fact::LeadEvent;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqlitePool};
use uuid::Uuid;

use super::error::{store_error, unreadable};
use super::reader::SqliteReader;
use super::rows::event;
use crate::campaigns::{CampaignReader, TouchedLead, TouchedPage, about_key, campaign_key, page_of};
use crate::error::StoreError;

#[async_trait]
impl CampaignReader for SqliteReader {
    async fn about_campaigns(
        &self,
        campaign: Option<&str>,
        after: Option<&LeadEvent>,
        limit: u32,
    ) -> Result<Vec<LeadEvent>, StoreError> {
        about(self.pool(), campaign.map(campaign_key), after, limit).await.map_err(store_error)
    }

    async fn touched(
        &self,
        generation: i64,
        campaign: Option<&str>,
        after: Option<LeadId>,
        limit: u32,
    ) -> Result<TouchedPage, StoreError> {
        let campaign = campaign.map(campaign_key);
        let page = touched(self.pool(), generation, campaign, after, limit).await.map_err(store_error)?;
        self.still_active(generation).await?;
        Ok(page)
    }
}

async fn about(
    pool: &SqlitePool,
    campaign: Option<String>,
    after: Option<&LeadEvent>,
    limit: u32,
) -> Result<Vec<LeadEvent>, sqlx::Error> {
    let sql = "select record from timeline indexed by timeline_about_campaigns
        where about_campaign is not null and (?1 is null or about_campaign = ?1)
            and (about_campaign, occurred_at, rank, event_id) > (?2, ?3, ?4, ?5)
        order by about_campaign, occurred_at, rank, event_id limit ?6";
    let key = after.map(|event| event.fact.order_key());
    let select = sqlx::query_scalar(sql)
        .bind(campaign)
        .bind(after.and_then(|event| about_key(&event.fact)).unwrap_or_default())
        .bind(key.map_or(i64::MIN, |key| key.at.millis()))
        .bind(key.map_or(i16::MIN, |key| key.rank))
        .bind(key.map_or(Uuid::nil(), |key| key.event_id.0))
        .bind(limit);
    let records: Vec<String> = select.fetch_all(pool).await?;
    records.iter().map(|record| event(record)).collect()
}

/// A row for each subject of the page; the facts of a lead as a list of their texts.
async fn touched(
    pool: &SqlitePool,
    generation: i64,
    campaign: Option<String>,
    after: Option<LeadId>,
    limit: u32,
) -> Result<TouchedPage, sqlx::Error> {
    let sql = "with page as materialized (
            select distinct subject from timeline indexed by timeline_touches
            where campaign is not null and (?2 is null or campaign = ?2) and subject > ?3
            order by subject limit ?4
        )
        select page.subject, l.id, l.state, (
                select json_group_array(t.record order by t.occurred_at, t.rank, t.event_id)
                from identifiers i cross join timeline t on t.subject = i.id
                where i.lead_id = l.id and t.campaign is not null)
        from page
        left join identifiers i on i.id = page.subject and not exists (
            select 1 from identifiers o cross join timeline t indexed by timeline_touches on t.subject = o.id
            where o.lead_id = i.lead_id and o.id < i.id
                and t.campaign is not null and (?2 is null or t.campaign = ?2))
        left join leads l on l.generation = ?1 and l.id = i.lead_id
        order by page.subject";
    // No id is nil: that is before all of them.
    let after = after.map_or(Uuid::nil(), |id| id.0);
    let select = sqlx::query(sql).bind(generation).bind(campaign).bind(after).bind(limit);
    let rows = select.fetch_all(pool).await?;
    Ok(page_of(rows.iter().map(subject).collect::<Result<_, _>>()?, limit))
}

fn subject(row: &SqliteRow) -> Result<(Uuid, Option<TouchedLead>), sqlx::Error> {
    let subject: Uuid = row.try_get(0)?;
    let Some(id) = row.try_get::<Option<Uuid>, _>(1)? else { return Ok((subject, None)) };
    let records: Vec<String> = serde_json::from_str(row.try_get(3)?).map_err(unreadable)?;
    let facts = records.iter().map(|record| event(record)).collect::<Result<_, _>>()?;
    Ok((subject, Some(TouchedLead { id: LeadId(id), state: row.try_get(2)?, facts })))
}
