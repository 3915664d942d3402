-- Dynamic routes that the API manages, and their versions. A version is a draft (at most one), published (at most one)
-- or archived; a document is never changed once it was published.
CREATE TABLE routes (
    id         TEXT PRIMARY KEY NOT NULL,
    name       TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision   INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE route_versions (
    route        TEXT NOT NULL REFERENCES routes (id),
    number       INTEGER NOT NULL,
    document     TEXT NOT NULL,
    state        TEXT NOT NULL,
    author       TEXT NOT NULL,
    note         TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    published_at INTEGER,
    PRIMARY KEY (route, number)
) WITHOUT ROWID;
