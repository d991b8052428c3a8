//! The schema: made by `migrate`, a role of its own, and only looked at by everybody else.

use std::borrow::Cow;

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{ConnectOptions, PgConnection, SqlStr};

use super::connections::options;
use super::error::store_error;
use crate::error::StoreError;

/// The migrations, oldest first; their numbers are the versions of the schema. Never edited once released.
const MIGRATIONS: [(i64, &str, &str); 8] = [
    (1, "read model", include_str!("../../migrations/postgres/0001_read_model.sql")),
    (2, "room for first facts", include_str!("../../migrations/postgres/0002_room_for_first_facts.sql")),
    (
        3,
        "follow-ups and policies",
        include_str!("../../migrations/postgres/0003_follow_ups_and_policies.sql"),
    ),
    (4, "campaigns of facts", include_str!("../../migrations/postgres/0004_campaigns_of_facts.sql")),
    (5, "campaigns looked up", include_str!("../../migrations/postgres/0005_campaigns_looked_up.sql")),
    (6, "funnel", include_str!("../../migrations/postgres/0006_funnel.sql")),
    (TRIGRAMS, "search by trigrams", include_str!("../../migrations/postgres/0007_search_by_trigrams.sql")),
    (8, "latest fact", include_str!("../../migrations/postgres/0008_latest_fact.sql")),
];

/// The migration that needs an extension.
const TRIGRAMS: i64 = 7;

/// What PostgreSQL says where an extension may not be created (42501), or its files are missing (0A000, before version 15
/// 58P01).
const NO_EXTENSION: [&str; 3] = ["42501", "0A000", "58P01"];

/// Whoever waits for a lock here keeps everybody else waiting behind.
const SETTINGS: [(&str, &str); 1] = [("lock_timeout", "60s")];

/// Brings the database of this URL to the schema of this build. Repeating it changes nothing.
///
/// # Errors
/// [`StoreError::Broken`] when the schema was made by another build, [`StoreError::Unavailable`] when the database
/// is away.
pub async fn migrate(url: &str) -> Result<(), StoreError> {
    let mut connection = options(url, &SETTINGS)?.connect().await.map_err(store_error)?;
    migrator().run(&mut connection).await.map_err(failed)
}

fn failed(error: MigrateError) -> StoreError {
    if let MigrateError::ExecuteMigration(sqlx::Error::Database(database), TRIGRAMS) = &error
        && let Some(code) = database.code().filter(|code| NO_EXTENSION.contains(&&**code))
    {
        return StoreError::Broken(format!(
            "the extension pg_trgm is not there, and cannot be created (PostgreSQL says {code}): install PostgreSQL's \
             contrib modules if they are missing, let somebody who may run `create extension pg_trgm` in this database, \
             then migrate again"
        ));
    }
    if let MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) = error {
        return store_error(error);
    }
    StoreError::Broken(error.to_string())
}

fn migrator() -> Migrator {
    let migrations = MIGRATIONS.iter().map(|(version, description, sql)| {
        let (description, sql) = (Cow::Borrowed(*description), SqlStr::from_static(sql));
        Migration::new(*version, description, MigrationType::Simple, sql, false)
    });
    Migrator::with_migrations(migrations.collect())
}

/// Whether the schema is the one of this build.
pub(super) fn check(found: Option<i64>) -> Result<(), StoreError> {
    let known = MIGRATIONS.iter().map(|(version, ..)| *version).max();
    // Migrations leave the builds before them working: a newer schema serves this one, too.
    if found >= known {
        return Ok(());
    }
    let (found, known) = (found.unwrap_or(0), known.unwrap_or(0));
    Err(StoreError::Broken(format!(
        "its schema has version {found}, this build needs version {known}: run `migrate` of this build"
    )))
}

/// None while nothing was ever migrated.
pub(super) async fn version(connection: &mut PgConnection) -> Result<Option<i64>, sqlx::Error> {
    let exists = "select to_regclass('_sqlx_migrations') is not null";
    if !sqlx::query_scalar::<_, bool>(exists).fetch_one(&mut *connection).await? {
        return Ok(None);
    }
    let sql = "select max(version) from _sqlx_migrations where success";
    sqlx::query_scalar(sql).fetch_one(connection).await
}
