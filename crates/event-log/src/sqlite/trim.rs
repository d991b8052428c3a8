//! Forgets what is projected and old: the log is a transport, not an archive.

use sqlite_file::{SqliteFile, SqliteFileError, Turn};

/// Few enough for a short turn at the writing connection.
const AT_ONCE: i64 = 500;

/// Looks at the oldest records only, never at the whole log. A record that a wrong clock dated into the future
/// keeps those behind it until its time has come.
const DELETE_OLDEST: &str = "delete from log where seq in (
    select seq from (select seq, appended_at from log where seq < ?1 order by seq limit ?3) where appended_at < ?2)";

pub(super) async fn trim(file: &SqliteFile, before_offset: i64, before: i64) -> Result<u64, SqliteFileError> {
    let mut deleted = 0;
    loop {
        let some = delete_some(file, before_offset, before).await?;
        deleted += some;
        if some < AT_ONCE.unsigned_abs() {
            return Ok(deleted);
        }
    }
}

async fn delete_some(file: &SqliteFile, before_offset: i64, before: i64) -> Result<u64, SqliteFileError> {
    let mut writer = file.writer(Turn::Projection).await?;
    let delete = sqlx::query(DELETE_OLDEST).bind(before_offset).bind(before).bind(AT_ONCE);
    let done = delete.execute(writer.connection()).await.map_err(|error| file.error(error))?;
    Ok(done.rows_affected())
}
