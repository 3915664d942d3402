-- Credentials of providers that the API manages. What they are stands sealed in the row.
CREATE TABLE credentials (
    name        TEXT PRIMARY KEY NOT NULL,
    sealed      BLOB NOT NULL,
    last4       TEXT NOT NULL,
    description TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL
) WITHOUT ROWID;
