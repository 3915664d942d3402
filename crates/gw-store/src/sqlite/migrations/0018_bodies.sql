-- What callers sent and got, where that is kept: sealed, apart from the record, and for a time.
CREATE TABLE record_bodies (
    request BLOB PRIMARY KEY NOT NULL,
    expires INTEGER NOT NULL,
    sealed  BLOB NOT NULL
);
CREATE INDEX record_bodies_expiring ON record_bodies (expires);

-- What people and programs say about calls afterwards.
CREATE TABLE feedback (
    id      BLOB PRIMARY KEY NOT NULL,
    request BLOB NOT NULL,
    time    INTEGER NOT NULL,
    author  TEXT NOT NULL,
    score   INTEGER,
    label   TEXT,
    comment TEXT
) WITHOUT ROWID;
CREATE INDEX feedback_request ON feedback (request, id);
