-- Which prices were in force from when on: all prices of a book, each time that some of them changed.
CREATE TABLE price_pages (
    book    TEXT COLLATE "C" NOT NULL,
    since   BIGINT NOT NULL,
    digest  BYTEA NOT NULL,
    source  TEXT NOT NULL,
    content BYTEA NOT NULL,
    PRIMARY KEY (book, since)
);

-- Costs of past calls that are computed again: which, at which prices, and how far it is. One at a time.
CREATE TABLE recostings (
    id       BYTEA PRIMARY KEY NOT NULL,
    -- 0 waits, 1 is being done, 2 done, 3 failed, 4 cancelled.
    state    SMALLINT NOT NULL,
    node     BIGINT NOT NULL,
    touched  BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    job      TEXT NOT NULL
);
CREATE UNIQUE INDEX recostings_open ON recostings ((state < 2)) WHERE state < 2;

-- What records cost before they were re-costed. What was charged at first is what budgets have.
CREATE TABLE former_costs (
    request   BYTEA PRIMARY KEY NOT NULL,
    recosting BYTEA NOT NULL,
    time      BIGINT NOT NULL,
    before    BIGINT NOT NULL,
    charged   BIGINT NOT NULL
);

-- What usage has that budgets have not: by account, keys among them, and hour since 1970; hour -1 is the sum of all hours.
CREATE TABLE recosted_sums (
    account BYTEA NOT NULL,
    hour    BIGINT NOT NULL,
    cost    BIGINT NOT NULL,
    PRIMARY KEY (account, hour)
);
