-- What callers sent and got, where that is kept: sealed, apart from the record, and for a time.
CREATE TABLE record_bodies (
    request BYTEA PRIMARY KEY,
    expires BIGINT NOT NULL,
    sealed  BYTEA NOT NULL
);
CREATE INDEX record_bodies_expiring ON record_bodies (expires);

-- What people and programs say about calls afterwards.
CREATE TABLE feedback (
    id      BYTEA PRIMARY KEY,
    request BYTEA NOT NULL,
    time    BIGINT NOT NULL,
    author  TEXT NOT NULL,
    score   BIGINT,
    label   TEXT,
    comment TEXT
);
CREATE INDEX feedback_request ON feedback (request, id);
