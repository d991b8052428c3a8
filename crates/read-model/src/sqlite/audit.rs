//! A view of everything, in one transaction that sees one instant.

use async_trait::async_trait;
use lead_domain::LeadId;
use lead_domain::identity::Pair;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, Sqlite, SqliteConnection, Transaction};
use uuid::Uuid;

use super::error::store_error;
use super::projection::SqliteProjection;
use super::rows::{kind, optional_key};
use super::{dump, identities, standing, timeline};
use crate::audit::{Audit, AuditPage, AuditStore};
use crate::error::StoreError;
use crate::generation::ActivePolicy;
use crate::store::IdentifierRow;

struct View(Transaction<'static, Sqlite>);

#[async_trait]
impl AuditStore for SqliteProjection {
    async fn begin_audit(&self) -> Result<Box<dyn Audit>, StoreError> {
        Ok(Box::new(View(self.file().readers().begin().await.map_err(store_error)?)))
    }
}

#[async_trait]
impl Audit for View {
    async fn active(&mut self) -> Result<Option<ActivePolicy>, StoreError> {
        standing::active(&mut *self.0).await.map_err(store_error)
    }

    async fn page(&mut self, after: Option<LeadId>, limit: u32) -> Result<AuditPage, StoreError> {
        page(&mut self.0, after, limit).await.map_err(store_error)
    }

    async fn identifiers(&mut self) -> Result<Vec<IdentifierRow>, StoreError> {
        identifiers(&mut self.0).await.map_err(store_error)
    }

    async fn pairs(&mut self) -> Result<Vec<Pair>, StoreError> {
        dump::pairs(&mut self.0).await.map_err(store_error)
    }
}

async fn page(
    connection: &mut SqliteConnection,
    after: Option<LeadId>,
    limit: u32,
) -> Result<AuditPage, sqlx::Error> {
    let above = after.map_or(Uuid::nil(), |after| after.0);
    let leads = identities::leads_after(&mut *connection, after, limit).await?;
    let to = leads.last().map_or(Uuid::max(), |last| last.id.0);
    let subjects: Vec<LeadId> = leads.iter().flat_map(|lead| lead.subjects.iter().copied()).collect();
    let facts = timeline::of_subjects(&mut *connection, &subjects).await?;
    let page = AuditPage { leads, facts, ..AuditPage::default() };
    let stored = dump::leads(&mut *connection, (above, to)).await?;
    let shown = dump::shown(&mut *connection, (above, to)).await?;
    let questions = dump::questions(connection, (above, to)).await?;
    Ok(page.with_stored(stored, shown, questions))
}

async fn identifiers(connection: &mut SqliteConnection) -> Result<Vec<IdentifierRow>, sqlx::Error> {
    let sql = "select id, kind, lead_id, first_fact_at, first_fact_rank, first_fact_event_id from identifiers
        order by id";
    sqlx::query(sql).fetch_all(connection).await?.iter().map(identifier).collect()
}

fn identifier(row: &SqliteRow) -> Result<IdentifierRow, sqlx::Error> {
    Ok(IdentifierRow {
        id: LeadId(row.try_get(0)?),
        kind: kind(row.try_get(1)?)?,
        lead_id: LeadId(row.try_get(2)?),
        first_fact: optional_key(row, 3)?,
    })
}
