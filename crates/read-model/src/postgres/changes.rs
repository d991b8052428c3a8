//! What a batch tells the world: transitions, numbered in the order of commits, and records it could not fold.

use lead_domain::Instant;
use sqlx::PgConnection;
use uuid::Uuid;

use super::rows::uuids;
use crate::rows::{ChangeRow, DeadLetter};

/// Draws numbers under a lock that lasts until the commit. A change that was announced before is not repeated.
/// A number that somebody has seen must not roll back: the commit waits for the disk, whatever the server's default.
pub(super) async fn announce(
    connection: &mut PgConnection,
    changes: &[ChangeRow],
) -> Result<(), sqlx::Error> {
    if changes.is_empty() {
        return Ok(());
    }
    let lock = "select pg_advisory_xact_lock(1650553957, 2), set_config('synchronous_commit', 'on', true)";
    sqlx::query(lock).execute(&mut *connection).await?;
    let sql = "insert into changes
            (id, lead_id, at, what, from_value, to_value, because_event, because_rule, because_policy, policy_version)
        select id, lead_id, at, what, from_value, to_value, because_event, because_rule, because_policy, policy_version
        from unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::uuid[], $8::text[],
            $9::text[], $10::text[]) with ordinality
            as change (id, lead_id, at, what, from_value, to_value, because_event, because_rule, because_policy,
                policy_version, place)
        order by place
        on conflict (id) do nothing";
    let insert = sqlx::query(sql).bind(column(changes, |change| change.id.0));
    let insert = insert.bind(uuids(changes.iter().map(|change| change.lead_id)));
    let insert =
        insert.bind(column(changes, |change| change.at.millis())).bind(column(changes, |change| change.what));
    let insert = insert.bind(column(changes, |change| change.from.as_deref()));
    let insert = insert.bind(column(changes, |change| change.to.as_deref()));
    let insert = insert.bind(column(changes, |change| change.because_event.map(|id| id.0)));
    let insert = insert.bind(column(changes, |change| change.because_rule.as_deref()));
    let insert = insert.bind(column(changes, |change| change.because_policy.as_deref()));
    insert.bind(column(changes, |change| change.policy.as_str())).execute(connection).await?;
    Ok(())
}

/// Keeps records that could not be read or folded. One that is kept already stays as it is.
pub(super) async fn write_dead_letters(
    connection: &mut PgConnection,
    letters: &[DeadLetter],
) -> Result<(), sqlx::Error> {
    if letters.is_empty() {
        return Ok(());
    }
    let sql = "insert into dead_letters
            (id, partition, record_offset, code, detail, event_id, subject, received_at, record)
        select * from unnest($1::uuid[], $2::integer[], $3::bigint[], $4::text[], $5::text[], $6::uuid[], $7::uuid[],
            $8::bigint[], $9::bytea[])
        on conflict (id) do nothing";
    let insert = sqlx::query(sql).bind(column(letters, |letter| letter.id.0));
    let insert = insert.bind(column(letters, |letter| letter.partition));
    let insert = insert.bind(column(letters, |letter| letter.offset));
    let insert = insert.bind(column(letters, |letter| letter.code));
    let insert = insert.bind(column(letters, |letter| letter.detail.as_str()));
    let insert = insert.bind(column(letters, |letter| letter.event_id.map(|id| id.0)));
    let subject = column(letters, |letter| letter.subject.map(|id| id.0));
    let received_at = column(letters, |letter| letter.received_at.map(Instant::millis));
    let insert = insert.bind::<Vec<Option<Uuid>>>(subject).bind(received_at);
    insert.bind(column(letters, |letter| letter.record.as_slice())).execute(connection).await?;
    Ok(())
}

fn column<'a, R, T>(rows: &'a [R], of: impl Fn(&'a R) -> T) -> Vec<T> {
    rows.iter().map(of).collect()
}
