-- Facts are looked up by their campaigns: the beginning of the name, as an index row does not hold a whole long one.
alter table timeline
    add column campaign       text collate "C",  -- first 500 characters of the campaign that a fact of a lead carries
    add column about_campaign text collate "C";  -- the same of the campaign that the fact itself is about
