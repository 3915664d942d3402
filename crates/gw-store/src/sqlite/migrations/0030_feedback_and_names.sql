-- The call that answered, and the call that the item was made of: what people say about them later counts too. And how many
-- checks gave the score.
ALTER TABLE evaluation_results ADD COLUMN request BLOB;
ALTER TABLE evaluation_results ADD COLUMN source BLOB;
ALTER TABLE evaluation_results ADD COLUMN scored INTEGER NOT NULL DEFAULT 0;

-- How many there are of what records have in common, and the last number that was given: those that no record has any more are
-- removed, and no number is given twice.
CREATE TABLE record_names (
    sort  INTEGER PRIMARY KEY NOT NULL,
    last  INTEGER NOT NULL,
    count INTEGER NOT NULL
);
INSERT INTO record_names (sort, last, count) SELECT 0, COALESCE(MAX(id), 0), COALESCE(MAX(id), 0) FROM record_callers;
INSERT INTO record_names (sort, last, count) SELECT 1, COALESCE(MAX(id), 0), COALESCE(MAX(id), 0) FROM record_targets;
INSERT INTO record_names (sort, last, count) SELECT 2, COALESCE(MAX(id), 0), COALESCE(MAX(id), 0) FROM record_agents;
INSERT INTO record_names (sort, last, count) SELECT 3, COALESCE(MAX(id), 0), COALESCE(MAX(id), 0) FROM record_customers;
