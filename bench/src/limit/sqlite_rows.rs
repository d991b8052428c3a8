//! The limit of the embedded projection: the same rows in the same batches, by prepared statements on one connection.

use std::path::Path;

use rusqlite::Connection;
use uuid::Uuid;

use crate::Outcome;
use crate::history::{Batch, Facets, Leads, Timeline};

const APPEND: &str =
    "insert into timeline (subject, occurred_at, rank, event_id, content, received_at, record)
    values (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
const STATE: &str =
    "insert into leads (generation, id, last_fact_at, last_fact_rank, last_fact_event_id, state)
    values (1, ?1, ?2, ?3, ?4, ?5)
    on conflict (generation, id) do update set
        last_fact_at = excluded.last_fact_at, last_fact_rank = excluded.last_fact_rank,
        last_fact_event_id = excluded.last_fact_event_id, state = excluded.state";
const RANK: &str = "insert into lead_ranks
        (generation, id, identified, score_order, activity_order, hot_until, warm_until)
    values (1, ?1, ?2, ?3, ?4, ?5, ?6)
    on conflict (generation, id) do update set
        identified = excluded.identified, score_order = excluded.score_order,
        activity_order = excluded.activity_order,
        hot_until = excluded.hot_until, warm_until = excluded.warm_until";
const FACETS: &str = "insert into lead_facets
        (generation, id, created_order, name_order, stage, disposition, search_text,
         country, source, campaign, channel, roles, groups)
    values (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, '[]', '[]')
    on conflict (generation, id) do update set
        created_order = excluded.created_order, name_order = excluded.name_order, stage = excluded.stage,
        disposition = excluded.disposition, search_text = excluded.search_text, country = excluded.country,
        source = excluded.source, campaign = excluded.campaign, channel = excluded.channel";
/// As the product opens its file: crates/sqlite-file.
const PRAGMAS: &str = "pragma journal_mode = wal; pragma synchronous = full; pragma secure_delete = on;";

/// Writes all batches into a file that has the product's tables.
///
/// # Errors
/// When SQLite refuses.
pub(crate) fn write(database: &Path, batches: &[Batch]) -> Outcome<()> {
    let connection = Connection::open(database)?;
    connection.execute_batch(PRAGMAS)?;
    let mut writer = Writer {
        append: connection.prepare(APPEND)?,
        state: connection.prepare(STATE)?,
        rank: connection.prepare(RANK)?,
        facets: connection.prepare(FACETS)?,
    };
    for batch in batches {
        connection.execute_batch("begin immediate")?;
        writer.append(&batch.timeline)?;
        writer.leads(&batch.leads)?;
        writer.facets(&batch.facets)?;
        connection.execute_batch("commit")?;
    }
    Ok(())
}

struct Writer<'c> {
    append: rusqlite::Statement<'c>,
    state: rusqlite::Statement<'c>,
    rank: rusqlite::Statement<'c>,
    facets: rusqlite::Statement<'c>,
}

impl Writer<'_> {
    fn append(&mut self, rows: &Timeline) -> rusqlite::Result<()> {
        for row in 0..rows.subject.len() {
            self.append.execute((
                bytes(&rows.subject[row]),
                rows.occurred_at[row],
                rows.rank[row],
                bytes(&rows.event_id[row]),
                &rows.content[row],
                rows.received_at[row],
                &rows.record[row],
            ))?;
        }
        Ok(())
    }

    fn leads(&mut self, rows: &Leads) -> rusqlite::Result<()> {
        for row in 0..rows.id.len() {
            let id = bytes(&rows.id[row]);
            let (at, rank, event) =
                (rows.last_fact_at[row], rows.last_fact_rank[row], bytes(&rows.last_fact_event_id[row]));
            self.state.execute((id, at, rank, event, &rows.state[row]))?;
            let (score, activity) = (sortable(rows.score_order[row]), rows.activity_order[row]);
            let (hot, warm) = (rows.hot_until[row], rows.warm_until[row]);
            self.rank.execute((id, rows.identified[row], score, activity, hot, warm))?;
        }
        Ok(())
    }

    fn facets(&mut self, rows: &Facets) -> rusqlite::Result<()> {
        for row in 0..rows.id.len() {
            self.facets.execute((
                bytes(&rows.id[row]),
                rows.created_order[row],
                &rows.name_order[row],
                rows.stage[row],
                rows.disposition[row],
                &rows.search_text[row],
                &rows.country[row],
                &rows.source[row],
                &rows.campaign[row],
                &rows.channel[row],
            ))?;
        }
        Ok(())
    }
}

const fn bytes(id: &Uuid) -> &[u8] {
    id.as_bytes()
}

/// The whole number that sorts like the bits of this one.
const fn sortable(order: f64) -> i64 {
    let bits = order.to_bits().cast_signed();
    if bits < 0 { bits ^ i64::MAX } else { bits }
}
