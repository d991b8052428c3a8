//! What an error of SQLite means for the caller.

use sqlite_file::SqliteFileError;

use crate::store::StoreError;

/// Sorts an error into what the caller can do about it.
pub(super) fn store_error(error: sqlx::Error) -> StoreError {
    match &error {
        sqlx::Error::Database(database) => coded(database.code().as_deref()),
        sqlx::Error::Decode(reason) => StoreError::Broken(reason.to_string()),
        sqlx::Error::ColumnDecode { index, .. } => {
            StoreError::Broken(format!("column {index} is of another type"))
        }
        sqlx::Error::Io(reason) => StoreError::Unavailable(reason.to_string()),
        sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => {
            StoreError::Unavailable(error.to_string())
        }
        _ => StoreError::Broken("a statement and these tables do not fit together".to_owned()),
    }
}

/// By the code of SQLite, whose low byte is its kind: busy, locked, no memory, read only, disk, full, cannot open.
fn coded(code: Option<&str>) -> StoreError {
    let code = code.and_then(|code| code.parse::<u32>().ok()).unwrap_or_default();
    let text = format!("SQLite says {code}");
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
