-- What stands above and beside keys, and the plans that all of them point at. Ids are as they are shown. Nothing is
-- null where names must differ: an account without a parent has an empty one.
CREATE TABLE accounts (
    id          TEXT PRIMARY KEY NOT NULL,
    level       INTEGER NOT NULL,
    parent      TEXT NOT NULL,
    name        TEXT NOT NULL,
    -- What must differ within a parent: the name, or a person's address.
    unique_name TEXT NOT NULL,
    email       TEXT,
    plan        TEXT,
    policy      TEXT NOT NULL,
    metadata    TEXT NOT NULL,
    disabled    INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    revision    INTEGER NOT NULL
);
CREATE UNIQUE INDEX accounts_name ON accounts (level, parent, unique_name);
CREATE INDEX accounts_parent ON accounts (parent, id);

-- Who belongs to what.
CREATE TABLE memberships (
    user_id TEXT NOT NULL,
    account TEXT NOT NULL,
    role    TEXT NOT NULL,
    PRIMARY KEY (user_id, account)
);
CREATE INDEX memberships_account ON memberships (account);

-- A key's secret before the present one, while it is good.
ALTER TABLE keys ADD COLUMN old_digest BLOB;
ALTER TABLE keys ADD COLUMN old_until INTEGER;

-- Answers to writes that are given again when the same write comes again.
CREATE TABLE given_answers (
    idempotency_key TEXT PRIMARY KEY NOT NULL,
    request         BLOB NOT NULL,
    status          INTEGER NOT NULL,
    etag            TEXT NOT NULL,
    sealed          BLOB NOT NULL,
    created_at      INTEGER NOT NULL
);
CREATE INDEX given_answers_time ON given_answers (created_at);
