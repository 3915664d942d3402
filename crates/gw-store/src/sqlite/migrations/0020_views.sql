-- Filters of the explorer that somebody named. The place is an organization, a team or a project for whose people it is; empty
-- for its owner alone.
CREATE TABLE saved_views (
    id         TEXT PRIMARY KEY NOT NULL,
    owner      TEXT NOT NULL,
    place      TEXT NOT NULL,
    name       TEXT NOT NULL,
    filters    TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision   INTEGER NOT NULL
) WITHOUT ROWID;
