//! The limit of the projection into PostgreSQL: the same rows in the same batches, written raw.
//!
//! No locks, no identities, no position, no reading: per batch one append to the timeline and upserts of the leads' rows.

use sqlx::postgres::PgConnection;
use sqlx::{Connection, Executor};

use crate::history::{Batch, Facets, Leads, Timeline};

/// Writes all batches, each in a transaction of its own.
///
/// # Errors
/// When PostgreSQL refuses.
pub(crate) async fn write(connection: &mut PgConnection, batches: &[Batch]) -> sqlx::Result<()> {
    for batch in batches {
        let mut transaction = connection.begin().await?;
        append(&mut transaction, &batch.timeline).await?;
        states(&mut transaction, &batch.leads).await?;
        ranks(&mut transaction, &batch.leads).await?;
        facets(&mut transaction, &batch.facets).await?;
        transaction.commit().await?;
    }
    Ok(())
}

async fn append(connection: &mut PgConnection, rows: &Timeline) -> sqlx::Result<()> {
    let sql = "insert into timeline (subject, occurred_at, rank, event_id, content, received_at, record)
        select * from unnest($1::uuid[], $2::bigint[], $3::smallint[], $4::uuid[], $5::text[], $6::bigint[], $7::text[])";
    let insert = sqlx::query(sql).bind(&rows.subject).bind(&rows.occurred_at).bind(&rows.rank);
    let insert = insert.bind(&rows.event_id).bind(&rows.content).bind(&rows.received_at).bind(&rows.record);
    connection.execute(insert).await?;
    Ok(())
}

async fn states(connection: &mut PgConnection, rows: &Leads) -> sqlx::Result<()> {
    let sql = "insert into leads (generation, id, last_fact_at, last_fact_rank, last_fact_event_id, state)
        select 1, * from unnest($1::uuid[], $2::bigint[], $3::smallint[], $4::uuid[], $5::text[])
        on conflict (generation, id) do update set
            last_fact_at = excluded.last_fact_at, last_fact_rank = excluded.last_fact_rank,
            last_fact_event_id = excluded.last_fact_event_id, state = excluded.state";
    let upsert = sqlx::query(sql).bind(&rows.id).bind(&rows.last_fact_at).bind(&rows.last_fact_rank);
    connection.execute(upsert.bind(&rows.last_fact_event_id).bind(&rows.state)).await?;
    Ok(())
}

async fn ranks(connection: &mut PgConnection, rows: &Leads) -> sqlx::Result<()> {
    let sql = "insert into lead_ranks
            (generation, id, identified, score_order, activity_order, hot_until, warm_until)
        select 1, * from unnest($1::uuid[], $2::boolean[], $3::double precision[], $4::bigint[], $5::bigint[], $6::bigint[])
        on conflict (generation, id) do update set
            identified = excluded.identified, score_order = excluded.score_order,
            activity_order = excluded.activity_order,
            hot_until = excluded.hot_until, warm_until = excluded.warm_until";
    let upsert = sqlx::query(sql).bind(&rows.id).bind(&rows.identified).bind(&rows.score_order);
    connection
        .execute(upsert.bind(&rows.activity_order).bind(&rows.hot_until).bind(&rows.warm_until))
        .await?;
    Ok(())
}

async fn facets(connection: &mut PgConnection, rows: &Facets) -> sqlx::Result<()> {
    let sql = "insert into lead_facets
            (generation, id, created_order, name_order, stage, disposition, search_text,
             country, source, campaign, channel, roles, groups)
        select 1, lead.*, '{}'::text[], '{}'::text[]
        from unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[],
            $7::text[], $8::text[], $9::text[], $10::text[]) as lead
        on conflict (generation, id) do update set
            created_order = excluded.created_order, name_order = excluded.name_order, stage = excluded.stage,
            disposition = excluded.disposition, search_text = excluded.search_text, country = excluded.country,
            source = excluded.source, campaign = excluded.campaign, channel = excluded.channel";
    let upsert = sqlx::query(sql).bind(&rows.id).bind(&rows.created_order).bind(&rows.name_order);
    let upsert = upsert.bind(&rows.stage).bind(&rows.disposition).bind(&rows.search_text).bind(&rows.country);
    connection.execute(upsert.bind(&rows.source).bind(&rows.campaign).bind(&rows.channel)).await?;
    Ok(())
}
