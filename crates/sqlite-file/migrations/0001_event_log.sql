-- The event log of the embedded product: partition 0. `seq` is the offset, and the only key: a second index would
-- triple the cost of an append. `autoincrement` never gives a number twice, not even after the newest row is gone.
create table log (
    seq integer primary key autoincrement,
    -- When the record was appended: milliseconds since 1970, UTC.
    appended_at integer not null,
    -- The stored form of a fact: JSON in UTF-8. Personal data.
    record blob not null
);
