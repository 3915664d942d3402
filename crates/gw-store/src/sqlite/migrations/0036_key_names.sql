-- A key's name is unique within its owner: its project, else its team, else its person, else its labels (KeyPolicy::owner).
DROP INDEX keys_name;
CREATE UNIQUE INDEX keys_name ON keys (
    coalesce(
        CASE WHEN json_extract(policy, '$.project_id') GLOB 'proj_????????????????????????????????'
             THEN json_extract(policy, '$.project_id') END,
        CASE WHEN json_extract(policy, '$.team_id') GLOB 'team_????????????????????????????????'
             THEN json_extract(policy, '$.team_id') END,
        json_extract(policy, '$.user_id'),
        json_extract(policy, '$.project_id'),
        json_extract(policy, '$.team_id'),
        ''
    ),
    name
) WHERE revoked_at IS NULL;
