//! All rows in canonical form, to compare one read model with another.

use lead_domain::fact::OrderKey;
use lead_domain::identity::Pair;
use lead_domain::{EventId, Instant, LeadId};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection, SqlitePool};
use uuid::Uuid;

use super::error::{store_error, unreadable};
use super::identities::{pair, pair_columns};
use super::reader::SqliteReader;
use super::rows::{from_sortable, key, optional_key};
use crate::dump::{FactLine, IdentifierLine, LeadLine, QuestionLine, Rows, ShownLine};
use crate::error::StoreError;

impl SqliteReader {
    /// All leads of the active generation, identifiers, pairs and facts as canonical JSON, a row per line, in the
    /// order of their keys: equal to the dump of any other read model of the same facts. Personal data.
    ///
    /// # Errors
    /// As every read.
    pub async fn dump(&self) -> Result<String, StoreError> {
        let mut connection = self.pool().acquire().await.map_err(store_error)?;
        let leads = leads(&mut connection, EVERY).await.map_err(store_error)?;
        let shown = shown(&mut connection, EVERY).await.map_err(store_error)?;
        let questions = questions(&mut connection, EVERY).await.map_err(store_error)?;
        let identifiers = identifiers(self.pool()).await.map_err(store_error)?;
        let pairs = pairs(&mut connection).await.map_err(store_error)?;
        let facts = facts(self.pool()).await.map_err(store_error)?;
        Ok(Rows { leads, shown, questions, identifiers, pairs, facts }.text())
    }
}

/// Leads above the first id, up to the second. No id is nil.
pub(super) type Range = (Uuid, Uuid);

const EVERY: Range = (Uuid::nil(), Uuid::max());

pub(super) async fn leads(
    connection: &mut SqliteConnection,
    (above, to): Range,
) -> Result<Vec<LeadLine>, sqlx::Error> {
    let sql = "select id, last_fact_at, last_fact_rank, last_fact_event_id, state, identified, score_order,
            activity_order, hot_until, warm_until, created_order, name_order, stage, disposition, grade, search_text,
            country, owner, source, campaign, channel, roles, groups,
            active_until, reactivated, reached_suspect, reached_lead, reached_prospect, reached_customer, country_given,
            exists (select 1 from identifiers i join dead_letters d on d.subject = i.id
                where i.lead_id = l.id and d.code in ('unreadable', 'unfoldable'))
        from leads l join lead_ranks using (generation, id) join lead_facets using (generation, id)
        where generation = (select generation from activations where active_to is null) and id > ?1 and id <= ?2 order by id";
    sqlx::query(sql).bind(above).bind(to).fetch_all(connection).await?.iter().map(lead).collect()
}

fn lead(row: &SqliteRow) -> Result<LeadLine, sqlx::Error> {
    Ok(LeadLine {
        id: LeadId(row.try_get(0)?),
        last_fact: key(row, 1)?,
        state: row.try_get(4)?,
        identified: row.try_get(5)?,
        score_order: from_sortable(row.try_get(6)?),
        activity_order: row.try_get(7)?,
        hot_until: at(row, 8)?,
        warm_until: at(row, 9)?,
        created_order: row.try_get(10)?,
        name_order: row.try_get(11)?,
        stage: row.try_get(12)?,
        disposition: row.try_get(13)?,
        grade: row.try_get(14)?,
        search_text: row.try_get(15)?,
        country: row.try_get(16)?,
        owner: row.try_get(17)?,
        source: row.try_get(18)?,
        campaign: row.try_get(19)?,
        channel: row.try_get(20)?,
        roles: names(row.try_get(21)?)?,
        groups: names(row.try_get(22)?)?,
        active_until: at(row, 23)?,
        reactivated: row.try_get(24)?,
        reached: [at(row, 25)?, at(row, 26)?, at(row, 27)?, at(row, 28)?],
        country_given: row.try_get(29)?,
        incomplete: row.try_get(30)?,
    })
}

fn names(json: &str) -> Result<Vec<String>, sqlx::Error> {
    serde_json::from_str(json).map_err(|_| unreadable("a list of names that is none"))
}

fn at(row: &SqliteRow, column: usize) -> Result<Option<Instant>, sqlx::Error> {
    Ok(row.try_get::<Option<i64>, _>(column)?.map(Instant::from_millis))
}

pub(super) async fn shown(
    connection: &mut SqliteConnection,
    (above, to): Range,
) -> Result<Vec<ShownLine>, sqlx::Error> {
    let sql = "select id, from_at, to_at, reason, due_at, waiting_since from follow_ups
        where generation = (select generation from activations where active_to is null)
            and id > ?1 and id <= ?2 order by id, from_at";
    let line = |row: &SqliteRow| {
        Ok(ShownLine {
            id: LeadId(row.try_get(0)?),
            from_at: Instant::from_millis(row.try_get(1)?),
            to_at: at(row, 2)?,
            reason: row.try_get(3)?,
            due_at: Instant::from_millis(row.try_get(4)?),
            waiting_since: Instant::from_millis(row.try_get(5)?),
        })
    };
    sqlx::query(sql).bind(above).bind(to).fetch_all(connection).await?.iter().map(line).collect()
}

pub(super) async fn questions(
    connection: &mut SqliteConnection,
    (above, to): Range,
) -> Result<Vec<QuestionLine>, sqlx::Error> {
    let sql = "select id, number, asked_at, answered_at from questions
        where generation = (select generation from activations where active_to is null)
            and id > ?1 and id <= ?2 order by id, number";
    let line = |row: &SqliteRow| {
        Ok(QuestionLine {
            id: LeadId(row.try_get(0)?),
            number: row.try_get(1)?,
            asked_at: Instant::from_millis(row.try_get(2)?),
            answered_at: at(row, 3)?,
        })
    };
    sqlx::query(sql).bind(above).bind(to).fetch_all(connection).await?.iter().map(line).collect()
}

async fn identifiers(pool: &SqlitePool) -> Result<Vec<IdentifierLine>, sqlx::Error> {
    let sql = "select id, kind, value, source, lead_id, first_fact_at, first_fact_rank, first_fact_event_id
        from identifiers order by id";
    let line = |row: &SqliteRow| {
        Ok(IdentifierLine {
            id: LeadId(row.try_get(0)?),
            kind: row.try_get(1)?,
            value: row.try_get(2)?,
            source: row.try_get(3)?,
            lead_id: LeadId(row.try_get(4)?),
            first_fact: optional_key(row, 5)?,
        })
    };
    sqlx::query(sql).fetch_all(pool).await?.iter().map(line).collect()
}

pub(super) async fn pairs(connection: &mut SqliteConnection) -> Result<Vec<Pair>, sqlx::Error> {
    let sql = concat!("select ", pair_columns!(), " from pairs order by low, high");
    sqlx::query(sql).fetch_all(connection).await?.iter().map(pair).collect()
}

async fn facts(pool: &SqlitePool) -> Result<Vec<FactLine>, sqlx::Error> {
    let sql = "select subject, occurred_at, rank, event_id, content, record from timeline
        order by subject, occurred_at, rank, event_id";
    let rows: Vec<(Uuid, i64, i16, Uuid, String, String)> = sqlx::query_as(sql).fetch_all(pool).await?;
    let line = |(subject, at, rank, event_id, content, record): (Uuid, i64, i16, Uuid, String, String)| {
        let key = OrderKey { at: Instant::from_millis(at), rank, event_id: EventId(event_id) };
        FactLine::new(LeadId(subject), key, content, &record)
    };
    Ok(rows.into_iter().map(line).collect())
}
