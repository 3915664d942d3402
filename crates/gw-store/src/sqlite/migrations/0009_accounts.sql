-- What calls count for besides their key. An account is 17 bytes: the code of its level, and its number, big-endian.

-- The accounts of a call, one behind the other. Null for calls of bare keys.
ALTER TABLE records ADD COLUMN accounts BLOB;

-- Usage of accounts by hour since 1970; hour -1 is the sum of all hours.
CREATE TABLE account_usage (
    hour     INTEGER NOT NULL,
    account  BLOB NOT NULL,
    requests INTEGER NOT NULL,
    errors   INTEGER NOT NULL,
    input    INTEGER NOT NULL,
    output   INTEGER NOT NULL,
    cached   INTEGER NOT NULL,
    cost     INTEGER NOT NULL,
    saved    INTEGER NOT NULL,
    PRIMARY KEY (hour, account)
) WITHOUT ROWID;

-- Names of all accounts ever seen, for reports.
CREATE TABLE account_labels (
    account BLOB PRIMARY KEY NOT NULL,
    name    TEXT NOT NULL
) WITHOUT ROWID;
