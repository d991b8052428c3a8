//! Leads: one row of state, one of ranks, one of facets.

use lead_domain::{Instant, LeadId};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::queue;
use super::rows::{hex, ids, json, key, sortable};
use crate::order;
use crate::rows::{LeadRow, StoredLead};

/// The states of these leads.
pub(super) async fn read(
    connection: &mut SqliteConnection,
    generation: i64,
    of: &[LeadId],
) -> Result<Vec<StoredLead>, sqlx::Error> {
    let sql = "select l.id, last_fact_at, last_fact_rank, last_fact_event_id, state, d.at
        from leads l left join due_changes d on d.generation = l.generation and d.id = l.id
        where l.generation = ?1 and l.id in (select unhex(value) from json_each(?2)) order by l.id";
    let of = ids(of.iter().copied());
    let rows = sqlx::query(sql).bind(generation).bind(of).fetch_all(connection).await?;
    rows.iter().map(stored).collect()
}

fn stored(row: &SqliteRow) -> Result<StoredLead, sqlx::Error> {
    let next_change = row.try_get::<Option<i64>, _>(5)?.map(Instant::from_millis);
    Ok(StoredLead {
        id: LeadId(row.try_get(0)?),
        last_fact: key(row, 1)?,
        state: row.try_get(4)?,
        next_change,
    })
}

/// Writes all rows of each lead.
pub(super) async fn write(
    connection: &mut SqliteConnection,
    generation: i64,
    leads: &[LeadRow],
) -> Result<(), sqlx::Error> {
    if leads.is_empty() {
        return Ok(());
    }
    write_states(connection, generation, leads).await?;
    write_ranks(connection, generation, leads).await?;
    write_facets(connection, generation, leads).await?;
    queue::write(connection, generation, leads).await
}

async fn write_states(
    connection: &mut SqliteConnection,
    generation: i64,
    leads: &[LeadRow],
) -> Result<(), sqlx::Error> {
    let sql = "insert into leads (generation, id, last_fact_at, last_fact_rank, last_fact_event_id, state)
        select ?1, unhex(value ->> 0), value ->> 1, value ->> 2, unhex(value ->> 3), value ->> 4
        from json_each(?2) where true
        on conflict (generation, id) do update set
            last_fact_at = excluded.last_fact_at, last_fact_rank = excluded.last_fact_rank,
            last_fact_event_id = excluded.last_fact_event_id, state = excluded.state";
    let rows = leads.iter().map(|lead| {
        let last = lead.last_fact;
        (hex(lead.id.0), last.at.millis(), last.rank, hex(last.event_id.0), &lead.state)
    });
    sqlx::query(sql).bind(generation).bind(json(rows)).execute(connection).await?;
    Ok(())
}

async fn write_ranks(
    connection: &mut SqliteConnection,
    generation: i64,
    leads: &[LeadRow],
) -> Result<(), sqlx::Error> {
    let sql = "insert into lead_ranks
            (generation, id, identified, score_order, activity_order, hot_until, warm_until)
        select ?1, unhex(value ->> 0), value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5
        from json_each(?2) where true
        on conflict (generation, id) do update set
            identified = excluded.identified, score_order = excluded.score_order,
            activity_order = excluded.activity_order,
            hot_until = excluded.hot_until, warm_until = excluded.warm_until";
    let rows = leads.iter().map(|lead| {
        let of = &lead.columns;
        let score = sortable(order::score_order(of.rank_key));
        let activity = order::instant_order(of.last_activity_at);
        let (hot, warm) = (of.hot_until.map(Instant::millis), of.warm_until.map(Instant::millis));
        (hex(lead.id.0), i32::from(of.identified), score, activity, hot, warm)
    });
    sqlx::query(sql).bind(generation).bind(json(rows)).execute(connection).await?;
    Ok(())
}

