-- Facts are looked up by their campaigns: the beginning of the name, as in PostgreSQL, where an index row does not hold a
-- whole long one.
alter table timeline add column campaign text;        -- first 500 characters of the campaign that a fact of a lead carries
alter table timeline add column about_campaign text;  -- the same of the campaign that the fact itself is about

-- What was stored before the columns were there.
update timeline
set campaign = case when record ->> 'lead' is not null then substr(record ->> 'campaign', 1, 500) end,
    about_campaign = case when record ->> 'lead' is null then substr(record ->> '$.data.campaign', 1, 500) end
where record ->> 'lead' is null or record ->> 'campaign' is not null;

-- Whom a campaign touched, in the order of subjects; and what is told of campaigns, each in the order of facts.
create index timeline_touches on timeline (subject, campaign) where campaign is not null;
create index timeline_about_campaigns on timeline (about_campaign, occurred_at, rank, event_id)
    where about_campaign is not null;
