-- Calls that are kept to be looked at, tried again and compared. The place is an organization, a team or a project for whose
-- people it is; empty for its owner alone.
CREATE TABLE datasets (
    id          TEXT PRIMARY KEY,
    owner       TEXT NOT NULL,
    place       TEXT NOT NULL,
    name        TEXT NOT NULL,
    description TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL,
    revision    BIGINT NOT NULL
);

-- What is in them, sealed: copies, which stay when the record goes that they were made of.
CREATE TABLE dataset_items (
    dataset    TEXT NOT NULL,
    id         TEXT COLLATE "C" NOT NULL,
    -- The request that it was made of.
    source     BYTEA,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    sealed     BYTEA NOT NULL,
    PRIMARY KEY (dataset, id)
);
