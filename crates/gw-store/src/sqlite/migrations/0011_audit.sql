-- What was changed in the control plane, by whom: each entry is chained to the one before it by `hash`, and sealed with a
-- key that is not in the database.
CREATE TABLE audit (
    number  INTEGER PRIMARY KEY NOT NULL,
    time    INTEGER NOT NULL,
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
    hash    BLOB NOT NULL,
    seal    BLOB NOT NULL
);

-- One row: where the chain begins and ends, so that what is cut off its end is missed.
CREATE TABLE audit_head (
    one   INTEGER PRIMARY KEY NOT NULL CHECK (one = 1),
    first INTEGER NOT NULL,
    -- Hash of the entry before the first; zeros when there never was one.
    base  BLOB NOT NULL,
    last  INTEGER NOT NULL,
    hash  BLOB NOT NULL,
    seal  BLOB NOT NULL
);
