-- Credentials of the admin API beside the master key. Of a token only its digest is kept.
CREATE TABLE admin_tokens (
    id         TEXT PRIMARY KEY NOT NULL,
    name       TEXT NOT NULL,
    digest     BLOB NOT NULL UNIQUE,
    old_digest BLOB,
    old_until  INTEGER,
    prefix     TEXT NOT NULL,
    last4      TEXT NOT NULL,
    -- A role and where it holds (everywhere when that is empty), or a user.
    role       TEXT NOT NULL,
    place      TEXT NOT NULL,
    user_id    TEXT NOT NULL,
    -- JSON: a list of texts.
    scopes     TEXT NOT NULL,
    expires_at INTEGER,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revision   INTEGER NOT NULL
);

CREATE INDEX admin_tokens_old ON admin_tokens (old_digest);

-- Of users: what they are to the gateway as a whole.
ALTER TABLE accounts ADD COLUMN role TEXT;
