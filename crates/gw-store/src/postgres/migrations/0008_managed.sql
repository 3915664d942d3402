-- Which document that was applied manages an account or a key. Ids are as they are shown.
CREATE TABLE managed (
    id       TEXT COLLATE "C" PRIMARY KEY,
    document TEXT COLLATE "C" NOT NULL
);
CREATE INDEX managed_document ON managed (document, id);
