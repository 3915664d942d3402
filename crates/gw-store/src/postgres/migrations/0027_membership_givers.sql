-- Which directory gave a membership, and takes it again; NULL where somebody did by hand.
ALTER TABLE memberships ADD COLUMN given_by TEXT COLLATE "C";
