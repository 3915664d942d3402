-- What was changed in the control plane, by whom: each entry is chained to the one before it by "hash", and sealed with a
-- key that is not in the database. The columns are those of the other database.
CREATE TABLE audit (
    number  BIGINT PRIMARY KEY,
    time    BIGINT NOT NULL,
    actor   TEXT NOT NULL,
    action  TEXT NOT NULL,
    kind    TEXT NOT NULL,
    target  TEXT NOT NULL,
    name    TEXT NOT NULL,
    outcome TEXT NOT NULL,
    -- JSON: the members that changed.
    before  TEXT,
    after   TEXT,
    address TEXT NOT NULL,
    agent   TEXT NOT NULL,
    hash    BYTEA NOT NULL,
    seal    BYTEA NOT NULL
);

-- One row: where the chain begins and ends, so that what is cut off its end is missed.
CREATE TABLE audit_head (
    one   SMALLINT PRIMARY KEY CHECK (one = 1),
    first BIGINT NOT NULL,
    -- Hash of the entry before the first; zeros when there never was one.
    base  BYTEA NOT NULL,
    last  BIGINT NOT NULL,
    hash  BYTEA NOT NULL,
    seal  BYTEA NOT NULL
);
