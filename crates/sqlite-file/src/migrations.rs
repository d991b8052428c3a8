//! The one history of the file's tables, compiled in. A migration that was released is never edited.

use std::borrow::Cow;

use sqlx::SqlSafeStr;
use sqlx::SqliteConnection;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};

/// Version, name and text, in the order in which they run.
const HISTORY: &[(i64, &str, &str)] = &[
    (1, "event log", include_str!("../migrations/0001_event_log.sql")),
    (2, "read model", include_str!("../migrations/0002_read_model.sql")),
    (3, "follow-ups and policies", include_str!("../migrations/0003_follow_ups_and_policies.sql")),
    (4, "campaigns of facts", include_str!("../migrations/0004_campaigns_of_facts.sql")),
    (5, "latest fact", include_str!("../migrations/0005_latest_fact.sql")),
];

/// Runs what has not run yet.
pub(crate) async fn run(connection: &mut SqliteConnection) -> Result<(), MigrateError> {
    let migration = |&(version, name, sql): &(i64, &'static str, &'static str)| {
        Migration::new(version, Cow::Borrowed(name), MigrationType::Simple, sql.into_sql_str(), false)
    };
    Migrator::with_migrations(HISTORY.iter().map(migration).collect())
        .run_direct(None, connection, false)
        .await
}
