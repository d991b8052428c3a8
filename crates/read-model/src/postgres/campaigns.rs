//! What campaign figures are made from.

use async_trait::async_trait;
use lead_domain::LeadId;
use lead_domain::fact::LeadEvent;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use super::reader::PostgresReader;
use super::rows::event;
use crate::campaigns::{CampaignReader, TouchedLead, TouchedPage, about_key, campaign_key, page_of};
use crate::error::StoreError;

#[async_trait]
impl CampaignReader for PostgresReader {
    async fn about_campaigns(
        &self,
        campaign: Option<&str>,
        after: Option<&LeadEvent>,
        limit: u32,
    ) -> Result<Vec<LeadEvent>, StoreError> {
        let campaign = &campaign.map(campaign_key);
        self.read(
            |mut connection| async move { about(&mut connection, campaign.as_deref(), after, limit).await },
        )
        .await
    }

    async fn touched(
        &self,
        generation: i64,
        campaign: Option<&str>,
        after: Option<LeadId>,
        limit: u32,
    ) -> Result<TouchedPage, StoreError> {
        let campaign = &campaign.map(campaign_key);
        let page = self
            .read(|mut connection| async move {
                touched(&mut connection, generation, campaign.as_deref(), after, limit).await
            })
            .await?;
        self.still_active(generation).await?;
        Ok(page)
    }
}

async fn about(
    connection: &mut PgConnection,
    campaign: Option<&str>,
    after: Option<&LeadEvent>,
    limit: u32,
) -> Result<Vec<LeadEvent>, sqlx::Error> {
    let sql = "select record from timeline
        where about_campaign is not null and ($1::text is null or about_campaign = $1)
            and (about_campaign, occurred_at, rank, event_id) > ($2, $3, $4, $5)
        order by about_campaign, occurred_at, rank, event_id limit $6";
    let key = after.map(|event| event.fact.order_key());
    let select = sqlx::query_scalar(sql)
        .bind(campaign)
        .bind(after.and_then(|event| about_key(&event.fact)).unwrap_or_default())
        .bind(key.map_or(i64::MIN, |key| key.at.millis()))
        .bind(key.map_or(i16::MIN, |key| key.rank))
        .bind(key.map_or(Uuid::nil(), |key| key.event_id.0))
        .bind(i64::from(limit));
    let records: Vec<String> = select.fetch_all(connection).await?;
    records.iter().map(|record| event(record)).collect()
}

/// A row for each subject of the page. The subqueries are scalar, so that the planner follows them row by row: each is
/// a look at an index.
async fn touched(
    connection: &mut PgConnection,
    generation: i64,
    campaign: Option<&str>,
    after: Option<LeadId>,
    limit: u32,
) -> Result<TouchedPage, sqlx::Error> {
    let sql = "with page as materialized (
            select distinct subject from timeline
            where campaign is not null and ($2::text is null or campaign = $2)
                and subject > $3
            order by subject limit $4
        )
        select page.subject, l.id, l.state, array(
                select t.record from identifiers i join timeline t on t.subject = i.id
                where i.lead_id = l.id and t.campaign is not null
                order by t.occurred_at, t.rank, t.event_id)
        from page
        left join identifiers i on i.id = page.subject and (
            select true from identifiers o join timeline t on t.subject = o.id
            where o.lead_id = i.lead_id and o.id < i.id
                and t.campaign is not null and ($2::text is null or t.campaign = $2)
            limit 1) is null
        left join leads l on l.generation = $1 and l.id = i.lead_id
        order by page.subject";
    // No id is nil: that is before all of them.
    let after = after.map_or(Uuid::nil(), |id| id.0);
    let select = sqlx::query(sql).bind(generation).bind(campaign).bind(after).bind(i64::from(limit));
    let rows = select.fetch_all(connection).await?;
    Ok(page_of(rows.iter().map(subject).collect::<Result<_, _>>()?, limit))
}

fn subject(row: &PgRow) -> Result<(Uuid, Option<TouchedLead>), sqlx::Error> {
    let subject: Uuid = row.try_get(0)?;
    let Some(id) = row.try_get::<Option<Uuid>, _>(1)? else { return Ok((subject, None)) };
    let records: Vec<String> = row.try_get(3)?;
    let facts = records.iter().map(|record| event(record)).collect::<Result<_, _>>()?;
    Ok((subject, Some(TouchedLead { id: LeadId(id), state: row.try_get(2)?, facts })))
}
