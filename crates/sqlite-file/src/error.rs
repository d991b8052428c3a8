//! What can be wrong with the file, in words for the operator.

use std::path::{Path, PathBuf};

use sqlx::migrate::MigrateError;

/// SQLite's code for "file is not a database".
const NOT_A_DATABASE: &str = "26";
/// SQLite's code for "database disk image is malformed".
const DAMAGED: &str = "11";

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SqliteFileError {
    /// The file or its folder cannot be read or written.
    #[error("cannot open the database {}: {source}", path.display())]
    File {
        /// The database.
        path: PathBuf,
        /// What the system says, such as that permission is denied.
        source: std::io::Error,
    },
    /// Something else stands at that path.
    #[error("{} is not a database", .0.display())]
    NotADatabase(PathBuf),
    /// The file is broken.
    #[error("the database {} is damaged; restore a backup", .0.display())]
    Damaged(PathBuf),
    /// The tables are of a version that this program does not know.
    #[error(
        "the database {} was written by a newer version of this program (its tables are at version {version}); \
         start that version, or restore a backup from before the upgrade",
        path.display()
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// The migration that is not known here.
        version: i64,
    },
    /// The tables cannot be brought up to date.
    #[error("cannot bring the tables of {} up to date: {source}", path.display())]
    Migration {
        /// The database.
        path: PathBuf,
        /// What went wrong.
        source: MigrateError,
    },
    /// SQLite refuses for another reason.
    #[error("cannot use the database {}: {source}", path.display())]
    Database {
        /// The database.
        path: PathBuf,
        /// What SQLite says.
        source: sqlx::Error,
    },
    /// It was closed by this process.
    #[error("the database is closed")]
    Closed,
}

impl SqliteFileError {
    /// Sorts out what SQLite says about the file at `path`.
    pub(crate) fn of(path: &Path, source: sqlx::Error) -> Self {
        let path = path.to_owned();
        // The low byte is the kind of an extended code.
        let code = source.as_database_error().and_then(|error| error.code()).unwrap_or_default().into_owned();
        let kind = code.parse::<u32>().map(|code| (code & 0xff).to_string()).unwrap_or(code);
        match kind.as_str() {
            NOT_A_DATABASE => Self::NotADatabase(path),
            DAMAGED => Self::Damaged(path),
            _ => Self::Database { path, source },
        }
    }

    /// Sorts out why migrating the file at `path` failed.
    pub(crate) fn of_migration(path: &Path, source: MigrateError) -> Self {
        if let MigrateError::VersionMissing(version) = source {
            Self::Newer { path: path.to_owned(), version }
        } else if let MigrateError::Execute(source) = source {
            Self::of(path, source)
        } else {
            Self::Migration { path: path.to_owned(), source }
        }
    }
}
