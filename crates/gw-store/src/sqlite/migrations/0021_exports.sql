-- Exports of records: what is to be written, by whom it is being written, and what came of it.
CREATE TABLE exports (
    -- In the order of time. Of a schedule: made of its name and the stretch of time, so that each is there once.
    id       BLOB PRIMARY KEY NOT NULL,
    -- 0 waits, 1 is being written, 2 done, 3 failed, 4 cancelled.
    state    INTEGER NOT NULL,
    node     INTEGER NOT NULL,
    touched  INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    job      TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX exports_open ON exports (state, id) WHERE state < 2;
