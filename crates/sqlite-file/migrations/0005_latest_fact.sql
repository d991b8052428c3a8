-- Rows tell what time does to a lead after its last fact. So a list of the past is right at any instant since the latest
-- fact of all; this is where a reader finds it. It stands in a row that each batch writes anyway.
alter table positions add column latest_fact_at integer;
update positions set latest_fact_at = (select max(occurred_at) from timeline);
