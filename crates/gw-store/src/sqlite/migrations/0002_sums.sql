-- Rows of `usage` and `spent` may be written later than the records that they sum up. Which records are not
-- summed up yet: those with a batch above `summing.summed`. None of them has an id below `summing.first`.

-- The transaction of the fold that stored the row. Rows from before are summed up.
ALTER TABLE records ADD COLUMN batch INTEGER NOT NULL DEFAULT 0;

-- One row.
CREATE TABLE summing (
    one    INTEGER PRIMARY KEY NOT NULL CHECK (one = 1),
    -- The latest batch.
    batch  INTEGER NOT NULL,
    -- Records of this batch and of those before it are in `usage` and `spent`.
    summed INTEGER NOT NULL,
    -- Null when every record is summed up.
    first  BLOB
);
INSERT INTO summing (one, batch, summed, first) VALUES (1, 0, 0, NULL);
