-- What else records say. All of it is null for calls that it says nothing of.
ALTER TABLE records ADD COLUMN user_agent TEXT;
ALTER TABLE records ADD COLUMN session TEXT;
-- `|tag|tag|`, as the caller named them.
ALTER TABLE records ADD COLUMN tags TEXT;
-- `|guardrail=action@side:kind|...|`
ALTER TABLE records ADD COLUMN guardrails TEXT;
-- What nobody looks for, as the journal has it.
ALTER TABLE records ADD COLUMN details BYTEA;
-- Nano-dollars that an answer from the cache would have cost.
ALTER TABLE records ADD COLUMN saved BIGINT;

-- Few records have one, and what belongs together is looked for across all time.
CREATE INDEX records_session ON records (session, id) WHERE session IS NOT NULL;
