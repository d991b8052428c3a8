//! How rows of SQLite read as ours, and lists of ours as one JSON text that `json_each` takes apart.

use lead_domain::fact::{LeadEvent, OrderKey};
use lead_domain::identity::IdentifierKind;
use lead_domain::{EventId, Instant, LeadId};
use serde::Serialize;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteExecutor};
use uuid::Uuid;

use super::error::unreadable;

/// Rows as an array of arrays.
pub(super) fn json<T: Serialize>(rows: impl IntoIterator<Item = T>) -> String {
    let rows: Vec<T> = rows.into_iter().collect();
    serde_json::to_string(&rows).unwrap_or_else(|_| unreachable!("a row of texts and numbers is JSON"))
}

/// A UUID on its way into SQL: the digits that `unhex` reads.
pub(super) fn hex(id: Uuid) -> String {
    id.simple().to_string()
}

/// Ids as an array of digits.
pub(super) fn ids(ids: impl IntoIterator<Item = LeadId>) -> String {
    json(ids.into_iter().map(|id| hex(id.0)))
}

/// An order key as three columns.
pub(super) fn key_columns(key: Option<OrderKey>) -> (Option<i64>, Option<i16>, Option<String>) {
    (key.map(|key| key.at.millis()), key.map(|key| key.rank), key.map(|key| hex(key.event_id.0)))
}

/// The order key that stands in three columns from `first` on; none while they are null.
pub(super) fn optional_key(row: &SqliteRow, first: usize) -> Result<Option<OrderKey>, sqlx::Error> {
    let at: Option<i64> = row.try_get(first)?;
    at.map(|_| key(row, first)).transpose()
}

/// The order key that stands in three columns from `first` on.
pub(super) fn key(row: &SqliteRow, first: usize) -> Result<OrderKey, sqlx::Error> {
    let at = Instant::from_millis(row.try_get(first)?);
    Ok(OrderKey { at, rank: row.try_get(first + 1)?, event_id: EventId(row.try_get(first + 2)?) })
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

/// The whole number that sorts as this one does, with the same bits but for the order of negative ones.
pub(super) fn sortable(number: f64) -> i64 {
    turned(number.to_bits().cast_signed())
}

/// The number again.
pub(super) fn from_sortable(sortable: i64) -> f64 {
    f64::from_bits(turned(sortable).cast_unsigned())
}

fn turned(bits: i64) -> i64 {
    if bits < 0 { bits ^ i64::MAX } else { bits }
}

/// The generation that is answered from.
pub(super) async fn active_generation(executor: impl SqliteExecutor<'_>) -> Result<Option<i64>, sqlx::Error> {
    sqlx::query_scalar("select generation from activations where active_to is null")
        .fetch_optional(executor)
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_sorts_as_its_whole_number_and_comes_back_with_its_bits() {
        let numbers =
            [f64::NEG_INFINITY, -1.5, -f64::MIN_POSITIVE, 0.0, 1e-300, 0.1, 700.123_456_789, f64::INFINITY];
        assert!(numbers.windows(2).all(|pair| sortable(pair[0]) < sortable(pair[1])));
        for number in numbers {
            assert_eq!(from_sortable(sortable(number)).to_bits(), number.to_bits());
        }
    }
}
