//! What a batch tells the world: transitions, numbered in the order of commits, and records it could not fold.

use lead_domain::Instant;
use sqlx::SqliteConnection;

use super::rows::{hex, json};
use crate::rows::{ChangeRow, DeadLetter};

/// Numbers transitions. A change that was announced before is not repeated.
pub(super) async fn announce(
    connection: &mut SqliteConnection,
    changes: &[ChangeRow],
) -> Result<(), sqlx::Error> {
    if changes.is_empty() {
        return Ok(());
    }
    let sql = "insert into changes
            (id, lead_id, at, what, from_value, to_value, because_event, because_rule, because_policy, policy_version)
        select unhex(value ->> 0), unhex(value ->> 1), value ->> 2, value ->> 3, value ->> 4, value ->> 5,
            unhex(value ->> 6), value ->> 7, value ->> 8, value ->> 9
        from json_each(?1) where true order by key
        on conflict (id) do nothing";
    let rows = changes.iter().map(|change| {
        let (id, lead_id) = (hex(change.id.0), hex(change.lead_id.0));
        let because = change.because_event.map(|id| hex(id.0));
        (
            id,
            lead_id,
            change.at.millis(),
            change.what,
            &change.from,
            &change.to,
            because,
            &change.because_rule,
            &change.because_policy,
            &change.policy,
        )
    });
    sqlx::query(sql).bind(json(rows)).execute(connection).await?;
    Ok(())
}

/// Keeps records that could not be read or folded. One that is kept already stays as it is.
pub(super) async fn write_dead_letters(
    connection: &mut SqliteConnection,
    letters: &[DeadLetter],
) -> Result<(), sqlx::Error> {
    let sql = "insert into dead_letters
            (id, partition, record_offset, code, detail, event_id, subject, received_at, record)
        values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
        on conflict (id) do nothing";
    for letter in letters {
        let insert = sqlx::query(sql).bind(letter.id.0).bind(letter.partition).bind(letter.offset);
        let insert = insert.bind(letter.code).bind(letter.detail.as_str());
        let insert = insert.bind(letter.event_id.map(|id| id.0)).bind(letter.subject.map(|id| id.0));
        let insert = insert.bind(letter.received_at.map(Instant::millis)).bind(letter.record.as_slice());
        insert.execute(&mut *connection).await?;
    }
    Ok(())
}
