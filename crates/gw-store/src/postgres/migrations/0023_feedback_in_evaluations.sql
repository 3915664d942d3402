-- The call that answered, and the call that the item was made of: what people say about them later counts too. And how many
-- checks gave the score.
ALTER TABLE evaluation_results ADD COLUMN request BYTEA;
ALTER TABLE evaluation_results ADD COLUMN source BYTEA;
ALTER TABLE evaluation_results ADD COLUMN scored SMALLINT NOT NULL DEFAULT 0;
