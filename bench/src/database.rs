//! Databases of a run: made with the product's schema, looked into, dropped.

use std::collections::BTreeMap;

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, Executor};
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::args::{BlockArgs, ProjectionArgs};
use crate::{Outcome, product};

/// A database of its own, dropped at the end.
#[derive(Debug)]
pub(crate) struct Database {
    /// Its URL.
    pub(crate) url: String,
    /// A connection to it.
    pub(crate) connection: PgConnection,
    /// On which the connection works.
    pub(crate) runtime: Runtime,
    name: String,
    admin: String,
}

impl Database {
    /// Makes one with a random name and the product's schema.
    ///
    /// # Errors
    /// When PostgreSQL refuses.
    pub(crate) fn create(args: &ProjectionArgs) -> Outcome<Self> {
        Self::create_at(&args.postgres, &args.blocks, args.asynchronous_commit)
    }

    /// The same on this server, where commits may not wait for the disk.
    ///
    /// # Errors
    /// When PostgreSQL refuses.
    pub(crate) fn create_at(postgres: &str, blocks: &BlockArgs, asynchronous: bool) -> Outcome<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let name = format!("bench_{}", Uuid::now_v7().simple());
        let url = url_of(postgres, &name)?;
        let asynchronous =
            asynchronous.then(|| format!("alter database {name} set synchronous_commit = off"));
        let statements = [Some(format!("create database {name}")), asynchronous];
        runtime.block_on(run_all(postgres, statements.into_iter().flatten()))?;
        product::migrate(blocks, &url)?;
        // What others left to write must not be written while we measure.
        runtime.block_on(run_all(postgres, ["checkpoint".to_owned()]))?;
        let connection = runtime.block_on(PgConnection::connect(&url))?;
        Ok(Self { url, connection, runtime, name, admin: postgres.to_owned() })
    }

    /// Lets PostgreSQL see to what it would see to in its own time: statistics, visibility, dirty pages.
    ///
    /// # Errors
    /// When PostgreSQL refuses.
    pub(crate) fn settle(&mut self) -> Outcome<()> {
        let statements = ["vacuum analyze", "checkpoint"].map(str::to_owned);
        Ok(self.runtime.block_on(run_all(&self.url, statements))?)
    }

    /// How many records of the log are projected: offsets start at 0 and have no gaps.
    ///
    /// # Errors
    /// When PostgreSQL is away.
    pub(crate) fn projected(&mut self) -> Outcome<u64> {
        let sql = "select coalesce(sum(next_offset), 0)::bigint from positions";
        let sum: i64 = self.runtime.block_on(sqlx::query_scalar(sql).fetch_one(&mut self.connection))?;
        Ok(u64::try_from(sum)?)
    }

    /// How many facts are stored.
    ///
    /// # Errors
    /// When PostgreSQL is away.
    pub(crate) fn facts(&mut self) -> Outcome<u64> {
        let sql = "select count(*) from timeline";
        let count: i64 = self.runtime.block_on(sqlx::query_scalar(sql).fetch_one(&mut self.connection))?;
        Ok(u64::try_from(count)?)
    }

    /// The states of all leads.
    ///
    /// # Errors
    /// When PostgreSQL is away.
    pub(crate) fn states(&mut self) -> Outcome<BTreeMap<Uuid, String>> {
        let sql = "select id, state from leads";
        let rows: Vec<(Uuid, String)> =
            self.runtime.block_on(sqlx::query_as(sql).fetch_all(&mut self.connection))?;
        Ok(rows.into_iter().collect())
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let drop = format!("drop database if exists {} with (force)", self.name);
        // A database that stays is a nuisance, not a wrong result.
        self.runtime.block_on(run_all(&self.admin, [drop])).ok();
    }
}

/// Names are ours: nothing of a caller is in these texts.
async fn run_all(url: &str, statements: impl IntoIterator<Item = String>) -> sqlx::Result<()> {
    let mut connection = PgConnection::connect(url).await?;
    for statement in statements {
        connection.execute(sqlx::raw_sql(AssertSqlSafe(statement))).await?;
    }
    connection.close().await
}

/// The URL of another database on the same server.
fn url_of(url: &str, name: &str) -> Outcome<String> {
    let (rest, options) = url.split_once('?').map_or((url, None), |(rest, options)| (rest, Some(options)));
    let (server, _) = rest.rsplit_once('/').ok_or("the URL of PostgreSQL names no database")?;
    let options = options.map_or_else(String::new, |options| format!("?{options}"));
    Ok(format!("{server}/{name}{options}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_of_another_database_keeps_everything_else() {
        assert_eq!(url_of("postgres://a:b@c:1/d?e=f", "g").unwrap(), "postgres://a:b@c:1/g?e=f");
    }
}
