-- A key's name is unique within its owner: its project, else its team, else its person, else its labels (KeyPolicy::owner). An index
-- and no column: what nodes of earlier versions write counts as it should. The character 0 is none to PostgreSQL.
DROP INDEX keys_name;
CREATE UNIQUE INDEX keys_name ON keys (
    coalesce(
        CASE WHEN replace(policy, '\u0000', '\ufffd')::json ->> 'project_id' ~ '^proj_[0-9a-f]{32}$'
             THEN replace(policy, '\u0000', '\ufffd')::json ->> 'project_id' END,
        CASE WHEN replace(policy, '\u0000', '\ufffd')::json ->> 'team_id' ~ '^team_[0-9a-f]{32}$'
             THEN replace(policy, '\u0000', '\ufffd')::json ->> 'team_id' END,
        replace(policy, '\u0000', '\ufffd')::json ->> 'user_id',
        replace(policy, '\u0000', '\ufffd')::json ->> 'project_id',
        replace(policy, '\u0000', '\ufffd')::json ->> 'team_id',
        ''
    ),
    name
) WHERE revoked_at IS NULL;
