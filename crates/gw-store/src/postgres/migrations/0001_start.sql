-- Ids are 16 bytes, big-endian. Times are microseconds since 1970 UTC, money is nano-dollars.
-- Texts that lists are sorted by are sorted by their bytes. All of it stands in the schema `gatewright`; every node of an installation writes here.

-- What holds for the whole installation.
CREATE TABLE settings (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- Virtual keys that the API manages. A revoked key keeps its row (reports name it), not its name.
CREATE TABLE keys (
    id         BYTEA PRIMARY KEY,
    name       TEXT NOT NULL,
    digest     BYTEA NOT NULL,
    pepper     INTEGER NOT NULL,
    policy     TEXT NOT NULL,
    prefix     TEXT NOT NULL,
    last4      TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    revoked_at BIGINT,
    revision   BIGINT NOT NULL
);
CREATE UNIQUE INDEX keys_name ON keys (name) WHERE revoked_at IS NULL;
CREATE UNIQUE INDEX keys_digest ON keys (digest);

-- Names of all keys ever seen, those of configuration files included, for reports.
CREATE TABLE key_labels (
    id      BYTEA PRIMARY KEY,
    name    TEXT NOT NULL,
    team    TEXT NOT NULL,
    project TEXT NOT NULL
);

-- What changed, for other nodes. Revisions are given out under a lock that is held to the commit, so that whoever has
-- seen one has seen all below it.
CREATE TABLE changes (
    revision BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    time     BIGINT NOT NULL,
    kind     TEXT NOT NULL,
    id       TEXT NOT NULL
);

-- One row per request.
CREATE TABLE records (
    id             BYTEA PRIMARY KEY,
    time           BIGINT NOT NULL,
    key            BYTEA,
    team           TEXT,
    format         TEXT NOT NULL,
    model          TEXT NOT NULL,
    provider       TEXT,
    upstream_model TEXT,
    stream         BOOLEAN NOT NULL,
    outcome        SMALLINT NOT NULL,
    status         INTEGER NOT NULL,
    error_code     TEXT,
    error_detail   TEXT,
    attempts       INTEGER NOT NULL,
    cache          TEXT,
    customer       TEXT,
    input          BIGINT NOT NULL,
    output         BIGINT NOT NULL,
    cached         BIGINT NOT NULL,
    cache_write    BIGINT NOT NULL,
    reasoning      BIGINT NOT NULL,
    usage_source   SMALLINT NOT NULL,
    cost           BIGINT NOT NULL,
    first_byte_us  BIGINT,
    total_us       BIGINT NOT NULL,
    tries          TEXT,
    parent         BYTEA,
    role           SMALLINT
);
-- Requests are not in it, so that it costs them nothing.
CREATE INDEX records_parent ON records (parent) WHERE parent IS NOT NULL;

-- One row per attempt; a correction of a lost one is a further entry. The sum of entries is what counts.
CREATE TABLE ledger (
    request BYTEA NOT NULL,
    attempt INTEGER NOT NULL,
    entry   INTEGER NOT NULL,
    time    BIGINT NOT NULL,
    key     BYTEA,
    cost    BIGINT NOT NULL,
    PRIMARY KEY (request, attempt, entry)
);

-- Money by key and UTC day since 1970; day -1 is the sum of all days. Room in each page lets updates stay in it.
CREATE TABLE spent (
    day  BIGINT NOT NULL,
    key  BYTEA NOT NULL,
    cost BIGINT NOT NULL,
    PRIMARY KEY (day, key)
) WITH (fillfactor = 70);

-- Usage by hour since 1970. Empty text or bytes is "none".
CREATE TABLE usage (
    hour     BIGINT NOT NULL,
    key      BYTEA NOT NULL,
    team     TEXT NOT NULL,
    model    TEXT NOT NULL,
    provider TEXT NOT NULL,
    customer TEXT NOT NULL,
    requests BIGINT NOT NULL,
    errors   BIGINT NOT NULL,
    input    BIGINT NOT NULL,
    output   BIGINT NOT NULL,
    cached   BIGINT NOT NULL,
    cost     BIGINT NOT NULL,
    saved    BIGINT NOT NULL,
    PRIMARY KEY (hour, key, team, model, provider, customer)
) WITH (fillfactor = 70);

-- How far each chain of journal segments of each node is folded: every earlier segment whole, this one up to the place.
CREATE TABLE watermarks (
    node       BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    worker     INTEGER NOT NULL,
    sequence   BIGINT NOT NULL,
    place      BIGINT NOT NULL,
    PRIMARY KEY (node, generation, worker)
) WITH (fillfactor = 50);

-- Intents of calls that still ran when the segment they stood in was given up.
CREATE TABLE pending (
    node    BIGINT NOT NULL,
    request BYTEA NOT NULL,
    attempt INTEGER NOT NULL,
    hold    BIGINT NOT NULL,
    intent  TEXT NOT NULL,
    PRIMARY KEY (node, request, attempt)
);

-- What outlives the request that made it, and whose it is.
CREATE TABLE objects (
    -- Code of the kind; 3 is a stored response, 6 an item of one.
    kind       SMALLINT NOT NULL,
    id         TEXT COLLATE "C" NOT NULL,
    -- Empty when the gateway keeps it.
    provider   TEXT NOT NULL,
    -- Zero is the master key.
    owner      BYTEA NOT NULL,
    model      TEXT NOT NULL,
    detail     TEXT NOT NULL,
    created    BIGINT NOT NULL,
    expires    BIGINT,
    -- The name of the provider's credential that it was made with; empty when the provider has no named ones.
    credential TEXT NOT NULL,
    PRIMARY KEY (kind, id)
);
-- Responses are many and never listed.
CREATE INDEX objects_listed ON objects (kind, owner, created, id) WHERE kind NOT IN (3, 6);
CREATE INDEX objects_expiring ON objects (expires) WHERE expires IS NOT NULL;

-- Contents of what the gateway keeps itself, sealed.
CREATE TABLE object_states (
    kind  SMALLINT NOT NULL,
    id    TEXT COLLATE "C" NOT NULL,
    state BYTEA NOT NULL,
    PRIMARY KEY (kind, id)
);

-- Credentials of providers that the API manages. What they are stands sealed in the row.
CREATE TABLE credentials (
    name        TEXT COLLATE "C" PRIMARY KEY,
    sealed      BYTEA NOT NULL,
    last4       TEXT NOT NULL,
    description TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL
);

-- Dynamic routes that the API manages, and their versions. A version is a draft (at most one), published (at most one)
-- or archived; a document is never changed once it was published.
CREATE TABLE routes (
    id         TEXT PRIMARY KEY,
    name       TEXT COLLATE "C" NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    revision   BIGINT NOT NULL
);

CREATE TABLE route_versions (
    route        TEXT NOT NULL REFERENCES routes (id),
    number       BIGINT NOT NULL,
    document     TEXT NOT NULL,
    state        TEXT NOT NULL,
    author       TEXT NOT NULL,
    note         TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    published_at BIGINT,
    PRIMARY KEY (route, number)
);
