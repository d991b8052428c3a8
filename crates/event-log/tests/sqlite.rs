//! The embedded log: the contract, and what only it does.
#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use event_log::contract::FreshLog;
use event_log::sqlite::SqliteLog;
use event_log::{AppendError, Delivery, EventAppender, EventSubscription, NewRecord, Start};
use sqlite_file::{SqliteFile, Turn};
use tempfile::TempDir;

struct Fresh {
    log: SqliteLog,
    file: SqliteFile,
    folder: TempDir,
}

async fn fresh() -> Fresh {
    let folder = tempfile::tempdir().unwrap();
    let file = SqliteFile::open(&folder.path().join("log.db")).await.unwrap();
    Fresh { log: SqliteLog::open(file.clone()).await.unwrap(), file, folder }
}

#[async_trait]
impl FreshLog for Fresh {
    async fn appender(&self) -> Arc<dyn EventAppender> {
        Arc::new(self.log.appender())
    }

    async fn subscription(&self) -> Box<dyn EventSubscription> {
        Box::new(self.log.subscription())
    }
}

event_log::event_log_contract!(fresh());

fn records(payloads: &[&str]) -> Vec<NewRecord> {
    let record = |payload: &&str| NewRecord { key: "key".to_owned(), payload: payload.as_bytes().to_vec() };
    payloads.iter().map(record).collect()
}

async fn kept(fresh: &Fresh) -> Vec<i64> {
    sqlx::query_scalar("select seq from log order by seq").fetch_all(fresh.file.readers()).await.unwrap()
}

#[tokio::test]
async fn trimming_forgets_only_what_is_projected_and_old() {
    let fresh = fresh().await;
    let appender = fresh.log.appender();
    let long_ago = SystemTime::now() - Duration::from_secs(3600);
    let soon = SystemTime::now() + Duration::from_secs(3600);
    for _ in 0..1100 {
        appender.append(records(&["record"])).await.unwrap();
    }
    assert_eq!(fresh.log.trim(1000, long_ago).await.unwrap(), 0);
    assert_eq!(fresh.log.trim(1098, soon).await.unwrap(), 1097);
    assert_eq!(kept(&fresh).await, [1098, 1099, 1100]);
    assert_eq!(fresh.log.trim(i64::MAX, soon).await.unwrap(), 3);

    // The next offset is a new one, and whoever was behind is not stuck.
    let position = appender.append(records(&["after"])).await.unwrap();
    assert_eq!(position.to_string(), "0-1102");
    let mut subscription = fresh.log.subscription();
    assert_eq!(subscription.next(1).await, Ok(Delivery::Assigned(vec![0])));
    subscription.start(&[Start { partition: 0, offset: None }]).await.unwrap();
    assert!(
        matches!(subscription.next(9).await, Ok(Delivery::Records { records, .. }) if records[0].offset == 1101)
    );
}

#[tokio::test]
async fn a_reader_is_told_nothing_new_after_a_restart_with_an_empty_table() {
    let fresh = fresh().await;
    fresh.log.appender().append(records(&["one", "two"])).await.unwrap();
    fresh.log.trim(i64::MAX, SystemTime::now() + Duration::from_secs(1)).await.unwrap();
    let reopened = SqliteLog::open(fresh.file.clone()).await.unwrap();
    let mut subscription = reopened.subscription();
    assert_eq!(subscription.next(1).await, Ok(Delivery::Assigned(vec![0])));
    subscription.start(&[Start { partition: 0, offset: Some(3) }]).await.unwrap();
    assert_eq!(subscription.next(9).await, Ok(Delivery::Idle));
}

#[tokio::test]
async fn waiting_requests_share_one_transaction() {
    let fresh = fresh().await;
    let blocked = fresh.file.writer(Turn::Append).await.unwrap();
    let mut requests = Vec::new();
    for number in 0..50 {
        let appender = fresh.log.appender();
        requests.push(tokio::spawn(async move { appender.append(records(&[&number.to_string()])).await }));
        tokio::task::yield_now().await;
    }
    drop(blocked);
    for request in requests {
        request.await.unwrap().unwrap();
    }
    let instants: i64 = sqlx::query_scalar("select count(distinct appended_at) from log")
        .fetch_one(fresh.file.readers())
        .await
        .unwrap();
    assert!(instants <= 3, "{instants} groups for 50 requests");
}

#[tokio::test]
async fn an_append_that_cannot_be_written_is_refused_in_time_and_later_ones_are_not() {
    let fresh = fresh().await;
    let appender = fresh.log.appender();
    let path = fresh.folder.path().join("log.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    let mut other = sqlx::ConnectOptions::connect(&options).await.unwrap();
    sqlx::query("begin immediate").execute(&mut other).await.unwrap();

    let asked = std::time::Instant::now();
    let refused = appender.append(records(&["refused"])).await;
    assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
    assert_eq!(
        refused,
        Err(AppendError::Unavailable(
            "error returned from database: (code: 5) database is locked".to_owned()
        ))
    );
    assert!(appender.ready().await.is_err());

    sqlx::query("rollback").execute(&mut other).await.unwrap();
    appender.append(records(&["written"])).await.unwrap();
    assert_eq!(appender.ready().await, Ok(()));
    assert_eq!(kept(&fresh).await, [1]);
}

#[tokio::test]
async fn a_full_disk_refuses_and_recovers() {
    let fresh = fresh().await;
    let appender = fresh.log.appender();
    set_page_limit(&fresh, 40).await;
    let large = "x".repeat(100_000);
    let refused = appender.append(records(&[&large, &large])).await;
    assert!(matches!(&refused, Err(AppendError::Unavailable(why)) if why.contains("full")), "{refused:?}");
    appender.append(records(&["small"])).await.unwrap();
    set_page_limit(&fresh, 1_000_000).await;
    appender.append(records(&[&large, &large])).await.unwrap();
    assert_eq!(kept(&fresh).await, [1, 2, 3]);
}

async fn set_page_limit(fresh: &Fresh, pages: u32) {
    let mut writer = fresh.file.writer(Turn::Projection).await.unwrap();
    let pragma = sqlx::AssertSqlSafe(format!("pragma max_page_count = {pages}"));
    sqlx::query(pragma).execute(writer.connection()).await.unwrap();
}
