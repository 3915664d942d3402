-- Sums of calls by minute, hour and day.

-- What calls have in common that are summed up together. The id is a hash of all of it.
CREATE TABLE rollup_series (
    id           BIGINT PRIMARY KEY,
    is_of_caller BOOLEAN NOT NULL,
    key          BYTEA,
    -- A label of keys, where the team is no account.
    team         TEXT NOT NULL,
    -- User, project, team, organization, one behind the other.
    accounts     BYTEA NOT NULL,
    model        TEXT NOT NULL,
    provider     TEXT NOT NULL,
    outcome      SMALLINT NOT NULL,
    -- Hundreds of the status.
    class        SMALLINT NOT NULL,
    error        TEXT NOT NULL,
    cache        TEXT NOT NULL,
    -- The minute since 1970 of the first call that was written down.
    first_minute BIGINT NOT NULL
);

-- Kind 0, 2, 4: all calls by minute, hour, day; 1, 3, 5: the same by caller. Start: minutes, hours, days since 1970.
CREATE TABLE rollups (
    kind        SMALLINT NOT NULL,
    start       BIGINT NOT NULL,
    series      BIGINT NOT NULL,
    requests    BIGINT NOT NULL,
    errors      BIGINT NOT NULL,
    input       BIGINT NOT NULL,
    output      BIGINT NOT NULL,
    cached      BIGINT NOT NULL,
    cache_write BIGINT NOT NULL,
    reasoning   BIGINT NOT NULL,
    cost        BIGINT NOT NULL,
    saved       BIGINT NOT NULL,
    -- Durations: for each bucket its number, forty bits up, and its count.
    latency     BIGINT[] NOT NULL,
    first_byte  BIGINT[] NOT NULL,
    PRIMARY KEY (kind, start, series)
) WITH (fillfactor = 70);

-- Counts of the same bucket are one.
CREATE FUNCTION merged_buckets(one BIGINT[], other BIGINT[]) RETURNS BIGINT[] LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN other = '{}' THEN one WHEN one = '{}' THEN other ELSE (
        SELECT array_agg((bucket << 40) + count ORDER BY bucket) FROM (
            SELECT entry >> 40 AS bucket, LEAST(SUM(entry & 1099511627775), 1099511627775)::bigint AS count
            FROM unnest(one || other) AS entry GROUP BY 1
        ) AS buckets
    ) END
$$;
