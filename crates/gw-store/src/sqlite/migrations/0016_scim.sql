-- What a directory says of a person (JSON), and what of that must differ between people.
ALTER TABLE accounts ADD COLUMN scim TEXT;
ALTER TABLE accounts ADD COLUMN scim_name TEXT;
CREATE UNIQUE INDEX accounts_scim ON accounts (scim_name);

-- Groups of directories. Members are ids of users as they are shown, with spaces between.
CREATE TABLE scim_groups (
    id           TEXT PRIMARY KEY NOT NULL,
    organization TEXT NOT NULL,
    name         TEXT NOT NULL,
    -- The name in lower case.
    unique_name  TEXT NOT NULL,
    external_id  TEXT,
    members      TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    revision     INTEGER NOT NULL
);
CREATE UNIQUE INDEX scim_groups_name ON scim_groups (organization, unique_name);
