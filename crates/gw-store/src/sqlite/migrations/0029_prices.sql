-- Which prices were in force from when on: all prices of a book, each time that some of them changed.
CREATE TABLE price_pages (
    book    TEXT NOT NULL,
    since   INTEGER NOT NULL,
    digest  BLOB NOT NULL,
    source  TEXT NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (book, since)
) WITHOUT ROWID;

-- Costs of past calls that are computed again: which, at which prices, and how far it is. One at a time.
CREATE TABLE recostings (
    id       BLOB PRIMARY KEY NOT NULL,
    -- 0 waits, 1 is being done, 2 done, 3 failed, 4 cancelled.
    state    INTEGER NOT NULL,
    node     INTEGER NOT NULL,
    touched  INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    job      TEXT NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX recostings_open ON recostings ((state < 2)) WHERE state < 2;

-- What records cost before they were re-costed. What was charged at first is what budgets have.
CREATE TABLE former_costs (
    request   BLOB PRIMARY KEY NOT NULL,
    recosting BLOB NOT NULL,
    time      INTEGER NOT NULL,
    before    INTEGER NOT NULL,
    charged   INTEGER NOT NULL
) WITHOUT ROWID;

-- What usage has that budgets have not: by account, keys among them, and hour since 1970; hour -1 is the sum of all hours.
CREATE TABLE recosted_sums (
    account BLOB NOT NULL,
    hour    INTEGER NOT NULL,
    cost    INTEGER NOT NULL,
    PRIMARY KEY (account, hour)
) WITHOUT ROWID;
