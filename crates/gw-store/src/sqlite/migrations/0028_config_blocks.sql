-- Providers and models that the API manages, as blocks of the configuration. What must not be shown of them is sealed.
CREATE TABLE config_blocks (
    kind       TEXT NOT NULL,
    name       TEXT NOT NULL,
    -- JSON, without what is sealed.
    document   TEXT NOT NULL,
    sealed     BLOB,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision   INTEGER NOT NULL,
    PRIMARY KEY (kind, name)
) WITHOUT ROWID;
