-- Sums by hour of what roll-ups do not tell apart: by 1 format, 2 model as the provider names it, 3 region, 4 guardrail that found
-- something, 5 tag; within an organization, which is empty for calls that count for none. Filled from this version on.
CREATE TABLE part_usage (
    part         SMALLINT NOT NULL,
    hour         BIGINT NOT NULL,
    organization BYTEA NOT NULL,
    value        TEXT NOT NULL,
    requests     BIGINT NOT NULL,
    errors       BIGINT NOT NULL,
    input        BIGINT NOT NULL,
    output       BIGINT NOT NULL,
    cached       BIGINT NOT NULL,
    cost         BIGINT NOT NULL,
    saved        BIGINT NOT NULL,
    PRIMARY KEY (part, hour, organization, value)
) WITH (fillfactor = 70);
