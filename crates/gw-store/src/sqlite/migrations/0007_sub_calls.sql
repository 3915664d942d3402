-- Of a sub-call: the request that started it, and the code of its role. Null for requests.
ALTER TABLE records ADD COLUMN parent BLOB;
ALTER TABLE records ADD COLUMN role INTEGER;
-- Requests are not in it, so that it costs them nothing.
CREATE INDEX records_parent ON records (parent) WHERE parent IS NOT NULL;
