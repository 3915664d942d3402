-- Sums by hour of what roll-ups do not tell apart: by 1 format, 2 model as the provider names it, 3 region, 4 guardrail that found
-- something, 5 tag; within an organization, which is empty for calls that count for none. Filled from this version on.
CREATE TABLE part_usage (
    part         INTEGER NOT NULL,
    hour         INTEGER NOT NULL,
    organization BLOB NOT NULL,
    value        TEXT NOT NULL,
    requests     INTEGER NOT NULL,
    errors       INTEGER NOT NULL,
    input        INTEGER NOT NULL,
    output       INTEGER NOT NULL,
    cached       INTEGER NOT NULL,
    cost         INTEGER NOT NULL,
    saved        INTEGER NOT NULL,
    PRIMARY KEY (part, hour, organization, value)
) WITHOUT ROWID;
