-- Follow-ups, the instants at which stages were reached, the state of customers; policies folded beside each other;
-- changes that time or a policy causes. Rows of older folds get no values here: the next fold writes all rows anew.

alter table lead_facets
    add column country_given    text,       -- as it stands in the profile; `country` is lower-cased
    add column active_until     bigint,     -- a customer is active until then
    add column reactivated      boolean not null default false, -- and came back after having been inactive
    add column reached_suspect  bigint,     -- first had this stage or a later one; null: never
    add column reached_lead     bigint,
    add column reached_prospect bigint,
    add column reached_customer bigint;

-- What the queue shows of each lead, from one instant to another: at any instant at most one row of a lead is shown, so
-- that a read only compares.
create table follow_ups (
    generation    bigint   not null,
    id            uuid     not null,
    from_at       bigint   not null,        -- shown from then on
    to_at         bigint,                   -- shown until then, exclusive; null: for ever
    span          smallint not null,        -- shown for at most 2^span hours after it is due; 0: for ever
    reason        text     not null,
    due_at        bigint   not null,
    waiting_since bigint   not null,
    primary key (generation, id, from_at)
) with (fillfactor = 80);
-- Of each span in the order of the queue. Whatever is shown at an instant became due at most 2^span hours before, so a
-- read never walks over many rows that are shown no more.
create index follow_ups_in_order on follow_ups (generation, span, due_at, id);

-- Questions, to measure how long answers take: a first asking fact, and the answer to it.
create table questions (
    generation  bigint not null,
    id          uuid   not null,
    number      bigint not null,            -- counts per lead
    asked_at    bigint not null,
    answered_at bigint,
    primary key (generation, id, number)
) with (fillfactor = 80);
create index questions_by_asked on questions (generation, asked_at);

-- When time alone changes something of a lead next, as far as it was not announced yet. Depends on the clock.
create table due_changes (
    generation bigint not null,
    id         uuid   not null,
    at         bigint not null,
    primary key (generation, id)
) with (fillfactor = 80);
create index due_changes_by_instant on due_changes (generation, at);

-- A rebuild is a generation of the same policy and the same fold.
alter table generations add column rebuild integer not null default 0;
alter table generations drop constraint generations_policy_version_fold_version_key;
alter table generations add unique (policy_version, fold_version, rebuild);

-- Generations that are folded beside the active one. When one takes over, those that were wished for before it end.
create table fillings (
    requested  bigint generated always as identity primary key,
    generation bigint not null unique references generations (generation),
    filled_to  uuid                         -- leads up to this one are folded; null: none yet
);

alter table changes alter column because_rule drop not null;
alter table changes add column because_policy text;    -- the policy that took over; null: a fact or time did it
alter table changes add column policy_version text;    -- the policy under which it was so
update changes set policy_version =
    (select policy_version from activations join generations using (generation) where active_to is null);
