-- Rules, channels and silences of alerts that the API manages. What must not be shown of them is sealed.
CREATE TABLE alert_objects (
    id           TEXT COLLATE "C" PRIMARY KEY,
    kind         TEXT COLLATE "C" NOT NULL,
    -- Empty for the gateway's own.
    organization TEXT COLLATE "C" NOT NULL,
    name         TEXT COLLATE "C" NOT NULL,
    -- JSON.
    document     TEXT COLLATE "C" NOT NULL,
    sealed       BYTEA,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    revision     BIGINT NOT NULL
);
CREATE UNIQUE INDEX alert_objects_name ON alert_objects (kind, organization, name);

-- What is known of each alert: one rule, one subject.
CREATE TABLE alert_states (
    rule       TEXT COLLATE "C" NOT NULL,
    subject    TEXT COLLATE "C" NOT NULL,
    version    BIGINT NOT NULL,
    is_firing  BOOLEAN NOT NULL,
    fired_at   BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL,
    sent_at    BIGINT,
    ends_at    BIGINT,
    changed_at BIGINT NOT NULL,
    -- The last notice, as JSON.
    notice     TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (rule, subject)
);
CREATE INDEX alert_states_changed ON alert_states (changed_at);

-- What happened.
CREATE TABLE alert_events (
    id           TEXT COLLATE "C" PRIMARY KEY,
    time         BIGINT NOT NULL,
    kind         TEXT COLLATE "C" NOT NULL,
    rule         TEXT COLLATE "C" NOT NULL,
    organization TEXT COLLATE "C" NOT NULL,
    severity     TEXT COLLATE "C" NOT NULL,
    subject_id   TEXT COLLATE "C" NOT NULL,
    is_silenced  BOOLEAN NOT NULL,
    notice       TEXT COLLATE "C" NOT NULL
);
CREATE INDEX alert_events_time ON alert_events (time);

-- Who is to be told of it. State 0: waits; 1: told; 2: given up; 3: dropped.
CREATE TABLE alert_deliveries (
    event    TEXT COLLATE "C" NOT NULL,
    channel  TEXT COLLATE "C" NOT NULL,
    state    SMALLINT NOT NULL,
    attempts BIGINT NOT NULL,
    due_at   BIGINT NOT NULL,
    error    TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (event, channel)
);
CREATE INDEX alert_deliveries_due ON alert_deliveries (due_at) WHERE state = 0;
