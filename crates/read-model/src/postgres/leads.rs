//! Leads: one row of state, one of ranks, one of facets.

use lead_domain::fact::OrderKey;
use lead_domain::{Instant, LeadId};
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row};

use super::queue;
use super::rows::{Keys, key, uuids};
use crate::order;
use crate::rows::{LeadColumns, LeadRow, StoredLead};

/// The states of these leads.
pub(super) async fn read(
    connection: &mut PgConnection,
    generation: i64,
    ids: &[LeadId],
) -> Result<Vec<StoredLead>, sqlx::Error> {
    let sql = "select l.id, last_fact_at, last_fact_rank, last_fact_event_id, state, d.at
        from leads l left join due_changes d on d.generation = l.generation and d.id = l.id
        where l.generation = $1 and l.id = any($2) order by l.id";
    let ids = uuids(ids.iter().copied());
    let rows = sqlx::query(sql).bind(generation).bind(ids).fetch_all(connection).await?;
    rows.iter().map(stored).collect()
}

fn stored(row: &PgRow) -> Result<StoredLead, sqlx::Error> {
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
    connection: &mut PgConnection,
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
    connection: &mut PgConnection,
    generation: i64,
    leads: &[LeadRow],
) -> Result<(), sqlx::Error> {
    let sql = "insert into leads (generation, id, last_fact_at, last_fact_rank, last_fact_event_id, state)
        select $1, * from unnest($2::uuid[], $3::bigint[], $4::smallint[], $5::uuid[], $6::text[])
        on conflict (generation, id) do update set
            last_fact_at = excluded.last_fact_at, last_fact_rank = excluded.last_fact_rank,
            last_fact_event_id = excluded.last_fact_event_id, state = excluded.state";
    let last: Keys = leads.iter().map(|lead| Some::<OrderKey>(lead.last_fact)).collect();
    let states: Vec<&str> = leads.iter().map(|lead| lead.state.as_str()).collect();
    let insert = sqlx::query(sql).bind(generation).bind(uuids(leads.iter().map(|lead| lead.id)));
    insert.bind(last.at).bind(last.rank).bind(last.event_id).bind(states).execute(connection).await?;
    Ok(())
}

async fn write_ranks(
    connection: &mut PgConnection,
    generation: i64,
    leads: &[LeadRow],
) -> Result<(), sqlx::Error> {
    let sql = "insert into lead_ranks
            (generation, id, identified, score_order, activity_order, hot_until, warm_until)
        select $1, * from unnest($2::uuid[], $3::boolean[], $4::double precision[], $5::bigint[], $6::bigint[], $7::bigint[])
        on conflict (generation, id) do update set
            identified = excluded.identified, score_order = excluded.score_order,
            activity_order = excluded.activity_order,
            hot_until = excluded.hot_until, warm_until = excluded.warm_until";
    let insert = sqlx::query(sql).bind(generation).bind(uuids(leads.iter().map(|lead| lead.id)));
    let insert = insert.bind(column(leads, |of| of.identified));
    let insert = insert.bind(column(leads, |of| order::score_order(of.rank_key)));
    let insert = insert.bind(column(leads, |of| order::instant_order(of.last_activity_at)));
    let insert = insert.bind(column(leads, |of| of.hot_until.map(Instant::millis)));
    let insert = insert.bind(column(leads, |of| of.warm_until.map(Instant::millis)));
    insert.execute(connection).await?;
    Ok(())
}

