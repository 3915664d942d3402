-- Providers and models that the API manages, as blocks of the configuration. What must not be shown of them is sealed.
CREATE TABLE config_blocks (
    kind       TEXT COLLATE "C" NOT NULL,
    name       TEXT COLLATE "C" NOT NULL,
    -- JSON, without what is sealed.
    document   TEXT COLLATE "C" NOT NULL,
    sealed     BYTEA,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    revision   BIGINT NOT NULL,
    PRIMARY KEY (kind, name)
);
