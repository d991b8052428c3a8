//! What those who write and read may rely on.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use sqlite_file::{SqliteFile, SqliteFileError, Turn};
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;
use tempfile::TempDir;

fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    (folder, path)
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

async fn insert(file: &SqliteFile, record: &str) {
    let mut writer = file.writer(Turn::Append).await.unwrap();
    writer.begin().await.unwrap();
    put(&mut writer, record).await;
    writer.commit().await.unwrap();
}

async fn put(writer: &mut sqlite_file::Writer, record: &str) {
    let insert = sqlx::query("insert into log (appended_at, record) values (0, ?1)").bind(record);
    insert.execute(writer.connection()).await.unwrap();
}

async fn records(file: &SqliteFile) -> Vec<String> {
    let all = sqlx::query_scalar("select cast(record as text) from log order by seq");
    all.fetch_all(file.readers()).await.unwrap()
}

#[tokio::test]
async fn what_was_committed_is_there_after_a_start_without_a_clean_end() {
    let (_folder, path) = place();
    let file = SqliteFile::open(&path).await.unwrap();
    insert(&file, "kept").await;
    let mut writer = file.writer(Turn::Append).await.unwrap();
    writer.begin().await.unwrap();
    put(&mut writer, "not committed").await;
    // The first one is neither closed nor dropped: as after `kill -9`, its WAL stays behind.
    let copy = path.with_file_name("copy.db");
    std::fs::copy(&path, &copy).unwrap();
    std::fs::copy(path.with_file_name("test.db-wal"), copy.with_file_name("copy.db-wal")).unwrap();
    let again = SqliteFile::open(&copy).await.unwrap();
    assert_eq!(records(&again).await, ["kept"]);
}

#[tokio::test]
async fn a_turn_that_is_dropped_leaves_nothing() {
    let (_folder, path) = place();
    let file = SqliteFile::open(&path).await.unwrap();
    let mut writer = file.writer(Turn::Projection).await.unwrap();
    writer.begin().await.unwrap();
    put(&mut writer, "dropped").await;
    drop(writer);
    insert(&file, "kept").await;
    assert_eq!(records(&file).await, ["kept"]);
}

#[tokio::test]
async fn a_turn_that_is_abandoned_in_the_middle_of_a_statement_leaves_nothing() {
    let (_folder, path) = place();
    let file = SqliteFile::open(&path).await.unwrap();
    for polls in 0..20 {
        let mut half = Box::pin(insert(&file, "abandoned"));
        for _ in 0..polls {
            let mut waker = std::task::Context::from_waker(std::task::Waker::noop());
            if half.as_mut().poll(&mut waker).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
    }
    insert(&file, "kept").await;
    let abandoned = records(&file).await;
    assert_eq!(abandoned.last().map(String::as_str), Some("kept"), "{abandoned:?}");
}

#[tokio::test]
async fn only_the_owner_can_read_the_files() {
    let (_folder, path) = place();
    std::fs::write(&path, "").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let file = SqliteFile::open(&path).await.unwrap();
    insert(&file, "personal").await;
    for name in ["test.db", "test.db-wal", "test.db-shm"] {
        assert_eq!(mode(&path.with_file_name(name)), 0o600, "{name}");
    }
}

#[tokio::test]
async fn readers_cannot_write() {
    let (_folder, path) = place();
    let file = SqliteFile::open(&path).await.unwrap();
    let refused =
        sqlx::query("insert into log (appended_at, record) values (0, '')").execute(file.readers()).await;
    assert!(refused.unwrap_err().to_string().contains("readonly"));
}

#[tokio::test]
async fn closing_leaves_one_file_and_gives_no_more_turns() {
    let (_folder, path) = place();
    let file = SqliteFile::open(&path).await.unwrap();
    insert(&file, "kept").await;
    file.close().await;
    file.close().await;
    assert!(!path.with_file_name("test.db-wal").exists());
    assert!(matches!(file.writer(Turn::Append).await, Err(SqliteFileError::Closed)));
    assert_eq!(records(&SqliteFile::open(&path).await.unwrap()).await, ["kept"]);
}

#[tokio::test]
async fn what_is_wrong_with_the_file_is_said_in_words() {
    let (folder, path) = place();
    std::fs::write(&path, "this is a letter to my bank, and certainly no database at all".repeat(40))
        .unwrap();
    let error = SqliteFile::open(&path).await.unwrap_err();
    assert_eq!(error.to_string(), format!("{} is not a database", path.display()));

    let nowhere = folder.path().join("missing").join("test.db");
    let error = SqliteFile::open(&nowhere).await.unwrap_err();
    assert!(error.to_string().ends_with("No such file or directory (os error 2)"), "{error}");

    let error = SqliteFile::open(folder.path()).await.unwrap_err();
    assert!(matches!(error, SqliteFileError::File { .. }), "{error}");
}

#[tokio::test]
async fn tables_of_a_newer_version_are_refused() {
    let (_folder, path) = place();
    SqliteFile::open(&path).await.unwrap().close().await;
    let mut connection = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    let newer = "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
        values (9999, 'from the future', true, x'00', 0)";
    sqlx::query(newer).execute(&mut connection).await.unwrap();
    let error = SqliteFile::open(&path).await.unwrap_err();
    assert!(matches!(error, SqliteFileError::Newer { version: 9999, .. }), "{error}");
    assert!(error.to_string().contains("newer version of this program"), "{error}");
}
