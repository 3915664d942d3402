-- Filters of the explorer that somebody named. The place is an organization, a team or a project for whose people it is; empty
-- for its owner alone.
CREATE TABLE saved_views (
    id         TEXT PRIMARY KEY,
    owner      TEXT NOT NULL,
    place      TEXT NOT NULL,
    name       TEXT NOT NULL,
    filters    TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    revision   BIGINT NOT NULL
);
