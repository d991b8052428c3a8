//! The contract of the read model, on PostgreSQL, and what only a server can do to it.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a failing test is what a panic is for")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use read_model::contract::Stand;
use read_model::postgres::{PostgresProjection, PostgresReader, migrate};
use read_model::{
    BatchWrite, Clockwork, GenerationKey, GenerationStore, PositionMove, ProjectionStore, ReadModel,
    ReadModelStatus, StoreError, Wish, read_model_contract,
};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, PgConnection};

/// A database of its own, so that tests can run side by side.
struct Database {
    server: PgConnectOptions,
    name: String,
}

impl Database {
    async fn create() -> Self {
        #[expect(clippy::disallowed_methods, reason = "where the server is found is told by the environment")]
        let url = std::env::var("BATEA_TEST_POSTGRES");
        let url = url.expect("BATEA_TEST_POSTGRES is not set: run these tests by `cargo xtask test`");
        let server: PgConnectOptions = url.parse().unwrap();
        let name = format!("read_model_{}", uuid::Uuid::now_v7().simple());
        let database = Self { server, name };
        database.on_server(format!("create database {}", database.name)).await;
        database
    }

    async fn migrated() -> Self {
        let database = Self::create().await;
        migrate(&database.url()).await.unwrap();
        database
    }

    fn url(&self) -> String {
        self.server.clone().database(&self.name).to_url_lossy().to_string()
    }

    async fn connection(&self) -> PgConnection {
        self.server.clone().database(&self.name).connect().await.unwrap()
    }

    async fn on_server(&self, sql: String) {
        let mut connection = self.server.connect().await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    }

    /// What happens to every connection when the server restarts.
    async fn cut_all_connections(&self) {
        let sql = "select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid()";
        sqlx::query(sql).execute(&mut self.connection().await).await.unwrap();
    }

    fn owner(&self) -> PostgresProjection {
        PostgresProjection::new(&self.url(), "lead-events").unwrap()
    }

    fn read(&self) -> PostgresReader {
        PostgresReader::new(&self.url(), "lead-events").unwrap()
    }

    async fn drop(&self) {
        self.on_server(format!("drop database {} with (force)", self.name)).await;
    }
}

async fn distributed() -> Arc<dyn Stand> {
    Arc::new(Database::migrated().await)
}

#[async_trait::async_trait]
impl Stand for Database {
    fn projection(&self) -> Box<dyn ProjectionStore> {
        Box::new(self.owner())
    }

    fn generations(&self) -> Box<dyn GenerationStore> {
        Box::new(self.owner())
    }

    fn clockwork(&self) -> Box<dyn Clockwork> {
        Box::new(self.owner())
    }

    fn runs_side_by_side(&self) -> bool {
        true
    }

    fn reader(&self) -> Box<dyn ReadModel> {
        Box::new(self.read())
    }

    async fn dump(&self) -> String {
        self.read().dump().await.unwrap()
    }

    async fn until_somebody_waits(&self) {
        let sql = "select exists (select 1 from pg_stat_activity
            where datname = current_database() and wait_event_type = 'Lock')";
        let (mut connection, deadline) = (self.connection().await, Instant::now() + Duration::from_secs(5));
        while !sqlx::query_scalar::<_, bool>(sql).fetch_one(&mut connection).await.unwrap() {
            assert!(Instant::now() < deadline, "nobody waits");
        }
    }

    async fn remove(&self) {
        self.drop().await;
    }
}

