//! Opens connections: the same pragmas for all, and what only the writer or a reader gets.

use std::fs::{File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, SqliteConnection, SqlitePool};

use crate::error::SqliteFileError;
use crate::migrations;

/// Only the owner reads personal data.
const OWNER_ONLY: u32 = 0o600;
/// How long a statement waits for another process; an append must answer within 3 s.
const BUSY: Duration = Duration::from_secs(2);
/// Each reader costs a thread and a page cache.
const READERS: u32 = 4;
/// Pages that the writer keeps, as negative KiB. Ids are random, so a batch touches pages all over the file; with the
/// default of 2 MB most would be read again each time.
const WRITER_CACHE: &str = "-16384";
/// Pages in the WAL before they are moved to the main file: a page that several batches change is moved once.
const CHECKPOINT: &str = "4000";
/// How long a read waits for a free reader.
const READER_WAIT: Duration = Duration::from_secs(5);

/// Makes sure of the file and its permissions, and says how to connect to it.
pub(crate) fn prepare(path: &Path) -> Result<SqliteConnectOptions, SqliteFileError> {
    // Absolute, so that SQLite cannot take a name that begins with `file:` for a URI.
    let absolute = create_owner_only(path)
        .and_then(|()| std::path::absolute(path))
        .map_err(|source| SqliteFileError::File { path: path.to_owned(), source })?;
    Ok(SqliteConnectOptions::new()
        .filename(absolute)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY)
        // What is deleted is overwritten: an erased person must not stay in free pages.
        .pragma("secure_delete", "ON")
        // Temporary files would hold personal data, readable by others.
        .pragma("temp_store", "MEMORY")
        .disable_statement_logging())
}

/// SQLite gives its side files (`-wal`, `-shm`) the permissions of the main file.
fn create_owner_only(path: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(OWNER_ONLY).open(path) {
        Ok(_created) => sync_folder_of(path),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => narrow(path),
        Err(error) => Err(error),
    }
}

/// Without this a power cut could lose the new file's name.
fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

fn narrow(path: &Path) -> io::Result<()> {
    let file = OpenOptions::new().read(true).write(true).open(path)?;
    if file.metadata()?.permissions().mode() & 0o077 == 0 {
        return Ok(());
    }
    tracing::warn!(database = %path.display(), "others could read the database; now only its owner can");
    file.set_permissions(Permissions::from_mode(OWNER_ONLY))
}

/// Connects the writer and brings the tables up to date.
pub(crate) async fn writer(
    path: &Path,
    options: &SqliteConnectOptions,
) -> Result<SqliteConnection, SqliteFileError> {
    let mut connection = connect(path, options).await?;
    migrations::run(&mut connection).await.map_err(|source| SqliteFileError::of_migration(path, source))?;
    Ok(connection)
}

/// Connects the writer.
pub(crate) async fn connect(
    path: &Path,
    options: &SqliteConnectOptions,
) -> Result<SqliteConnection, SqliteFileError> {
    let options = options.clone().pragma("cache_size", WRITER_CACHE).pragma("wal_autocheckpoint", CHECKPOINT);
    options.connect().await.map_err(|source| SqliteFileError::of(path, source))
}

/// Opens the pool of readers.
pub(crate) async fn readers(
    path: &Path,
    options: &SqliteConnectOptions,
) -> Result<SqlitePool, SqliteFileError> {
    SqlitePoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(READER_WAIT)
        // A ping would cost a thread hop for each read; a local file does not hang up.
        .test_before_acquire(false)
        .connect_with(options.clone().pragma("query_only", "ON"))
        .await
        .map_err(|source| SqliteFileError::of(path, source))
}
