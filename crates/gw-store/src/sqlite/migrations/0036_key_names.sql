-- A key's name is unique within its owner: its project, else its team, else its person, else its labels (KeyPolicy::owner).
DROP INDEX keys_name;
CREATE UNIQUE INDEX keys_name ON keys (
    coalesce(
        CASE WHEN json_extract(policy, '$.project_id') GLOB 'proj_????????????????????????????????'
                  AND substr(json_extract(policy, '$.project_id'), 6) NOT GLOB '*[^0-9a-f]*'
             THEN json_extract(policy, '$.project_id') END,
        CASE WHEN json_extract(policy, '$.team_id') GLOB 'team_????????????????????????????????'
                  AND substr(json_extract(policy, '$.team_id'), 6) NOT GLOB '*[^0-9a-f]*'
             THEN json_extract(policy, '$.team_id') END,
        json_extract(policy, '$.user_id'),
        json_extract(policy, '$.project_id'),
        json_extract(policy, '$.team_id'),
        ''
    ),
    name
) WHERE revoked_at IS NULL;
