-- The default funnel without looking at every lead: counters that are kept with the rows, and medians from narrow indexes.

alter table lead_facets
    add column suspect_lasted  bigint generated always as (reached_lead - reached_suspect) stored,
    add column lead_lasted     bigint generated always as (reached_prospect - reached_lead) stored,
    add column prospect_lasted bigint generated always as (reached_customer - reached_prospect) stored;
create index lead_facets_by_suspect_lasted on lead_facets (generation, suspect_lasted)
    where suspect_lasted is not null;
create index lead_facets_by_lead_lasted on lead_facets (generation, lead_lasted) where lead_lasted is not null;
create index lead_facets_by_prospect_lasted on lead_facets (generation, prospect_lasted)
    where prospect_lasted is not null;

-- Of the leads of each generation, per stage: how many have it now, and how many had it or a later one. Each connection
-- counts in rows of its own, so that nobody waits for another one's batch.
create table stage_counts (
    generation bigint  not null,
    connection integer not null,
    stage      text    not null,
    current    bigint  not null,
    reached    bigint  not null,
    primary key (generation, connection, stage)
);

create function add_stage_counts(of_generation bigint, current bigint[], reached bigint[]) returns void
language sql as $$
    insert into stage_counts as known (generation, connection, stage, current, reached)
    select of_generation, pg_backend_pid(), stage, current, reached
    from unnest(array['suspect', 'lead', 'prospect', 'customer'], current, reached) as one (stage, current, reached)
    where current <> 0 or reached <> 0 order by stage
    on conflict (generation, connection, stage)
    do update set current = known.current + excluded.current, reached = known.reached + excluded.reached
$$;

create function count_stages() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        perform add_stage_counts(generation,
            array[count(*) filter (where stage = 'suspect'), count(*) filter (where stage = 'lead'),
                count(*) filter (where stage = 'prospect'), count(*) filter (where stage = 'customer')],
            array[count(reached_suspect), count(reached_lead), count(reached_prospect), count(reached_customer)])
        from come group by generation;
    elsif tg_op = 'DELETE' then
        perform add_stage_counts(generation,
            array[-count(*) filter (where stage = 'suspect'), -count(*) filter (where stage = 'lead'),
                -count(*) filter (where stage = 'prospect'), -count(*) filter (where stage = 'customer')],
            array[-count(reached_suspect), -count(reached_lead), -count(reached_prospect), -count(reached_customer)])
        from gone group by generation;
    else
        perform add_stage_counts(generation,
            array[sum(case stage when 'suspect' then sign else 0 end), sum(case stage when 'lead' then sign else 0 end),
                sum(case stage when 'prospect' then sign else 0 end), sum(case stage when 'customer' then sign else 0 end)],
            array[sum(case when reached_suspect is null then 0 else sign end),
                sum(case when reached_lead is null then 0 else sign end),
                sum(case when reached_prospect is null then 0 else sign end),
                sum(case when reached_customer is null then 0 else sign end)])
        from (
            select 1 as sign, generation, stage, reached_suspect, reached_lead, reached_prospect, reached_customer from come
            union all
            select -1, generation, stage, reached_suspect, reached_lead, reached_prospect, reached_customer from gone
        ) as moved group by generation;
    end if;
    return null;
end $$;

create trigger count_stages_that_come after insert on lead_facets
    referencing new table as come for each statement execute function count_stages();
create trigger count_stages_that_go after delete on lead_facets
    referencing old table as gone for each statement execute function count_stages();
create trigger count_stages_that_move after update on lead_facets
    referencing old table as gone new table as come for each statement execute function count_stages();

-- What is there already.
insert into stage_counts (generation, connection, stage, current, reached)
    select generation, 0, stages.stage, count(*) filter (where f.stage = stages.stage),
        count(*) filter (where case stages.stage when 'suspect' then reached_suspect when 'lead' then reached_lead
            when 'prospect' then reached_prospect else reached_customer end is not null)
    from lead_facets f cross join (values ('suspect'), ('lead'), ('prospect'), ('customer')) as stages (stage)
    group by generation, stages.stage;
