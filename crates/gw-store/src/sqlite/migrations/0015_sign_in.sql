-- How people sign in: their password (only what it becomes), their second factor (sealed), and a link to choose a password.
CREATE TABLE logins (
    user_id      TEXT PRIMARY KEY NOT NULL,
    password     TEXT,
    totp         BLOB,
    -- A second factor that is not confirmed yet.
    totp_pending BLOB,
    -- The latest step of time whose code was used: none is good twice.
    totp_step    INTEGER NOT NULL,
    -- Digests of codes that stand in for the second factor: hexadecimal digits with spaces between.
    recovery     TEXT NOT NULL,
    link         BLOB,
    link_until   INTEGER,
    -- Whoever follows the link loses the second factor.
    link_resets  INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    revision     INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX logins_link ON logins (link);

-- People who are signed in. Of what their browser shows only the digest is kept.
CREATE TABLE sessions (
    id         TEXT PRIMARY KEY NOT NULL,
    digest     BLOB NOT NULL UNIQUE,
    -- The id of a user, or the digest of the key that was shown in place of one.
    holder     TEXT NOT NULL,
    via        TEXT NOT NULL,
    provider   TEXT NOT NULL,
    -- What the provider said of the person, sealed: it is shown to it again when the session ends.
    id_token   BLOB,
    created_at INTEGER NOT NULL,
    used_at    INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    address    TEXT NOT NULL,
    agent      TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX sessions_holder ON sessions (holder);
CREATE INDEX sessions_expires ON sessions (expires_at);

-- Whom identity providers call what.
CREATE TABLE identities (
    issuer     TEXT NOT NULL,
    subject    TEXT NOT NULL,
    user_id    TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (issuer, subject)
) WITHOUT ROWID;
CREATE INDEX identities_user ON identities (user_id);
