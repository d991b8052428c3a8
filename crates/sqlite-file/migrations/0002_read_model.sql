-- The read model in the embedded file. The same tables, under the same names, stand in PostgreSQL.
--
-- Instants are milliseconds since 1970-01-01T00:00:00Z; ids are the 16 bytes of the UUID; lists of names are JSON.
-- Nothing in a row depends on when or where it was written.

-- How far each partition of the log is projected, and whose it is. The fence of every batch.
create table positions (
    projection  text    not null,
    topic       text    not null,
    partition   integer not null,
    next_offset integer,                    -- null: nothing was ever read
    epoch       integer not null,           -- grows with each claim
    owner       text    not null,
    primary key (projection, topic, partition)
) without rowid;

-- Every identifier that a fact named.
create table identifiers (
    id                  blob not null primary key, -- the lead id that this identifier alone would be
    kind                text,               -- email, external_id, phone, anonymous_id; null: only the id is known
    value               text,               -- canonical; personal data
    source              text,               -- of an external id: who gave it
    lead_id             blob    not null,   -- the lead to which it belongs now
    first_fact_at       integer,            -- place of the earliest fact whose strongest identifier it is; null: none
    first_fact_rank     integer,
    first_fact_event_id blob
) without rowid;
create index identifiers_by_lead on identifiers (lead_id);
create index identifiers_by_value on identifiers (kind, value);

-- Identifiers that facts named together. The groups follow from the pairs.
create table pairs (
    low               blob not null,        -- the smaller id of the two
    high              blob not null,
    sighted_at        integer,              -- the first fact that showed both
    sighted_rank      integer,
    sighted_event_id  blob,
    linked_at         integer,              -- the latest identity.linked
    linked_rank       integer,
    linked_event_id   blob,
    linked_given      blob,                 -- the end that goes to the other one
    unlinked_at       integer,              -- the latest identity.unlinked
    unlinked_rank     integer,
    unlinked_event_id blob,
    primary key (low, high)
) without rowid;
create index pairs_by_high on pairs (high);

-- The event store: every fact, under its own strongest identifier, for ever. The key is the order of facts.
create table timeline (
    subject     blob    not null,
    occurred_at integer not null,
    rank        integer not null,
    event_id    blob    not null unique,    -- over all leads: this is the dedupe
    content     text    not null,           -- hash of what was posted: two contents under one id are a conflict
    received_at integer not null,
    record      text    not null,           -- the stored form of the fact; personal data
    primary key (subject, occurred_at, rank, event_id)
) without rowid;

-- A lead in three rows, by how often they change. First, what each fact changes and nothing is looked up by.
create table leads (
    generation         integer not null,
    id                 blob    not null,
    last_fact_at       integer not null,
    last_fact_rank     integer not null,
    last_fact_event_id blob    not null,
    state              text    not null,    -- the fold's state, canonical JSON; personal data
    primary key (generation, id)
);

-- Second, what most facts change and lists are in order of. Order columns ascend and are never null, so that a page
-- starts with (order, id) > (…): the negated rank key, infinity for none; negated milliseconds, the greatest number
-- for none. A rank key stands here as the whole number that sorts like its bits: as a decimal text, which is how
-- numbers travel to json_each, SQLite would round it.
create table lead_ranks (
    generation     integer not null,
    id             blob    not null,
    identified     integer not null,
    score_order    integer not null,
    activity_order integer not null,
    hot_until      integer,
    warm_until     integer,
    primary key (generation, id)
) without rowid;
create index lead_ranks_by_score on lead_ranks (generation, score_order, id);
create index lead_ranks_by_activity on lead_ranks (generation, activity_order, id);

-- Third, what few facts change; written only when something in it did.
create table lead_facets (
    generation    integer not null,
    id            blob    not null,
    created_order integer not null,         -- negated milliseconds
    name_order    text    not null,         -- '0' and the lower-cased name, or '1' for none
    stage         text,
    disposition   text    not null,
    grade         text,
    search_text   text    not null,         -- lower-cased name, e-mail and company, one per line
    country       text,
    owner         text,
    source        text,
    campaign      text,
    channel       text,
    roles         text    not null,
    groups        text    not null,
    primary key (generation, id)
) without rowid;
create index lead_facets_by_created on lead_facets (generation, created_order, id);
create index lead_facets_by_name on lead_facets (generation, name_order, id);

-- The change feed. Numbers are drawn as the last step of a batch, and never twice.
create table changes (
    number        integer primary key autoincrement,
    id            blob    not null unique,  -- derived from what happened: announced once
    lead_id       blob    not null,         -- as the lead was called then
    at            integer not null,
    what          text    not null,
    from_value    text,
    to_value      text,
    because_event blob,                     -- null: time did it
    because_rule  text    not null
);
create index changes_by_lead on changes (lead_id);

-- Records that could not be read or folded. A lead is incomplete while one of its identifiers has one here that it
-- misses; an id_conflict is not missed.
create table dead_letters (
    id            blob    not null primary key, -- derived from the place in the log
    partition     integer not null,
    record_offset integer not null,
    code          text    not null,
    detail        text    not null,         -- nothing personal
    event_id      blob,
    subject       blob,
    received_at   integer,
    record        blob    not null          -- as it stands in the log; personal data
);
create index dead_letters_by_subject on dead_letters (subject) where code in ('unreadable', 'unfoldable');

-- Policies and generations are kept for ever, so that any past version can be evaluated.
create table policies (
    version text not null primary key,      -- hash of the text
    text    text not null
);
create table generations (
    generation     integer primary key autoincrement,
    policy_version text    not null references policies (version),
    fold_version   integer not null,
    unique (policy_version, fold_version)
);
create table activations (
    number      integer primary key autoincrement,
    generation  integer not null references generations (generation),
    active_from integer not null,
    active_to   integer                     -- null: the one that is answered from
);
create unique index activations_one_active on activations ((active_to is null)) where active_to is null;