read_model_contract! { [#[ignore = "needs PostgreSQL; run by cargo xtask test"]] distributed }

#[tokio::test]
#[ignore = "needs PostgreSQL; run by cargo xtask test"]
async fn a_database_of_an_older_schema_is_not_ready_and_one_of_a_newer_is() {
    let database = Database::create().await;
    let bare = database.read().ready().await.unwrap_err();
    assert!(matches!(&bare, StoreError::Broken(text) if text.contains("run `migrate`")), "{bare}");

    migrate(&database.url()).await.unwrap();
    migrate(&database.url()).await.unwrap();
    database.read().ready().await.unwrap();

    let newer = "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
        values (999, 'later', true, '', 0)";
    sqlx::query(newer).execute(&mut database.connection().await).await.unwrap();
    database.read().ready().await.unwrap();
    let older = "delete from _sqlx_migrations where version > 2";
    sqlx::query(older).execute(&mut database.connection().await).await.unwrap();
    let older = database.read().ready().await.unwrap_err();
    assert!(matches!(&older, StoreError::Broken(text) if text.contains("has version 2")), "{older}");
    database.drop().await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL; run by cargo xtask test"]
async fn reading_and_writing_go_on_after_the_server_cut_all_connections() {
    let database = Database::migrated().await;
    let (owner, reader) = (database.owner(), database.read());
    let claim = owner.claim(0, "one").await.unwrap();
    let (one, two, three) = tokio::join!(reader.positions(), reader.positions(), reader.ready());
    assert!(one.is_ok() && two.is_ok() && three.is_ok());

    database.cut_all_connections().await;
    assert_eq!(reader.positions().await.unwrap(), []);
    let step = PositionMove { partition: 0, epoch: claim.epoch, from: None, to: 1, latest_fact: None };
    let cut = owner.begin(step, &[1]).await.err();
    assert!(matches!(cut, Some(StoreError::Unavailable(_))), "{cut:?}");
    let back = owner.begin(step, &[1]).await.err();
    assert!(matches!(back, Some(StoreError::Superseded { .. })), "it is asked again: {back:?}");
    database.drop().await;
}

/// Its process is stopped, its connection stands: nothing but time tells.
#[tokio::test]
#[ignore = "needs PostgreSQL; run by cargo xtask test"]
async fn an_owner_that_stops_in_the_middle_of_a_batch_is_shut_out_within_seconds() {
    let database = Database::migrated().await;
    let (stopped, other) = (database.owner(), database.owner());
    let generation = stopped
        .register(&GenerationKey { policy_version: "first".to_owned(), fold_version: 1 }, "", Wish::Start)
        .await;
    let generation = generation.unwrap().generation;
    stopped
        .begin_switch(generation)
        .await
        .unwrap()
        .activate(lead_domain::Instant::from_millis(0))
        .await
        .unwrap();
    let epoch = stopped.claim(0, "stopped").await.unwrap().epoch;
    let step = PositionMove { partition: 0, epoch, from: None, to: 1, latest_fact: None };
    let batch = stopped.begin(step, &[generation]).await.unwrap();

    let claim = tokio::time::timeout(Duration::from_secs(9), other.claim(0, "other")).await;
    assert_eq!(claim.expect("it does not wait for ever").unwrap().next_offset, None);
    let late = batch.commit(BatchWrite::default()).await;
    assert!(matches!(late, Err(StoreError::Unavailable(_))), "{late:?}");
    database.drop().await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL; run by cargo xtask test"]
async fn a_server_that_is_away_is_unavailable_and_a_url_of_nothing_is_broken() {
    let away = "postgres://someone:secret@127.0.0.1:1/batea";
    let refused = PostgresProjection::new(away, "lead-events").unwrap().claim(0, "one").await.unwrap_err();
    assert!(matches!(&refused, StoreError::Unavailable(text) if !text.contains("secret")), "{refused}");
    let refused = PostgresReader::new("mysql:secret", "lead-events").unwrap_err();
    assert!(matches!(&refused, StoreError::Broken(text) if !text.contains("secret")), "{refused}");
}

/// A database as the build before left it, with facts in it.
#[tokio::test]
#[ignore = "needs PostgreSQL; run by cargo xtask test"]
async fn facts_that_an_older_build_stored_are_found_by_their_campaigns() {
    let database = Database::migrated().await;
    let before = "alter table timeline drop column campaign, drop column about_campaign;
        delete from _sqlx_migrations where version in (4, 5);
        insert into timeline (subject, occurred_at, rank, event_id, content, received_at, record)
        select lpad(number, 32, '0')::uuid, 1, 2, lpad(number, 32, '0')::uuid, '', 0, record from (values
            ('1', '{\"campaign\":\"spring \\u00e9\",\"lead\":{\"email\":\"a\"}}'),
            ('2', '{\"campaign\":null,\"lead\":{\"email\":\"b\"}}'),
            ('3', '{\"campaign\":\"x\",\"lead\":null,\"data\":{\"campaign\":\"salon\"}}')) fact (number, record)";
    sqlx::raw_sql(before).execute(&mut database.connection().await).await.unwrap();

    migrate(&database.url()).await.unwrap();
    let columns = sqlx::query_as("select campaign, about_campaign from timeline order by subject");
    let found: Vec<(Option<String>, Option<String>)> =
        columns.fetch_all(&mut database.connection().await).await.unwrap();
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(found, [(text("spring \u{e9}"), None), (None, None), (None, text("salon"))]);
    database.drop().await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL; run by cargo xtask test"]
async fn a_role_that_may_not_create_the_extension_is_told_what_to_do() {
    let database = Database::create().await;
    let role = database.name.clone();
    database.on_server(format!("create role {role} login")).await;
    let mut connection = database.connection().await;
    let grant = format!("grant create on schema public to {role}");
    sqlx::raw_sql(AssertSqlSafe(grant)).execute(&mut connection).await.unwrap();
    let url = database.server.clone().database(&database.name).username(&role).to_url_lossy().to_string();

    let refused = migrate(&url).await.unwrap_err();
    let told = |text: &str| text.contains("`create extension pg_trgm`") && text.contains("42501");
    assert!(matches!(&refused, StoreError::Broken(text) if told(text)), "{refused}");
    sqlx::raw_sql("create extension pg_trgm").execute(&mut connection).await.unwrap();
    migrate(&url).await.unwrap();
    database.drop().await;
    database.on_server(format!("drop role {role}")).await;
}
