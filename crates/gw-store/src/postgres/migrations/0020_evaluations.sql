-- Whose calls a dataset was collected from: lists of accounts as JSON, from the nearest on. Whoever opens it must still be
-- allowed to see what was said there.
ALTER TABLE datasets ADD COLUMN origins TEXT NOT NULL DEFAULT '[]';

-- Datasets that are put to models. The place is that of the dataset; the job says what is to be done, and how far it is.
CREATE TABLE evaluations (
    id       TEXT COLLATE "C" PRIMARY KEY,
    owner    TEXT NOT NULL,
    place    TEXT NOT NULL,
    state    SMALLINT NOT NULL,
    node     BIGINT NOT NULL,
    touched  BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    job      TEXT NOT NULL
);
CREATE INDEX evaluations_open ON evaluations (id) WHERE state < 2;

-- How each item fared with each model: figures, and what was said, sealed.
CREATE TABLE evaluation_results (
    evaluation TEXT NOT NULL,
    item       TEXT COLLATE "C" NOT NULL,
    target     SMALLINT NOT NULL,
    verdict    SMALLINT NOT NULL,
    score      BIGINT,
    cost       BIGINT NOT NULL,
    total_us   BIGINT,
    input      BIGINT NOT NULL,
    output     BIGINT NOT NULL,
    tries      SMALLINT NOT NULL,
    sealed     BYTEA NOT NULL,
    PRIMARY KEY (evaluation, item, target)
);
