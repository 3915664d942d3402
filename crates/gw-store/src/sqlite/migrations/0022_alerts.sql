-- Rules, channels and silences of alerts that the API manages. What must not be shown of them is sealed.
CREATE TABLE alert_objects (
    id           TEXT PRIMARY KEY NOT NULL,
    kind         TEXT NOT NULL,
    -- Empty for the gateway's own.
    organization TEXT NOT NULL,
    name         TEXT NOT NULL,
    -- JSON.
    document     TEXT NOT NULL,
    sealed       BLOB,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    revision     INTEGER NOT NULL
);
CREATE UNIQUE INDEX alert_objects_name ON alert_objects (kind, organization, name);

-- What is known of each alert: one rule, one subject.
CREATE TABLE alert_states (
    rule       TEXT NOT NULL,
    subject    TEXT NOT NULL,
    version    INTEGER NOT NULL,
    is_firing  INTEGER NOT NULL,
    fired_at   INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL,
    sent_at    INTEGER,
    ends_at    INTEGER,
    changed_at INTEGER NOT NULL,
    -- The last notice, as JSON.
    notice     TEXT NOT NULL,
    PRIMARY KEY (rule, subject)
) WITHOUT ROWID;
CREATE INDEX alert_states_changed ON alert_states (changed_at);

-- What happened.
CREATE TABLE alert_events (
    id           TEXT PRIMARY KEY NOT NULL,
    time         INTEGER NOT NULL,
    kind         TEXT NOT NULL,
    rule         TEXT NOT NULL,
    organization TEXT NOT NULL,
    severity     TEXT NOT NULL,
    subject_id   TEXT NOT NULL,
    is_silenced  INTEGER NOT NULL,
    notice       TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX alert_events_time ON alert_events (time);

-- Who is to be told of it. State 0: waits; 1: told; 2: given up; 3: dropped.
CREATE TABLE alert_deliveries (
    event    TEXT NOT NULL,
    channel  TEXT NOT NULL,
    state    INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    due_at   INTEGER NOT NULL,
    error    TEXT NOT NULL,
    PRIMARY KEY (event, channel)
) WITHOUT ROWID;
CREATE INDEX alert_deliveries_due ON alert_deliveries (due_at) WHERE state = 0;
