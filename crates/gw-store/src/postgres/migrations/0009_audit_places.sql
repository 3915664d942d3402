-- Ids of the accounts that an entry is about, with spaces between: who may see those may see it.
ALTER TABLE audit ADD COLUMN places TEXT NOT NULL DEFAULT '';
