-- Which document that was applied manages an account or a key. Ids are as they are shown.
CREATE TABLE managed (
    id       TEXT PRIMARY KEY NOT NULL,
    document TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX managed_document ON managed (document, id);