/// Rows that stay as they are are not written.
async fn write_facets(
    connection: &mut SqliteConnection,
    generation: i64,
    leads: &[LeadRow],
) -> Result<(), sqlx::Error> {
    let sql = "insert into lead_facets as known
            (generation, id, created_order, name_order, stage, disposition, grade, search_text,
             country, owner, source, campaign, channel, roles, groups, active_until, reactivated,
             reached_suspect, reached_lead, reached_prospect, reached_customer, country_given)
        select ?1, unhex(value ->> 0), value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6,
            value ->> 7, value ->> 8, value ->> 9, value ->> 10, value ->> 11, value ->> 12, value ->> 13,
            value ->> 14, value ->> 15, value ->> 16, value ->> 17, value ->> 18, value ->> 19, value ->> 20
        from json_each(?2) where true
        on conflict (generation, id) do update set
            created_order = excluded.created_order, name_order = excluded.name_order, stage = excluded.stage,
            disposition = excluded.disposition, grade = excluded.grade, search_text = excluded.search_text,
            country = excluded.country, owner = excluded.owner, source = excluded.source,
            campaign = excluded.campaign, channel = excluded.channel,
            roles = excluded.roles, groups = excluded.groups,
            active_until = excluded.active_until, reactivated = excluded.reactivated,
            reached_suspect = excluded.reached_suspect, reached_lead = excluded.reached_lead,
            reached_prospect = excluded.reached_prospect, reached_customer = excluded.reached_customer,
            country_given = excluded.country_given
        where (known.created_order, known.name_order, known.stage, known.disposition, known.grade, known.search_text,
                known.country, known.owner, known.source, known.campaign, known.channel, known.roles, known.groups,
                known.active_until, known.reactivated, known.reached_suspect, known.reached_lead,
                known.reached_prospect, known.reached_customer, known.country_given)
            is not (excluded.created_order, excluded.name_order, excluded.stage, excluded.disposition,
                excluded.grade, excluded.search_text, excluded.country, excluded.owner, excluded.source,
                excluded.campaign, excluded.channel, excluded.roles, excluded.groups, excluded.active_until,
                excluded.reactivated, excluded.reached_suspect, excluded.reached_lead, excluded.reached_prospect,
                excluded.reached_customer, excluded.country_given)";
    let rows = leads.iter().map(|lead| {
        let of = &lead.columns;
        let created = order::instant_order(Some(of.created_at));
        let name = order::name_order(of.name_key.as_deref());
        let millis = |at: Option<Instant>| at.map(Instant::millis);
        // A tuple that serializes has at most sixteen parts.
        serde_json::json!([
            hex(lead.id.0),
            created,
            name,
            of.stage,
            of.disposition,
            of.grade,
            of.search_text,
            of.country,
            of.owner,
            of.source,
            of.campaign,
            of.channel,
            json(&of.roles),
            json(&of.groups),
            millis(of.active_until),
            i32::from(of.reactivated),
            of.reached.map(millis)[0],
            of.reached.map(millis)[1],
            of.reached.map(millis)[2],
            of.reached.map(millis)[3],
            of.country_given,
        ])
    });
    sqlx::query(sql).bind(generation).bind(json(rows)).execute(connection).await?;
    Ok(())
}

/// Removes leads that are no longer.
pub(super) async fn remove(
    connection: &mut SqliteConnection,
    generation: i64,
    gone: &[LeadId],
) -> Result<(), sqlx::Error> {
    if gone.is_empty() {
        return Ok(());
    }
    let gone = ids(gone.iter().copied());
    for sql in [
        "delete from leads where generation = ?1 and id in (select unhex(value) from json_each(?2))",
        "delete from lead_ranks where generation = ?1 and id in (select unhex(value) from json_each(?2))",
        "delete from lead_facets where generation = ?1 and id in (select unhex(value) from json_each(?2))",
        "delete from follow_ups where generation = ?1 and id in (select unhex(value) from json_each(?2))",
        "delete from questions where generation = ?1 and id in (select unhex(value) from json_each(?2))",
        "delete from due_changes where generation = ?1 and id in (select unhex(value) from json_each(?2))",
    ] {
        sqlx::query(sql).bind(generation).bind(gone.as_str()).execute(&mut *connection).await?;
    }
    Ok(())
}
