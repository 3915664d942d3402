-- Calls that are kept to be looked at, tried again and compared. The place is an organization, a team or a project for whose
-- people it is; empty for its owner alone.
CREATE TABLE datasets (
    id          TEXT PRIMARY KEY NOT NULL,
    owner       TEXT NOT NULL,
    place       TEXT NOT NULL,
    name        TEXT NOT NULL,
    description TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    revision    INTEGER NOT NULL
) WITHOUT ROWID;

-- What is in them, sealed: copies, which stay when the record goes that they were made of.
CREATE TABLE dataset_items (
    dataset    TEXT NOT NULL,
    id         TEXT NOT NULL,
    -- The request that it was made of.
    source     BLOB,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    sealed     BLOB NOT NULL,
    PRIMARY KEY (dataset, id)
);
