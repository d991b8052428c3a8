//! What an error of the database means for the caller. Its own text may quote values, so only its code is told.

use sqlx::postgres::PgDatabaseError;

use crate::error::StoreError;

/// Sorts an error into what the caller can do about it.
pub(super) fn store_error(error: sqlx::Error) -> StoreError {
    if let sqlx::Error::Database(database) = &error {
        return coded(database.try_downcast_ref::<PgDatabaseError>());
    }
    if is_about_the_connection(&error) {
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
    "a statement and this schema do not fit together".to_owned()
}

/// Whether the connection is of no more use, while a new one might be.
pub(super) fn is_about_the_connection(error: &sqlx::Error) -> bool {
    use sqlx::Error::{BeginFailed, Io, PoolClosed, PoolTimedOut, Protocol, Tls, WorkerCrashed};
    if let sqlx::Error::Database(error) = error {
        return error.code().is_some_and(|code| matches!(&*code, "57P01" | "57P02" | "25P03"));
    }
    matches!(error, Io(_) | Tls(_) | Protocol(_) | PoolTimedOut | PoolClosed | WorkerCrashed | BeginFailed)
}

/// By SQLSTATE. What is not known to pass by itself is broken.
fn coded(error: Option<&PgDatabaseError>) -> StoreError {
    let Some(error) = error else { return StoreError::Broken("an error of another database".to_owned()) };
    let code = error.code();
    let text = match error.constraint() {
        Some(constraint) => format!("PostgreSQL says {code} of {constraint}"),
        None => format!("PostgreSQL says {code}"),
    };
    let class = code.get(..2).unwrap_or_default();
    match (class, code) {
        ("40", _) | (_, "55P03") => StoreError::Conflict(text),
        // Connection, resources, operator's intervention, its own disk; access and database may yet be given.
        ("08" | "53" | "57" | "58" | "28" | "3D", _) | (_, "25P03" | "42501") => {
            StoreError::Unavailable(text)
        }
        _ => StoreError::Broken(text),
    }
}

/// An error of ours about what is stored.
pub(super) fn unreadable(what: impl std::fmt::Display) -> sqlx::Error {
    sqlx::Error::Decode(what.to_string().into())
}
