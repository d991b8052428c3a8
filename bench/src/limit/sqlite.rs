//! The limit of the embedded log: one thread that commits rows in groups of the size that the product achieved.

use std::path::Path;
use std::time::Instant;

use hdrhistogram::Histogram;
use rusqlite::{Connection, Statement};

use crate::Outcome;
use crate::args::BlockArgs;
use crate::machine::Clocks;
use crate::reading::{Reading, count};
use crate::records::Record;

/// The product's table and what decides the cost of a commit: crates/sqlite-file.
const SCHEMA: &str = "
    pragma journal_mode = wal;
    pragma synchronous = full;
    pragma secure_delete = on;
    create table log (seq integer primary key autoincrement, appended_at integer not null, record blob not null);";

/// Commits `group` rows at once, again and again, into a fresh file.
///
/// # Errors
/// When SQLite fails.
pub(crate) fn run(what: &str, args: &BlockArgs, records: &[Record], group: usize) -> Outcome<Reading> {
    let folder = tempfile::tempdir_in(&args.folder)?;
    let connection = open(folder.path())?;
    let mut insert = connection.prepare("insert into log (appended_at, record) values (?1, ?2)")?;
    let mut rows = records.iter().cycle();
    let mut commits = Histogram::<u64>::new_with_bounds(1, 60_000_000, 3)?;
    let mut clocks = Clocks::of(&[]);
    let begin = Instant::now();
    let edges = [begin + args.warm_up(), begin + args.warm_up() + args.measure()];
    let mut samples = Vec::with_capacity(2);
    while samples.len() < edges.len() {
        if Instant::now() >= edges[samples.len()] {
            samples.push(clocks.now());
        }
        let started = Instant::now();
        commit(&connection, &mut insert, rows.by_ref().take(group.max(1)))?;
        if samples.len() == 1 {
            commits.saturating_record(u64::try_from(started.elapsed().as_micros())?);
        }
    }
    let mut reading = Reading::of_own_work(what, commits.len() * group.max(1) as u64, &samples);
    let at = |quantile| commits.value_at_quantile(quantile);
    reading.latency = Some(crate::load::Latency {
        p50_us: at(0.5),
        p99_us: at(0.99),
        p999_us: at(0.999),
        max_us: commits.max(),
    });
    reading.group = Some(count(group as u64));
    Ok(reading)
}

fn open(folder: &Path) -> Outcome<Connection> {
    let connection = Connection::open(folder.join("limit.db"))?;
    connection.execute_batch(SCHEMA)?;
    Ok(connection)
}

/// The statement is prepared once; the transaction is as cheap as SQLite makes it.
fn commit<'r>(
    connection: &Connection,
    insert: &mut Statement<'_>,
    rows: impl Iterator<Item = &'r Record>,
) -> Outcome<()> {
    connection.execute_batch("begin immediate")?;
    for row in rows {
        insert.execute((0, row.payload.as_bytes()))?;
    }
    Ok(connection.execute_batch("commit")?)
}

/// How many rows the product's log has, after it was stopped.
///
/// # Errors
/// When the file cannot be read.
pub(crate) fn rows(database: &Path) -> Outcome<u64> {
    let connection = Connection::open(database)?;
    let rows: i64 = connection.query_row("select count(*) from log", [], |row| row.get(0))?;
    Ok(u64::try_from(rows)?)
}
