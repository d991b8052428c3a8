-- What was stored before the columns were there. Reads go on; whoever projects waits, and goes on afterwards.
lock table timeline in share row exclusive mode;
update timeline
set campaign = case when record::json ->> 'lead' is not null then left(record::json ->> 'campaign', 500) end,
    about_campaign = case when record::json ->> 'lead' is null then left(record::json -> 'data' ->> 'campaign', 500) end
where record::json ->> 'lead' is null or record::json ->> 'campaign' is not null;

-- Whom a campaign touched, in the order of subjects; and what is told of campaigns, each in the order of facts.
create index timeline_touches on timeline (subject, campaign) where campaign is not null;
create index timeline_about_campaigns on timeline (about_campaign, occurred_at, rank, event_id)
    where about_campaign is not null;
