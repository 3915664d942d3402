-- Ids are 16 bytes, big-endian. Times are microseconds since 1970 UTC, money is nano-dollars.
-- Tables that grow with traffic have no secondary index: each would cost as much as the row itself.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY NOT NULL,
    value NOT NULL
) WITHOUT ROWID;

-- Virtual keys that the API manages. A revoked key keeps its row (reports name it), not its name.
CREATE TABLE keys (
    id         BLOB PRIMARY KEY NOT NULL,
    name       TEXT NOT NULL,
    digest     BLOB NOT NULL,
    pepper     INTEGER NOT NULL,
    policy     TEXT NOT NULL,
    prefix     TEXT NOT NULL,
    last4      TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    revoked_at INTEGER,
    revision   INTEGER NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX keys_name ON keys (name) WHERE revoked_at IS NULL;
CREATE UNIQUE INDEX keys_digest ON keys (digest);

-- Names of all keys ever seen, those of the configuration file included, for reports.
CREATE TABLE key_labels (
    id      BLOB PRIMARY KEY NOT NULL,
    name    TEXT NOT NULL,
    team    TEXT NOT NULL,
    project TEXT NOT NULL
) WITHOUT ROWID;

-- What changed, for other nodes: the revision is assigned under the write lock.
CREATE TABLE changes (
    revision INTEGER PRIMARY KEY AUTOINCREMENT,
    time     INTEGER NOT NULL,
    kind     TEXT NOT NULL,
    id       TEXT NOT NULL
);

-- One row per request.
CREATE TABLE records (
    id             BLOB PRIMARY KEY NOT NULL,
    time           INTEGER NOT NULL,
    key            BLOB,
    team           TEXT,
    format         TEXT NOT NULL,
    model          TEXT NOT NULL,
    provider       TEXT,
    upstream_model TEXT,
    stream         INTEGER NOT NULL,
    outcome        INTEGER NOT NULL,
    status         INTEGER NOT NULL,
    error_code     TEXT,
    error_detail   TEXT,
    attempts       INTEGER NOT NULL,
    cache          TEXT,
    customer       TEXT,
    input          INTEGER NOT NULL,
    output         INTEGER NOT NULL,
    cached         INTEGER NOT NULL,
    cache_write    INTEGER NOT NULL,
    reasoning      INTEGER NOT NULL,
    usage_source   INTEGER NOT NULL,
    cost           INTEGER NOT NULL,
    first_byte_us  INTEGER,
    total_us       INTEGER NOT NULL,
    tries          TEXT
) WITHOUT ROWID;

-- One row per attempt; a correction of a lost one is a further entry. The sum of entries is what counts.
CREATE TABLE ledger (
    request BLOB NOT NULL,
    attempt INTEGER NOT NULL,
    entry   INTEGER NOT NULL,
    time    INTEGER NOT NULL,
    key     BLOB,
    cost    INTEGER NOT NULL,
    PRIMARY KEY (request, attempt, entry)
) WITHOUT ROWID;

-- Money by key and UTC day since 1970; day -1 is the sum of all days.
CREATE TABLE spent (
    day  INTEGER NOT NULL,
    key  BLOB NOT NULL,
    cost INTEGER NOT NULL,
    PRIMARY KEY (day, key)
) WITHOUT ROWID;

-- Usage by hour since 1970. Empty text or blob is "none".
CREATE TABLE usage (
    hour     INTEGER NOT NULL,
    key      BLOB NOT NULL,
    team     TEXT NOT NULL,
    model    TEXT NOT NULL,
    provider TEXT NOT NULL,
    customer TEXT NOT NULL,
    requests INTEGER NOT NULL,
    errors   INTEGER NOT NULL,
    input    INTEGER NOT NULL,
    output   INTEGER NOT NULL,
    cached   INTEGER NOT NULL,
    cost     INTEGER NOT NULL,
    saved    INTEGER NOT NULL,
    PRIMARY KEY (hour, key, team, model, provider, customer)
) WITHOUT ROWID;

-- How far each chain of journal segments is folded: every earlier segment whole, this one up to the offset.
CREATE TABLE watermarks (
    node       INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    worker     INTEGER NOT NULL,
    sequence   INTEGER NOT NULL,
    offset     INTEGER NOT NULL,
    PRIMARY KEY (node, generation, worker)
) WITHOUT ROWID;

-- Intents of calls that still ran when the segment they stood in was given up.
CREATE TABLE pending (
    node    INTEGER NOT NULL,
    request BLOB NOT NULL,
    attempt INTEGER NOT NULL,
    intent  TEXT NOT NULL,
    PRIMARY KEY (node, request, attempt)
) WITHOUT ROWID;
