-- What calls count for besides their key. An account is 17 bytes: the code of its level, and its number, big-endian.

-- The accounts of a call, one behind the other. Null for calls of bare keys.
ALTER TABLE records ADD COLUMN accounts BYTEA;

-- Usage of accounts by hour since 1970; hour -1 is the sum of all hours.
CREATE TABLE account_usage (
    hour     BIGINT NOT NULL,
    account  BYTEA NOT NULL,
    requests BIGINT NOT NULL,
    errors   BIGINT NOT NULL,
    input    BIGINT NOT NULL,
    output   BIGINT NOT NULL,
    cached   BIGINT NOT NULL,
    cost     BIGINT NOT NULL,
    saved    BIGINT NOT NULL,
    PRIMARY KEY (hour, account)
) WITH (fillfactor = 70);

-- Names of all accounts ever seen, for reports.
CREATE TABLE account_labels (
    account BYTEA PRIMARY KEY,
    name    TEXT NOT NULL
);
