-- A key's name is unique within its owner: its project, else its team, else its person.
ALTER TABLE keys ADD COLUMN owner TEXT NOT NULL DEFAULT '';
UPDATE keys SET owner = coalesce(
    json_extract(policy, '$.project_id'), json_extract(policy, '$.team_id'), json_extract(policy, '$.user_id'), ''
);
DROP INDEX keys_name;
CREATE UNIQUE INDEX keys_name ON keys (owner, name) WHERE revoked_at IS NULL;
