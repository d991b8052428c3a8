-- Follow-ups, the instants at which stages were reached, the state of customers; policies folded beside each other;
-- changes that time or a policy causes. Rows of older folds get no values here: the next fold writes all rows anew.

alter table lead_facets add column country_given text;       -- as it stands in the profile; `country` is lower-cased
alter table lead_facets add column active_until integer;     -- a customer is active until then
alter table lead_facets add column reactivated integer not null default 0; -- and came back after having been inactive
alter table lead_facets add column reached_suspect integer;  -- first had this stage or a later one; null: never
alter table lead_facets add column reached_lead integer;
alter table lead_facets add column reached_prospect integer;
alter table lead_facets add column reached_customer integer;

-- What the queue shows of each lead, from one instant to another: at any instant at most one row of a lead is shown, so
-- that a read only compares.
create table follow_ups (
    generation    integer not null,
    id            blob    not null,
    from_at       integer not null,         -- shown from then on
    to_at         integer,                  -- shown until then, exclusive; null: for ever
    span          integer not null,         -- shown for at most 2^span hours after it is due; 0: for ever
    reason        text    not null,
    due_at        integer not null,
    waiting_since integer not null,
    primary key (generation, id, from_at)
) without rowid;
-- Of each span in the order of the queue. Whatever is shown at an instant became due at most 2^span hours before, so a
-- read never walks over many rows that are shown no more.
create index follow_ups_in_order on follow_ups (generation, span, due_at, id);

-- Questions, to measure how long answers take: a first asking fact, and the answer to it.
create table questions (
    generation  integer not null,
    id          blob    not null,
    number      integer not null,           -- counts per lead
    asked_at    integer not null,
    answered_at integer,
    primary key (generation, id, number)
) without rowid;
create index questions_by_asked on questions (generation, asked_at);

-- When time alone changes something of a lead next, as far as it was not announced yet. Depends on the clock.
create table due_changes (
    generation integer not null,
    id         blob    not null,
    at         integer not null,
    primary key (generation, id)
) without rowid;
create index due_changes_by_instant on due_changes (generation, at);

-- A rebuild is a generation of the same policy and the same fold. (A table cannot lose its old constraint, so both are
-- made anew.)
create table generations_3 (
    generation     integer primary key autoincrement,
    policy_version text    not null references policies (version),
    fold_version   integer not null,
    rebuild        integer not null default 0,
    unique (policy_version, fold_version, rebuild)
);
insert into generations_3 (generation, policy_version, fold_version)
    select generation, policy_version, fold_version from generations;
create table activations_3 (
    number      integer primary key autoincrement,
    generation  integer not null references generations_3 (generation),
    active_from integer not null,
    active_to   integer                     -- null: the one that is answered from
);
insert into activations_3 (number, generation, active_from, active_to)
    select number, generation, active_from, active_to from activations;
drop table activations;
drop table generations;
alter table generations_3 rename to generations;
alter table activations_3 rename to activations;
create unique index activations_one_active on activations ((active_to is null)) where active_to is null;

-- Generations that are folded beside the active one. When one takes over, those that were wished for before it end.
create table fillings (
    requested  integer primary key autoincrement,
    generation integer not null unique references generations (generation),
    filled_to  blob                         -- leads up to this one are folded; null: none yet
);

create table changes_3 (
    number         integer primary key autoincrement,
    id             blob    not null unique, -- derived from what happened: announced once
    lead_id        blob    not null,        -- as the lead was called then
    at             integer not null,
    what           text    not null,
    from_value     text,
    to_value       text,
    because_event  blob,                    -- null: time or a policy did it
    because_rule   text,                    -- null: a policy did it
    because_policy text,                    -- the policy that took over; null: a fact or time did it
    policy_version text                     -- the policy under which it was so
);
insert into changes_3 (number, id, lead_id, at, what, from_value, to_value, because_event, because_rule, policy_version)
    select number, id, lead_id, at, what, from_value, to_value, because_event, because_rule,
        (select policy_version from activations join generations using (generation) where active_to is null)
    from changes;
drop table changes;
alter table changes_3 rename to changes;
create index changes_by_lead on changes (lead_id);
