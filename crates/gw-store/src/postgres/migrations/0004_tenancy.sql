-- What stands above and beside keys, and the plans that all of them point at. Ids are as they are shown. Nothing is
-- null where names must differ: an account without a parent has an empty one.
CREATE TABLE accounts (
    id          TEXT COLLATE "C" PRIMARY KEY,
    level       SMALLINT NOT NULL,
    parent      TEXT COLLATE "C" NOT NULL,
    name        TEXT COLLATE "C" NOT NULL,
    -- What must differ within a parent: the name, or a person's address.
    unique_name TEXT COLLATE "C" NOT NULL,
    email       TEXT COLLATE "C",
    plan        TEXT COLLATE "C",
    policy      TEXT NOT NULL,
    metadata    TEXT NOT NULL,
    disabled    BOOLEAN NOT NULL,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL,
    revision    BIGINT NOT NULL
);
CREATE UNIQUE INDEX accounts_name ON accounts (level, parent, unique_name);
CREATE INDEX accounts_parent ON accounts (parent, id);

-- Who belongs to what.
CREATE TABLE memberships (
    user_id TEXT COLLATE "C" NOT NULL,
    account TEXT COLLATE "C" NOT NULL,
    role    TEXT NOT NULL,
    PRIMARY KEY (user_id, account)
);
CREATE INDEX memberships_account ON memberships (account);

-- A key's secret before the present one, while it is good.
ALTER TABLE keys ADD COLUMN old_digest BYTEA;
ALTER TABLE keys ADD COLUMN old_until BIGINT;

-- Answers to writes that are given again when the same write comes again.
CREATE TABLE given_answers (
    idempotency_key TEXT PRIMARY KEY,
    request         BYTEA NOT NULL,
    status          INTEGER NOT NULL,
    etag            TEXT NOT NULL,
    sealed          BYTEA NOT NULL,
    created_at      BIGINT NOT NULL
);
CREATE INDEX given_answers_time ON given_answers (created_at);