/// Rows that stay as they are must not be touched: an update, even to the same, writes row and index entries anew.
async fn write_facets(
    connection: &mut PgConnection,
    generation: i64,
    leads: &[LeadRow],
) -> Result<(), sqlx::Error> {
    let sql = "insert into lead_facets
            (generation, id, created_order, name_order, stage, disposition, grade, search_text,
             country, owner, source, campaign, channel, active_until, reactivated,
             reached_suspect, reached_lead, reached_prospect, reached_customer, country_given, roles, groups)
        select $1, now.id, now.created_order, now.name_order, now.stage, now.disposition, now.grade, now.search_text,
            now.country, now.owner, now.source, now.campaign, now.channel, now.active_until, now.reactivated,
            now.reached_suspect, now.reached_lead, now.reached_prospect, now.reached_customer, now.country_given,
            lists.roles, lists.groups
        from unnest($2::uuid[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
            $9::text[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[],
            $16::bigint[], $17::boolean[], $18::bigint[], $19::bigint[], $20::bigint[], $21::bigint[], $22::text[])
            as now (id, created_order, name_order, stage, disposition, grade, search_text,
                country, owner, source, campaign, channel, roles, groups, active_until, reactivated,
                reached_suspect, reached_lead, reached_prospect, reached_customer, country_given)
        cross join lateral (
            select array(select jsonb_array_elements_text(now.roles::jsonb)),
                array(select jsonb_array_elements_text(now.groups::jsonb))
            offset 0
        ) as lists (roles, groups)
        left join lateral (
            -- Each by its key, whatever the planner believes of the table: that is what `offset` is for.
            select (known.created_order, known.name_order, known.stage, known.disposition, known.grade,
                    known.search_text, known.country, known.owner, known.source, known.campaign, known.channel,
                    known.active_until, known.reactivated, known.reached_suspect, known.reached_lead,
                    known.reached_prospect, known.reached_customer, known.country_given, known.roles, known.groups)
                is not distinct from (now.created_order, now.name_order, now.stage, now.disposition, now.grade,
                    now.search_text, now.country, now.owner, now.source, now.campaign, now.channel,
                    now.active_until, now.reactivated, now.reached_suspect, now.reached_lead,
                    now.reached_prospect, now.reached_customer, now.country_given, lists.roles, lists.groups)
            from lead_facets as known
            where known.generation = $1 and known.id = now.id
            offset 0
        ) as stays (the_same) on true
        where stays.the_same is not true
        on conflict (generation, id) do update set
            created_order = excluded.created_order, name_order = excluded.name_order, stage = excluded.stage,
            disposition = excluded.disposition, grade = excluded.grade, search_text = excluded.search_text,
            country = excluded.country, owner = excluded.owner, source = excluded.source,
            campaign = excluded.campaign, channel = excluded.channel,
            active_until = excluded.active_until, reactivated = excluded.reactivated,
            reached_suspect = excluded.reached_suspect, reached_lead = excluded.reached_lead,
            reached_prospect = excluded.reached_prospect, reached_customer = excluded.reached_customer,
            country_given = excluded.country_given,
            roles = excluded.roles, groups = excluded.groups";
    let insert = sqlx::query(sql).bind(generation).bind(uuids(leads.iter().map(|lead| lead.id)));
    let insert = insert.bind(column(leads, |of| order::instant_order(Some(of.created_at))));
    let insert = insert.bind(column(leads, |of| order::name_order(of.name_key.as_deref())));
    let insert = insert.bind(column(leads, |of| of.stage)).bind(column(leads, |of| of.disposition));
    let insert = insert.bind(column(leads, |of| of.grade)).bind(column(leads, |of| of.search_text.as_str()));
    let insert = insert.bind(column(leads, |of| of.country.as_deref()));
    let insert = insert.bind(column(leads, |of| of.owner.as_deref()));
    let insert = insert.bind(column(leads, |of| of.source.as_deref()));
    let insert = insert.bind(column(leads, |of| of.campaign.as_deref()));
    let insert = insert.bind(column(leads, |of| of.channel.as_deref()));
    let insert =
        insert.bind(column(leads, |of| names(&of.roles))).bind(column(leads, |of| names(&of.groups)));
    let insert = insert.bind(column(leads, |of| of.active_until.map(Instant::millis)));
    let mut insert = insert.bind(column(leads, |of| of.reactivated));
    for stage in 0..4 {
        insert = insert.bind(column(leads, |of| of.reached[stage].map(Instant::millis)));
    }
    let insert = insert.bind(column(leads, |of| of.country_given.as_deref()));
    insert.execute(connection).await?;
    Ok(())
}

fn column<'a, T>(leads: &'a [LeadRow], of: impl Fn(&'a LeadColumns) -> T) -> Vec<T> {
    leads.iter().map(|lead| of(&lead.columns)).collect()
}

/// Arrays of arrays must be rectangular, so a list of names goes as JSON.
fn names(names: &[String]) -> String {
    serde_json::Value::from(names).to_string()
}

/// Removes leads that are no longer.
pub(super) async fn remove(
    connection: &mut PgConnection,
    generation: i64,
    gone: &[LeadId],
) -> Result<(), sqlx::Error> {
    if gone.is_empty() {
        return Ok(());
    }
    let sql = "with ranks as (delete from lead_ranks where generation = $1 and id = any($2)),
            facets as (delete from lead_facets where generation = $1 and id = any($2)),
            shown as (delete from follow_ups where generation = $1 and id = any($2)),
            asked as (delete from questions where generation = $1 and id = any($2)),
            due as (delete from due_changes where generation = $1 and id = any($2))
        delete from leads where generation = $1 and id = any($2)";
    let gone = uuids(gone.iter().copied());
    sqlx::query(sql).bind(generation).bind(gone).execute(connection).await?;
    Ok(())
}
