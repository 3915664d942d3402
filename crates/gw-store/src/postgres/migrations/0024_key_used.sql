-- When each key was last used at any node, to about a minute.
CREATE TABLE key_used (
    key     BYTEA PRIMARY KEY,
    used_at BIGINT NOT NULL
);
