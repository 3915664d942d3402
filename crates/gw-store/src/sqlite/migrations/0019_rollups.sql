-- Sums of calls by minute, hour and day.

-- What calls have in common that are summed up together. The id is a hash of all of it.
CREATE TABLE rollup_series (
    id           INTEGER PRIMARY KEY NOT NULL,
    is_of_caller INTEGER NOT NULL,
    key          BLOB,
    -- A label of keys, where the team is no account.
    team         TEXT NOT NULL,
    -- User, project, team, organization, one behind the other.
    accounts     BLOB NOT NULL,
    model        TEXT NOT NULL,
    provider     TEXT NOT NULL,
    outcome      INTEGER NOT NULL,
    -- Hundreds of the status.
    class        INTEGER NOT NULL,
    error        TEXT NOT NULL,
    cache        TEXT NOT NULL,
    -- The minute since 1970 in which it was seen first.
    first_minute INTEGER NOT NULL
);

-- Kind 0, 2, 4: all calls by minute, hour, day; 1, 3, 5: the same by caller. Start: minutes, hours, days since 1970.
CREATE TABLE rollups (
    kind        INTEGER NOT NULL,
    start       INTEGER NOT NULL,
    series      INTEGER NOT NULL,
    requests    INTEGER NOT NULL,
    errors      INTEGER NOT NULL,
    input       INTEGER NOT NULL,
    output      INTEGER NOT NULL,
    cached      INTEGER NOT NULL,
    cache_write INTEGER NOT NULL,
    reasoning   INTEGER NOT NULL,
    cost        INTEGER NOT NULL,
    saved       INTEGER NOT NULL,
    -- Durations: distances of buckets and counts, in groups of seven bits.
    latency     BLOB NOT NULL,
    first_byte  BLOB NOT NULL,
    PRIMARY KEY (kind, start, series)
) WITHOUT ROWID;
