-- A key's name is unique within its owner: its project, else its team, else its person, else its labels (KeyPolicy::owner). An index
-- and no column: what nodes of earlier versions write counts as it should. Policies with the character 0 are no JSON to PostgreSQL;
-- their names are unique among theirs.
DROP INDEX keys_name;
CREATE UNIQUE INDEX keys_name ON keys (
    (CASE WHEN position('\u0000' IN policy) > 0 THEN '' ELSE coalesce(
        CASE WHEN policy::json ->> 'project_id' ~ '^proj_[0-9a-f]{32}$' THEN policy::json ->> 'project_id' END,
        CASE WHEN policy::json ->> 'team_id' ~ '^team_[0-9a-f]{32}$' THEN policy::json ->> 'team_id' END,
        policy::json ->> 'user_id',
        policy::json ->> 'project_id',
        policy::json ->> 'team_id',
        ''
    ) END),
    name
) WHERE revoked_at IS NULL;
