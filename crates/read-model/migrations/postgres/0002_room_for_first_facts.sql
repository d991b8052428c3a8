-- Room to note the first fact of an identifier on the same page, without touching the indexes. Pages that are full
-- already stay as they are.
alter table identifiers set (fillfactor = 60);
