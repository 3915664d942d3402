-- What many records have in common is written once, and records name it by a number. Rows from before stay as they are: a
-- row without the number has the values itself. Whoever reads asks the view `records`, which is as the table was.

-- Who called: none is an empty text. The accounts are users, projects, teams, organizations.
CREATE TABLE record_callers (
    id       INTEGER PRIMARY KEY NOT NULL,
    key      BLOB NOT NULL,
    team     TEXT NOT NULL,
    accounts BLOB NOT NULL,
    UNIQUE (key, team, accounts)
);

-- What was called.
CREATE TABLE record_targets (
    id             INTEGER PRIMARY KEY NOT NULL,
    format         TEXT NOT NULL,
    model          TEXT NOT NULL,
    provider       TEXT NOT NULL,
    upstream_model TEXT NOT NULL,
    UNIQUE (model, provider, upstream_model, format)
);

-- With what.
CREATE TABLE record_agents (
    id         INTEGER PRIMARY KEY NOT NULL,
    user_agent TEXT NOT NULL UNIQUE
);

-- For whom: the customer and the tags as the caller named them, and their accounts.
CREATE TABLE record_customers (
    id       INTEGER PRIMARY KEY NOT NULL,
    customer TEXT NOT NULL,
    tags     TEXT NOT NULL,
    accounts BLOB NOT NULL,
    UNIQUE (customer, tags, accounts)
);

ALTER TABLE records RENAME TO record_rows;
ALTER TABLE record_rows ADD COLUMN caller_id INTEGER;
ALTER TABLE record_rows ADD COLUMN target_id INTEGER;
ALTER TABLE record_rows ADD COLUMN agent_id INTEGER;
ALTER TABLE record_rows ADD COLUMN customer_id INTEGER;

CREATE VIEW records AS
SELECT r.id AS id, r.time AS time, COALESCE(NULLIF(c.key, x''), r.key) AS key,
       COALESCE(NULLIF(c.team, ''), r.team) AS team,
       COALESCE(t.format, r.format) AS format, COALESCE(t.model, r.model) AS model,
       COALESCE(NULLIF(t.provider, ''), r.provider) AS provider,
       COALESCE(NULLIF(t.upstream_model, ''), r.upstream_model) AS upstream_model,
       r.stream AS stream, r.outcome AS outcome, r.status AS status, r.error_code AS error_code,
       r.error_detail AS error_detail, r.attempts AS attempts, r.cache AS cache,
       COALESCE(NULLIF(e.customer, ''), r.customer) AS customer, r.input AS input, r.output AS output,
       r.cached AS cached, r.cache_write AS cache_write, r.reasoning AS reasoning,
       r.usage_source AS usage_source, r.cost AS cost, r.first_byte_us AS first_byte_us,
       r.total_us AS total_us, r.tries AS tries, r.batch AS batch, r.parent AS parent, r.role AS role,
       NULLIF(CAST(COALESCE(c.accounts, x'') || COALESCE(r.accounts, x'') || COALESCE(e.accounts, x'') AS BLOB), x'')
           AS accounts,
       COALESCE(a.user_agent, r.user_agent) AS user_agent, r.session AS session,
       COALESCE(NULLIF(e.tags, ''), r.tags) AS tags, r.guardrails AS guardrails, r.details AS details,
       r.saved AS saved, r.caller_id AS caller_id, r.target_id AS target_id, r.agent_id AS agent_id,
       r.customer_id AS customer_id
FROM record_rows AS r
LEFT JOIN record_callers AS c ON c.id = r.caller_id
LEFT JOIN record_targets AS t ON t.id = r.target_id
LEFT JOIN record_agents AS a ON a.id = r.agent_id
LEFT JOIN record_customers AS e ON e.id = r.customer_id;

-- The key of an entry is 16 bytes, or the number of a caller.
ALTER TABLE ledger RENAME TO ledger_rows;
CREATE VIEW ledger AS
SELECT l.request AS request, l.attempt AS attempt, l.entry AS entry, l.time AS time,
       CASE typeof(l.key) WHEN 'integer' THEN NULLIF(c.key, x'') ELSE l.key END AS key, l.cost AS cost
FROM ledger_rows AS l
LEFT JOIN record_callers AS c ON c.id = l.key;
