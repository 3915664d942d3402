-- What else records say. All of it is null for calls that it says nothing of.

ALTER TABLE records ADD COLUMN user_agent TEXT;
ALTER TABLE records ADD COLUMN session TEXT;
-- `|tag|tag|`, as the caller named them.
ALTER TABLE records ADD COLUMN tags TEXT;
-- `|guardrail=action@side:kind|...|`
ALTER TABLE records ADD COLUMN guardrails TEXT;
-- What nobody looks for, as the journal has it.
ALTER TABLE records ADD COLUMN details BLOB;
-- Nano-dollars that an answer from the cache would have cost.
ALTER TABLE records ADD COLUMN saved INTEGER;

-- What stretches of `records` hold, so that a search can pass over those in which nothing can be found. A stretch is
-- described once it is old; whoever writes a row into it later removes the description.
CREATE TABLE record_blocks (
    last    BLOB PRIMARY KEY NOT NULL,
    first   BLOB NOT NULL,
    rows    INTEGER NOT NULL,
    summary BLOB NOT NULL
) WITHOUT ROWID;
