-- A key's name is unique within its owner: its project, else its team, else its person.
ALTER TABLE keys ADD COLUMN owner TEXT COLLATE "C" NOT NULL DEFAULT '';
-- Texts with the character 0 are none to PostgreSQL. Such a key has its owner with its next change; until then its name is unique
-- among all, as it was.
UPDATE keys SET owner = coalesce(
    policy::json ->> 'project_id', policy::json ->> 'team_id', policy::json ->> 'user_id', ''
) WHERE position('\u0000' IN policy) = 0;
DROP INDEX keys_name;
CREATE UNIQUE INDEX keys_name ON keys (owner, name) WHERE revoked_at IS NULL;
