-- What outlives the request that made it, and whose it is.
CREATE TABLE objects (
    -- Code of the kind; 3 is a stored response, 6 an item of one.
    kind     INTEGER NOT NULL,
    id       TEXT NOT NULL,
    -- Empty when the gateway keeps it.
    provider TEXT NOT NULL,
    -- Zero is the master key.
    owner    BLOB NOT NULL,
    model    TEXT NOT NULL,
    detail   TEXT NOT NULL,
    created  INTEGER NOT NULL,
    expires  INTEGER,
    PRIMARY KEY (kind, id)
) WITHOUT ROWID;
-- Responses are many and never listed.
CREATE INDEX objects_listed ON objects (kind, owner, created, id) WHERE kind NOT IN (3, 6);
-- They expire in the order of their making, so that this index grows at its end.
CREATE INDEX objects_expiring ON objects (expires) WHERE expires IS NOT NULL;

-- Contents of what the gateway keeps itself, sealed.
CREATE TABLE object_states (
    kind  INTEGER NOT NULL,
    id    TEXT NOT NULL,
    state BLOB NOT NULL,
    PRIMARY KEY (kind, id)
);
