//! What an error of SQLite means for the caller.

use sqlite_file::SqliteFileError;

use crate::error::StoreError;

/// Sorts an error into what the caller can do about it.
pub(super) fn store_error(error: sqlx::Error) -> StoreError {
    use sqlx::Error::{Database, Io, PoolClosed, PoolTimedOut, WorkerCrashed};
    if let Database(database) = &error {
        return coded(database.code().as_deref(), database.message());
    }
    if matches!(error, Io(_) | PoolTimedOut | PoolClosed | WorkerCrashed) {
        return StoreError::Unavailable(error.to_string());
    }
    StoreError::Broken(about_what_is_stored(&error))
}

fn about_what_is_stored(error: &sqlx::Error) -> String {
    if let sqlx::Error::Decode(reason) = error {
        return reason.to_string();
    }
    if let sqlx::Error::ColumnDecode { index, .. } = error {
        return format!("column {index} is of another type");
    }
    "a statement and these tables do not fit together".to_owned()
}

/// By the code of SQLite, whose low byte is its kind: busy, locked, no memory, read only, disk, full, cannot open.
/// Its messages name tables and columns, never values.
fn coded(code: Option<&str>, message: &str) -> StoreError {
    let code = code.and_then(|code| code.parse::<u32>().ok()).unwrap_or_default();
    let text = format!("SQLite says {code}, {message}");
    if matches!(code & 0xff, 5 | 6 | 7 | 8 | 10 | 13 | 14) {
        StoreError::Unavailable(text)
    } else {
        StoreError::Broken(text)
    }
}

/// Sorts an error of the file itself.
pub(super) fn file_error(error: SqliteFileError) -> StoreError {
    match error {
        SqliteFileError::Database { source, .. } => store_error(source),
        SqliteFileError::File { .. } | SqliteFileError::Closed => StoreError::Unavailable(error.to_string()),
        SqliteFileError::NotADatabase(_)
        | SqliteFileError::Damaged(_)
        | SqliteFileError::Newer { .. }
        | SqliteFileError::Migration { .. } => StoreError::Broken(error.to_string()),
    }
}

/// An error of ours about what is stored.
pub(super) fn unreadable(what: impl std::fmt::Display) -> sqlx::Error {
    sqlx::Error::Decode(what.to_string().into())
}
