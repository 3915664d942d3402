-- Whose calls a dataset was collected from: lists of accounts as JSON, from the nearest on. Whoever opens it must still be
-- allowed to see what was said there.
ALTER TABLE datasets ADD COLUMN origins TEXT NOT NULL DEFAULT '[]';

-- Datasets that are put to models. The place is that of the dataset; the job says what is to be done, and how far it is.
CREATE TABLE evaluations (
    id       TEXT PRIMARY KEY NOT NULL,
    owner    TEXT NOT NULL,
    place    TEXT NOT NULL,
    state    INTEGER NOT NULL,
    node     INTEGER NOT NULL,
    touched  INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    job      TEXT NOT NULL
);
CREATE INDEX evaluations_open ON evaluations (id) WHERE state < 2;

-- How each item fared with each model: figures, and what was said, sealed.
CREATE TABLE evaluation_results (
    evaluation TEXT NOT NULL,
    item       TEXT NOT NULL,
    target     INTEGER NOT NULL,
    verdict    INTEGER NOT NULL,
    score      INTEGER,
    cost       INTEGER NOT NULL,
    total_us   INTEGER,
    input      INTEGER NOT NULL,
    output     INTEGER NOT NULL,
    tries      INTEGER NOT NULL,
    sealed     BLOB NOT NULL,
    PRIMARY KEY (evaluation, item, target)
);
