-- When each key was last used, to about a minute.
CREATE TABLE key_used (
    key     BLOB NOT NULL PRIMARY KEY,
    used_at INTEGER NOT NULL
) WITHOUT ROWID;
