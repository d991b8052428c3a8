//! How rows of PostgreSQL read as ours, and lists of ours as arrays of columns.

use lead_domain::fact::{LeadEvent, OrderKey};
use lead_domain::identity::IdentifierKind;
use lead_domain::{EventId, Instant, LeadId};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use super::error::unreadable;

/// Ids as an array.
pub(super) fn uuids(ids: impl IntoIterator<Item = LeadId>) -> Vec<Uuid> {
    ids.into_iter().map(|id| id.0).collect()
}

/// The order key that stands in three columns from `first` on; none while they are null.
pub(super) fn optional_key(row: &PgRow, first: usize) -> Result<Option<OrderKey>, sqlx::Error> {
    let at: Option<i64> = row.try_get(first)?;
    at.map(|_| key(row, first)).transpose()
}

/// The order key that stands in three columns from `first` on.
pub(super) fn key(row: &PgRow, first: usize) -> Result<OrderKey, sqlx::Error> {
    let at = Instant::from_millis(row.try_get(first)?);
    Ok(OrderKey { at, rank: row.try_get(first + 1)?, event_id: EventId(row.try_get(first + 2)?) })
}

/// Order keys as three arrays.
#[derive(Debug, Default)]
pub(super) struct Keys {
    pub at: Vec<Option<i64>>,
    pub rank: Vec<Option<i16>>,
    pub event_id: Vec<Option<Uuid>>,
}

impl Extend<Option<OrderKey>> for Keys {
    fn extend<T: IntoIterator<Item = Option<OrderKey>>>(&mut self, keys: T) {
        for key in keys {
            self.at.push(key.map(|key| key.at.millis()));
            self.rank.push(key.map(|key| key.rank));
            self.event_id.push(key.map(|key| key.event_id.0));
        }
    }
}

impl FromIterator<Option<OrderKey>> for Keys {
    fn from_iter<T: IntoIterator<Item = Option<OrderKey>>>(keys: T) -> Self {
        let mut columns = Self::default();
        columns.extend(keys);
        columns
    }
}

/// The kind of an identifier; none where only its id is known.
pub(super) fn kind(name: Option<&str>) -> Result<Option<IdentifierKind>, sqlx::Error> {
    let known =
        |name| IdentifierKind::from_key(name).ok_or_else(|| unreadable("an unknown kind of identifier"));
    name.map(known).transpose()
}

/// A fact as it was stored.
pub(super) fn event(record: &str) -> Result<LeadEvent, sqlx::Error> {
    LeadEvent::from_json(record.as_bytes()).map_err(unreadable)
}

/// The generation that is answered from.
pub(super) async fn active_generation(connection: &mut PgConnection) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar("select generation from activations where active_to is null")
        .fetch_optional(connection)
        .await
}
