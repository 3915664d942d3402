-- What a directory says of a person (JSON), and what of that must differ between people.
ALTER TABLE accounts ADD COLUMN scim TEXT;
ALTER TABLE accounts ADD COLUMN scim_name TEXT COLLATE "C";
CREATE UNIQUE INDEX accounts_scim ON accounts (scim_name);

-- Groups of directories. Members are ids of users as they are shown, with spaces between.
CREATE TABLE scim_groups (
    id           TEXT COLLATE "C" PRIMARY KEY,
    organization TEXT COLLATE "C" NOT NULL,
    name         TEXT NOT NULL,
    -- The name in lower case.
    unique_name  TEXT COLLATE "C" NOT NULL,
    external_id  TEXT,
    members      TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    revision     BIGINT NOT NULL
);
CREATE UNIQUE INDEX scim_groups_name ON scim_groups (organization, unique_name);
