-- The read model on PostgreSQL. The same tables, under the same names, stand in the embedded SQLite file.
--
-- Instants are milliseconds since 1970-01-01T00:00:00Z, so that both databases keep the same numbers; read one with
-- to_timestamp(occurred_at / 1000.0). Nothing in a row depends on when or where it was written.

-- How far each partition of the log is projected, and whose it is. The fence of every batch.
create table positions (
    projection  text    not null,
    topic       text    not null,
    partition   integer not null,
    next_offset bigint,                     -- null: nothing was ever read
    epoch       bigint  not null,           -- grows with each claim
    owner       text    not null,
    primary key (projection, topic, partition)
);

-- Every identifier that a fact named. Locked by each batch that touches its person.
create table identifiers (
    id                  uuid primary key,   -- the lead id that this identifier alone would be
    kind                text,               -- email, external_id, phone, anonymous_id; null: only the id is known
    value               text,               -- canonical; personal data
    source              text,               -- of an external id: who gave it
    lead_id             uuid not null,      -- the lead to which it belongs now
    first_fact_at       bigint,             -- place of the earliest fact whose strongest identifier it is; null: none
    first_fact_rank     smallint,
    first_fact_event_id uuid
);
create index identifiers_by_lead on identifiers (lead_id);
create index identifiers_by_value on identifiers (kind, value);

-- Identifiers that facts named together. The groups follow from the pairs.
create table pairs (
    low               uuid not null,        -- the smaller id of the two
    high              uuid not null,
    sighted_at        bigint,               -- the first fact that showed both
    sighted_rank      smallint,
    sighted_event_id  uuid,
    linked_at         bigint,               -- the latest identity.linked
    linked_rank       smallint,
    linked_event_id   uuid,
    linked_given      uuid,                 -- the end that goes to the other one
    unlinked_at       bigint,               -- the latest identity.unlinked
    unlinked_rank     smallint,
    unlinked_event_id uuid,
    primary key (low, high)
);
create index pairs_by_high on pairs (high);

-- The event store: every fact, under its own strongest identifier, for ever. The key is the order of facts.
create table timeline (
    subject     uuid     not null,
    occurred_at bigint   not null,
    rank        smallint not null,
    event_id    uuid     not null unique,   -- over all leads: this is the dedupe
    content     text     not null,          -- hash of what was posted: two contents under one id are a conflict
    received_at bigint   not null,
    record      text     not null,          -- the stored form of the fact; personal data
    primary key (subject, occurred_at, rank, event_id)
);

-- A lead in three rows, by how often they change. First, what each fact changes and nothing is looked up by.
create table leads (
    generation         bigint   not null,
    id                 uuid     not null,
    last_fact_at       bigint   not null,
    last_fact_rank     smallint not null,
    last_fact_event_id uuid     not null,
    state              text     not null,   -- the fold's state, canonical JSON; personal data
    primary key (generation, id)
) with (fillfactor = 60);

-- Second, what most facts change and lists are in order of. Order columns ascend and are never null, so that a page
-- starts with (order, id) > (…): the negated rank key, infinity for none; negated milliseconds, the greatest number
-- for none.
create table lead_ranks (
    generation     bigint           not null,
    id             uuid             not null,
    identified     boolean          not null,
    score_order    double precision not null,
    activity_order bigint           not null,
    hot_until      bigint,
    warm_until     bigint,
    primary key (generation, id)
) with (fillfactor = 80);
create index lead_ranks_by_score on lead_ranks (generation, score_order, id);
create index lead_ranks_by_activity on lead_ranks (generation, activity_order, id);

-- Third, what few facts change; written only when something in it did.
create table lead_facets (
    generation    bigint not null,
    id            uuid   not null,
    created_order bigint not null,              -- negated milliseconds
    name_order    text   not null collate "C",  -- '0' and the lower-cased name, or '1' for none
    stage         text,
    disposition   text   not null,
    grade         text,
    search_text   text   not null,              -- lower-cased name, e-mail and company, one per line
    country       text,
    owner         text,
    source        text,
    campaign      text,
    channel       text,
    roles         text[] not null,
    groups        text[] not null,
    primary key (generation, id)
) with (fillfactor = 80);
create index lead_facets_by_created on lead_facets (generation, created_order, id);
create index lead_facets_by_name on lead_facets (generation, name_order, id);
create index lead_facets_by_role on lead_facets using gin (roles);
create index lead_facets_by_group on lead_facets using gin (groups);

-- The change feed. Numbers are drawn under a lock as the last step of a batch, so they become visible in order.
create table changes (
    number        bigint generated always as identity primary key,
    id            uuid   not null unique,   -- derived from what happened: announced once
    lead_id       uuid   not null,          -- as the lead was called then
    at            bigint not null,
    what          text   not null,
    from_value    text,
    to_value      text,
    because_event uuid,                     -- null: time did it
    because_rule  text   not null
);
create index changes_by_lead on changes (lead_id);

-- Records that could not be read or folded. A lead is incomplete while one of its identifiers has one here that it
-- misses; an id_conflict is not missed.
create table dead_letters (
    id            uuid    primary key,      -- derived from the place in the log
    partition     integer not null,
    record_offset bigint  not null,
    code          text    not null,
    detail        text    not null,         -- nothing personal
    event_id      uuid,
    subject       uuid,
    received_at   bigint,
    record        bytea   not null          -- as it stands in the log; personal data
);
create index dead_letters_by_subject on dead_letters (subject) where code in ('unreadable', 'unfoldable');

-- Policies and generations are kept for ever, so that any past version can be evaluated.
create table policies (
    version text primary key,               -- hash of the text
    text    text not null
);
create table generations (
    generation     bigint generated always as identity primary key,
    policy_version text    not null references policies (version),
    fold_version   integer not null,
    unique (policy_version, fold_version)
);
create table activations (
    number      bigint generated always as identity primary key,
    generation  bigint not null references generations (generation),
    active_from bigint not null,
    active_to   bigint                      -- null: the one that is answered from
);
create unique index activations_one_active on activations ((active_to is null)) where active_to is null;
