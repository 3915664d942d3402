-- What each node spent of accounts, keys among them, by hour since 1970; hour -1 is the sum of all hours. An account is 17
-- bytes: the code of its level, and its number, big-endian. What was spent before there was this table stands in the sums
-- of all nodes alone.
CREATE TABLE spent_by_node (
    account BYTEA NOT NULL,
    node    BIGINT NOT NULL,
    hour    BIGINT NOT NULL,
    cost    BIGINT NOT NULL,
    PRIMARY KEY (account, node, hour)
) WITH (fillfactor = 70);
