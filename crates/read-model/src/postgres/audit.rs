//! A view of everything, in one transaction that sees one instant.

use async_trait::async_trait;
use lead_domain::LeadId;
use lead_domain::identity::Pair;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use super::connections::Open;
use super::projection::PostgresProjection;
use super::rows::{kind, optional_key};
use super::{dump, generation, identities, timeline};
use crate::audit::{Audit, AuditPage, AuditStore};
use crate::error::StoreError;
use crate::generation::ActivePolicy;
use crate::store::IdentifierRow;

/// Reads for as long as it takes, and holds nobody up.
const BEGIN: &str = "begin isolation level repeatable read read only; set local statement_timeout = 0;
    set local idle_in_transaction_session_timeout = 0";

struct View(Open);

#[async_trait]
impl AuditStore for PostgresProjection {
    async fn begin_audit(&self) -> Result<Box<dyn Audit>, StoreError> {
        Ok(Box::new(View(Open::begin(&self.connections, BEGIN).await?)))
    }
}

#[async_trait]
impl Audit for View {
    async fn active(&mut self) -> Result<Option<ActivePolicy>, StoreError> {
        let (connection, home) = self.0.parts();
        home.answered(generation::active(connection)).await
    }

    async fn page(&mut self, after: Option<LeadId>, limit: u32) -> Result<AuditPage, StoreError> {
        let (connection, home) = self.0.parts();
        home.answered(page(connection, after, limit)).await
    }

    async fn identifiers(&mut self) -> Result<Vec<IdentifierRow>, StoreError> {
        let (connection, home) = self.0.parts();
        home.answered(identifiers(connection)).await
    }

    async fn pairs(&mut self) -> Result<Vec<Pair>, StoreError> {
        let (connection, home) = self.0.parts();
        home.answered(dump::pairs(connection)).await
    }
}

async fn page(
    connection: &mut PgConnection,
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

async fn identifiers(connection: &mut PgConnection) -> Result<Vec<IdentifierRow>, sqlx::Error> {
    let sql = "select id, kind, lead_id, first_fact_at, first_fact_rank, first_fact_event_id from identifiers
        order by id";
    sqlx::query(sql).fetch_all(connection).await?.iter().map(identifier).collect()
}

fn identifier(row: &PgRow) -> Result<IdentifierRow, sqlx::Error> {
    Ok(IdentifierRow {
        id: LeadId(row.try_get(0)?),
        kind: kind(row.try_get(1)?)?,
        lead_id: LeadId(row.try_get(2)?),
        first_fact: optional_key(row, 3)?,
    })
}
