SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
CREATE SCHEMA gatewright;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE gatewright.account_labels (
    account bytea NOT NULL,
    name text NOT NULL
);
CREATE TABLE gatewright.account_usage (
    hour bigint NOT NULL,
    account bytea NOT NULL,
    requests bigint NOT NULL,
    errors bigint NOT NULL,
    input bigint NOT NULL,
    output bigint NOT NULL,
    cached bigint NOT NULL,
    cost bigint NOT NULL,
    saved bigint NOT NULL
)
WITH (fillfactor='70');
CREATE TABLE gatewright.accounts (
    id text NOT NULL COLLATE pg_catalog."C",
    level smallint NOT NULL,
    parent text NOT NULL COLLATE pg_catalog."C",
    name text NOT NULL COLLATE pg_catalog."C",
    unique_name text NOT NULL COLLATE pg_catalog."C",
    email text COLLATE pg_catalog."C",
    plan text COLLATE pg_catalog."C",
    policy text NOT NULL,
    metadata text NOT NULL,
    disabled boolean NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    revision bigint NOT NULL
);
CREATE TABLE gatewright.changes (
    revision bigint NOT NULL,
    "time" bigint NOT NULL,
    kind text NOT NULL,
    id text NOT NULL
);
ALTER TABLE gatewright.changes ALTER COLUMN revision ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME gatewright.changes_revision_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE gatewright.credentials (
    name text NOT NULL COLLATE pg_catalog."C",
    sealed bytea NOT NULL,
    last4 text NOT NULL,
    description text NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);
CREATE TABLE gatewright.given_answers (
    idempotency_key text NOT NULL,
    request bytea NOT NULL,
    status integer NOT NULL,
    etag text NOT NULL,
    sealed bytea NOT NULL,
    created_at bigint NOT NULL
);
CREATE TABLE gatewright.key_labels (
    id bytea NOT NULL,
    name text NOT NULL,
    team text NOT NULL,
    project text NOT NULL
);
CREATE TABLE gatewright.keys (
    id bytea NOT NULL,
    name text NOT NULL,
    digest bytea NOT NULL,
    pepper integer NOT NULL,
    policy text NOT NULL,
    prefix text NOT NULL,
    last4 text NOT NULL,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    revoked_at bigint,
    revision bigint NOT NULL,
    old_digest bytea,
    old_until bigint
);
CREATE TABLE gatewright.ledger (
    request bytea NOT NULL,
    attempt integer NOT NULL,
    entry integer NOT NULL,
    "time" bigint NOT NULL,
    key bytea,
    cost bigint NOT NULL
);
CREATE TABLE gatewright.memberships (
    user_id text NOT NULL COLLATE pg_catalog."C",
    account text NOT NULL COLLATE pg_catalog."C",
    role text NOT NULL
);
CREATE TABLE gatewright.object_states (
    kind smallint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    state bytea NOT NULL
);
CREATE TABLE gatewright.objects (
    kind smallint NOT NULL,
    id text NOT NULL COLLATE pg_catalog."C",
    provider text NOT NULL,
    owner bytea NOT NULL,
    model text NOT NULL,
    detail text NOT NULL,
    created bigint NOT NULL,
    expires bigint,
    credential text NOT NULL
);
CREATE TABLE gatewright.pending (
    node bigint NOT NULL,
    request bytea NOT NULL,
    attempt integer NOT NULL,
    hold bigint NOT NULL,
    intent text NOT NULL
);
CREATE TABLE gatewright.records (
    id bytea NOT NULL,
    "time" bigint NOT NULL,
    key bytea,
    team text,
    format text NOT NULL,
    model text NOT NULL,
    provider text,
    upstream_model text,
    stream boolean NOT NULL,
    outcome smallint NOT NULL,
    status integer NOT NULL,
    error_code text,
    error_detail text,
    attempts integer NOT NULL,
    cache text,
    customer text,
    input bigint NOT NULL,
    output bigint NOT NULL,
    cached bigint NOT NULL,
    cache_write bigint NOT NULL,
    reasoning bigint NOT NULL,
    usage_source smallint NOT NULL,
    cost bigint NOT NULL,
    first_byte_us bigint,
    total_us bigint NOT NULL,
    tries text,
    parent bytea,
    role smallint,
    accounts bytea
);
CREATE TABLE gatewright.route_versions (
    route text NOT NULL,
    number bigint NOT NULL,
    document text NOT NULL,
    state text NOT NULL,
    author text NOT NULL,
    note text NOT NULL,
    created_at bigint NOT NULL,
    published_at bigint
);
CREATE TABLE gatewright.routes (
    id text NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C",
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    revision bigint NOT NULL
);
CREATE TABLE gatewright.settings (
    name text NOT NULL,
    value text NOT NULL
);
CREATE TABLE gatewright.spent (
    day bigint NOT NULL,
    key bytea NOT NULL,
    cost bigint NOT NULL
)
WITH (fillfactor='70');
CREATE TABLE gatewright.tables (
    one boolean DEFAULT true NOT NULL,
    version integer NOT NULL,
    min_reader integer NOT NULL,
    CONSTRAINT tables_one_check CHECK (one)
);
CREATE TABLE gatewright.tolls (
    counter bigint NOT NULL,
    subject bigint NOT NULL,
    day bigint NOT NULL,
    cost bigint NOT NULL
);
CREATE TABLE gatewright.usage (
    hour bigint NOT NULL,
    key bytea NOT NULL,
    team text NOT NULL,
    model text NOT NULL,
    provider text NOT NULL,
    customer text NOT NULL,
    requests bigint NOT NULL,
    errors bigint NOT NULL,
    input bigint NOT NULL,
    output bigint NOT NULL,
    cached bigint NOT NULL,
    cost bigint NOT NULL,
    saved bigint NOT NULL
)
WITH (fillfactor='70');
CREATE TABLE gatewright.watermarks (
    node bigint NOT NULL,
    generation bigint NOT NULL,
    worker integer NOT NULL,
    sequence bigint NOT NULL,
    place bigint NOT NULL
)
WITH (fillfactor='50');
INSERT INTO gatewright.account_labels VALUES ('\x07c732f4746aa4119383e8bd4aa0e86631', 'acme');
INSERT INTO gatewright.account_labels VALUES ('\x06bb8d94247e488c75dbfd7567b211ed74', 'research');
INSERT INTO gatewright.account_usage VALUES (-1, '\x06bb8d94247e488c75dbfd7567b211ed74', 26, 0, 156, 130, 0, 41600000, 0);
INSERT INTO gatewright.account_usage VALUES (-1, '\x07c732f4746aa4119383e8bd4aa0e86631', 26, 0, 156, 130, 0, 41600000, 0);
INSERT INTO gatewright.account_usage VALUES (498698, '\x06bb8d94247e488c75dbfd7567b211ed74', 26, 0, 156, 130, 0, 41600000, 0);
INSERT INTO gatewright.account_usage VALUES (498698, '\x07c732f4746aa4119383e8bd4aa0e86631', 26, 0, 156, 130, 0, 41600000, 0);
INSERT INTO gatewright.accounts VALUES ('org_c732f4746aa4119383e8bd4aa0e86631', 7, '', 'acme', 'acme', NULL, NULL, '{"limits":{"rpm":null,"tpm":null,"max_parallel":null,"kind":"sliding","burst":0}}', '{}', false, 1795316177918168, 1795316177918168, 1);
INSERT INTO gatewright.accounts VALUES ('team_bb8d94247e488c75dbfd7567b211ed74', 6, 'org_c732f4746aa4119383e8bd4aa0e86631', 'research', 'research', NULL, NULL, '{"limits":{"rpm":null,"tpm":null,"max_parallel":null,"kind":"sliding","burst":0},"budgets":[{"limit":1000000000000,"period":"total","strict":false,"shadow":false}]}', '{}', false, 1795316177928580, 1795316177928580, 2);
INSERT INTO gatewright.changes OVERRIDING SYSTEM VALUE VALUES (1, 1795316177918168, 'organization', 'org_c732f4746aa4119383e8bd4aa0e86631');
INSERT INTO gatewright.changes OVERRIDING SYSTEM VALUE VALUES (2, 1795316177928580, 'team', 'team_bb8d94247e488c75dbfd7567b211ed74');
INSERT INTO gatewright.changes OVERRIDING SYSTEM VALUE VALUES (3, 1795316177934314, 'key', 'key_af3c5e251fdb9b0dbf37d067b77879ab');
INSERT INTO gatewright.key_labels VALUES ('\xaf3c5e251fdb9b0dbf37d067b77879ab', 'app', 'team_bb8d94247e488c75dbfd7567b211ed74', '');
INSERT INTO gatewright.keys VALUES ('\xaf3c5e251fdb9b0dbf37d067b77879ab', 'app', '\xcd4ce06c0dad322989c565f566e918385f22cbd2207d9baf1c57bcf5305183c0', 1, '{"name":"app","team_id":"team_bb8d94247e488c75dbfd7567b211ed74","project_id":null,"models":["*"],"endpoints":null,"expires_at":null,"limits":{"rpm":null,"tpm":null,"max_parallel":null,"kind":"sliding","burst":0},"budgets":[],"guardrails":[],"metadata":{}}', 'gw-nsws0', 'wkkS', 1795316177934314, 1795316177934314, NULL, 3, NULL, NULL);
INSERT INTO gatewright.ledger VALUES ('\x01a2012edc1475c0b875cd0f2f965481', 0, 0, 1795316177944085, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 1600000);
INSERT INTO gatewright.ledger VALUES ('\x01a2012edc1577c8974cdb4a6d3dd580', 0, 0, 1795316177946386, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 1600000);
INSERT INTO gatewright.ledger VALUES ('\x01a2012edc16756c9e1b5b6f4eb06fd1', 0, 0, 1795316177947229, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 1600000);
INSERT INTO gatewright.ledger VALUES ('\x01a2012edc167cecb2c04ad4fdd1c1a5', 0, 0, 1795316177946984, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 1600000);
INSERT INTO gatewright.ledger VALUES ('\x01a2012edc197d94a2b02898b5b00400', 0, 0, 1795316177948279, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 1600000);
INSERT INTO gatewright.ledger VALUES ('\x01a2012edc1d70608914e1f18ba64fbb', 0, 0, 1795316177950609, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 1600000);
INSERT INTO gatewright.ledger VALUES ('\x01a2012edc1d7a3ca7546448cdcbab1e', 0, 0, 1795316177952597, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 1600000);
INSERT INTO gatewright.ledger VALUES ('\x01a2012edc1d7b08bf7850f92aa17b21', 0, 0, 1795316177951971, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 1600000);
INSERT INTO gatewright.ledger VALUES ('\x01a2012edc1e7004a6439b92f5eb9fd3', 0, 0, 1795316177950873, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 1600000);
INSERT INTO gatewright.ledger VALUES ('\x01a2012edc1f7658bc724bea4b867c8c', 0, 0, 1795316177954112, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 1600000);
INSERT INTO gatewright.ledger VALUES ('\x01a2012edc217a24bf80d38f4e61bb73', 0, 0, 1795316177954761, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 1600000);
INSERT INTO gatewright.ledger VALUES ('\x01a2012edc2270189ad188a4eb88f985', 0, 0, 1795316177956500, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 1600000);
INSERT INTO gatewright.ledger VALUES ('\x01a2012edc227f30bbc58822ea6c7ca3', 0, 0, 1795316177957290, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 1600000);
INSERT INTO gatewright.ledger VALUES ('\x01a2012edc2672e0a966ae7d3c9b6e2b', 0, 0, 1795316177959670, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 1600000);
INSERT INTO gatewright.ledger VALUES ('\x01a2012edc267ec8b7af4da04f3ef3b5', 0, 0, 1795316177959838, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 1600000);
INSERT INTO gatewright.ledger VALUES ('\x01a2012edc277d5cb56b5625836927b4', 0, 0, 1795316177963472, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 1600000);
INSERT INTO gatewright.ledger VALUES ('\x01a2012edc287cb485d914eddaf2d541', 0, 0, 1795316177961755, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 1600000);
INSERT INTO gatewright.ledger VALUES ('\x01a2012edc2a74c8a29943c1d540a81e', 0, 0, 1795316177963241, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 1600000);
INSERT INTO gatewright.ledger VALUES ('\x01a2012edc2c7170a5ac87a23bb87643', 0, 0, 1795316177965682, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 1600000);
INSERT INTO gatewright.ledger VALUES ('\x01a2012edc2c7eb89c88bdca2e4133bd', 0, 0, 1795316177966275, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 1600000);
INSERT INTO gatewright.ledger VALUES ('\x01a2012edc2d7e289d489f47fbd38387', 0, 0, 1795316177968036, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 1600000);
INSERT INTO gatewright.ledger VALUES ('\x01a2012edc2e76e896d031805c2e3bb7', 0, 0, 1795316177967361, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 1600000);
INSERT INTO gatewright.ledger VALUES ('\x01a2012edc317610880bbfec0eac27d9', 0, 0, 1795316177972779, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 1600000);
INSERT INTO gatewright.ledger VALUES ('\x01a2012edc317f38a729737ee9bce01b', 0, 0, 1795316177973487, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 1600000);
INSERT INTO gatewright.ledger VALUES ('\x01a2012edc327a48a6dbf15626e4cd0a', 0, 0, 1795316177971884, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 1600000);
INSERT INTO gatewright.ledger VALUES ('\x01a2012edc33721c856d498668221c5e', 0, 0, 1795316177972447, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 1600000);
INSERT INTO gatewright.records VALUES ('\x01a2012edc1475c0b875cd0f2f965481', 1795316177940368, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 'team_bb8d94247e488c75dbfd7567b211ed74', 'chat', 'up/chat-model', 'up', 'chat-model', true, 1, 200, NULL, NULL, 1, 'bypass', NULL, 6, 5, 0, 0, 0, 1, 1600000, 3695, 3717, NULL, NULL, NULL, '\x06bb8d94247e488c75dbfd7567b211ed7407c732f4746aa4119383e8bd4aa0e86631');
INSERT INTO gatewright.records VALUES ('\x01a2012edc1577c8974cdb4a6d3dd580', 1795316177941498, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 'team_bb8d94247e488c75dbfd7567b211ed74', 'chat', 'up/chat-model', 'up', 'chat-model', false, 1, 200, NULL, NULL, 1, 'bypass', NULL, 6, 5, 0, 0, 0, 1, 1600000, 4888, 4888, NULL, NULL, NULL, '\x06bb8d94247e488c75dbfd7567b211ed7407c732f4746aa4119383e8bd4aa0e86631');
INSERT INTO gatewright.records VALUES ('\x01a2012edc16756c9e1b5b6f4eb06fd1', 1795316177942347, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 'team_bb8d94247e488c75dbfd7567b211ed74', 'chat', 'up/chat-model', 'up', 'chat-model', false, 1, 200, NULL, NULL, 1, 'bypass', NULL, 6, 5, 0, 0, 0, 1, 1600000, 4882, 4882, NULL, NULL, NULL, '\x06bb8d94247e488c75dbfd7567b211ed7407c732f4746aa4119383e8bd4aa0e86631');
INSERT INTO gatewright.records VALUES ('\x01a2012edc167cecb2c04ad4fdd1c1a5', 1795316177942827, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 'team_bb8d94247e488c75dbfd7567b211ed74', 'chat', 'up/chat-model', 'up', 'chat-model', true, 1, 200, NULL, NULL, 1, 'bypass', NULL, 6, 5, 0, 0, 0, 1, 1600000, 4139, 4157, NULL, NULL, NULL, '\x06bb8d94247e488c75dbfd7567b211ed7407c732f4746aa4119383e8bd4aa0e86631');
INSERT INTO gatewright.records VALUES ('\x01a2012edc197d94a2b02898b5b00400', 1795316177945869, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 'team_bb8d94247e488c75dbfd7567b211ed74', 'chat', 'up/chat-model', 'up', 'chat-model', false, 1, 200, NULL, NULL, 1, 'bypass', NULL, 6, 5, 0, 0, 0, 1, 1600000, 2410, 2410, NULL, NULL, NULL, '\x06bb8d94247e488c75dbfd7567b211ed7407c732f4746aa4119383e8bd4aa0e86631');
INSERT INTO gatewright.records VALUES ('\x01a2012edc1d70608914e1f18ba64fbb', 1795316177949024, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 'team_bb8d94247e488c75dbfd7567b211ed74', 'chat', 'up/chat-model', 'up', 'chat-model', false, 1, 200, NULL, NULL, 1, 'bypass', NULL, 6, 5, 0, 0, 0, 1, 1600000, 1585, 1585, NULL, NULL, NULL, '\x06bb8d94247e488c75dbfd7567b211ed7407c732f4746aa4119383e8bd4aa0e86631');
INSERT INTO gatewright.records VALUES ('\x01a2012edc1d7a3ca7546448cdcbab1e', 1795316177949655, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 'team_bb8d94247e488c75dbfd7567b211ed74', 'chat', 'up/chat-model', 'up', 'chat-model', true, 1, 200, NULL, NULL, 1, 'bypass', NULL, 6, 5, 0, 0, 0, 1, 1600000, 2930, 2942, NULL, NULL, NULL, '\x06bb8d94247e488c75dbfd7567b211ed7407c732f4746aa4119383e8bd4aa0e86631');
INSERT INTO gatewright.records VALUES ('\x01a2012edc1d7b08bf7850f92aa17b21', 1795316177949706, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 'team_bb8d94247e488c75dbfd7567b211ed74', 'chat', 'up/chat-model', 'up', 'chat-model', false, 1, 200, NULL, NULL, 1, 'bypass', NULL, 6, 5, 0, 0, 0, 1, 1600000, 2265, 2265, NULL, NULL, NULL, '\x06bb8d94247e488c75dbfd7567b211ed7407c732f4746aa4119383e8bd4aa0e86631');
INSERT INTO gatewright.records VALUES ('\x01a2012edc1e7004a6439b92f5eb9fd3', 1795316177950001, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 'team_bb8d94247e488c75dbfd7567b211ed74', 'chat', 'up/chat-model', 'up', 'chat-model', false, 1, 200, NULL, NULL, 1, 'bypass', NULL, 6, 5, 0, 0, 0, 1, 1600000, 872, 872, NULL, NULL, NULL, '\x06bb8d94247e488c75dbfd7567b211ed7407c732f4746aa4119383e8bd4aa0e86631');
INSERT INTO gatewright.records VALUES ('\x01a2012edc1f7658bc724bea4b867c8c', 1795316177951406, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 'team_bb8d94247e488c75dbfd7567b211ed74', 'chat', 'up/chat-model', 'up', 'chat-model', true, 1, 200, NULL, NULL, 1, 'bypass', NULL, 6, 5, 0, 0, 0, 1, 1600000, 2634, 2706, NULL, NULL, NULL, '\x06bb8d94247e488c75dbfd7567b211ed7407c732f4746aa4119383e8bd4aa0e86631');
INSERT INTO gatewright.records VALUES ('\x01a2012edc217a24bf80d38f4e61bb73', 1795316177953649, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 'team_bb8d94247e488c75dbfd7567b211ed74', 'chat', 'up/chat-model', 'up', 'chat-model', false, 1, 200, NULL, NULL, 1, 'bypass', NULL, 6, 5, 0, 0, 0, 1, 1600000, 1112, 1112, NULL, NULL, NULL, '\x06bb8d94247e488c75dbfd7567b211ed7407c732f4746aa4119383e8bd4aa0e86631');
INSERT INTO gatewright.records VALUES ('\x01a2012edc2270189ad188a4eb88f985', 1795316177954006, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 'team_bb8d94247e488c75dbfd7567b211ed74', 'chat', 'up/chat-model', 'up', 'chat-model', false, 1, 200, NULL, NULL, 1, 'bypass', NULL, 6, 5, 0, 0, 0, 1, 1600000, 2494, 2494, NULL, NULL, NULL, '\x06bb8d94247e488c75dbfd7567b211ed7407c732f4746aa4119383e8bd4aa0e86631');
INSERT INTO gatewright.records VALUES ('\x01a2012edc227f30bbc58822ea6c7ca3', 1795316177954972, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 'team_bb8d94247e488c75dbfd7567b211ed74', 'chat', 'up/chat-model', 'up', 'chat-model', true, 1, 200, NULL, NULL, 1, 'bypass', NULL, 6, 5, 0, 0, 0, 1, 1600000, 2302, 2318, NULL, NULL, NULL, '\x06bb8d94247e488c75dbfd7567b211ed7407c732f4746aa4119383e8bd4aa0e86631');
INSERT INTO gatewright.records VALUES ('\x01a2012edc2672e0a966ae7d3c9b6e2b', 1795316177958184, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 'team_bb8d94247e488c75dbfd7567b211ed74', 'chat', 'up/chat-model', 'up', 'chat-model', true, 1, 200, NULL, NULL, 1, 'bypass', NULL, 6, 5, 0, 0, 0, 1, 1600000, 1474, 1486, NULL, NULL, NULL, '\x06bb8d94247e488c75dbfd7567b211ed7407c732f4746aa4119383e8bd4aa0e86631');
INSERT INTO gatewright.records VALUES ('\x01a2012edc267ec8b7af4da04f3ef3b5', 1795316177958946, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 'team_bb8d94247e488c75dbfd7567b211ed74', 'chat', 'up/chat-model', 'up', 'chat-model', false, 1, 200, NULL, NULL, 1, 'bypass', NULL, 6, 5, 0, 0, 0, 1, 1600000, 892, 892, NULL, NULL, NULL, '\x06bb8d94247e488c75dbfd7567b211ed7407c732f4746aa4119383e8bd4aa0e86631');
INSERT INTO gatewright.records VALUES ('\x01a2012edc277d5cb56b5625836927b4', 1795316177959855, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 'team_bb8d94247e488c75dbfd7567b211ed74', 'chat', 'up/chat-model', 'up', 'chat-model', false, 1, 200, NULL, NULL, 1, 'bypass', NULL, 6, 5, 0, 0, 0, 1, 1600000, 3617, 3617, NULL, NULL, NULL, '\x06bb8d94247e488c75dbfd7567b211ed7407c732f4746aa4119383e8bd4aa0e86631');
INSERT INTO gatewright.records VALUES ('\x01a2012edc287cb485d914eddaf2d541', 1795316177960813, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 'team_bb8d94247e488c75dbfd7567b211ed74', 'chat', 'up/chat-model', 'up', 'chat-model', false, 1, 200, NULL, NULL, 1, 'bypass', NULL, 6, 5, 0, 0, 0, 1, 1600000, 942, 942, NULL, NULL, NULL, '\x06bb8d94247e488c75dbfd7567b211ed7407c732f4746aa4119383e8bd4aa0e86631');
INSERT INTO gatewright.records VALUES ('\x01a2012edc2a74c8a29943c1d540a81e', 1795316177962306, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 'team_bb8d94247e488c75dbfd7567b211ed74', 'chat', 'up/chat-model', 'up', 'chat-model', false, 1, 200, NULL, NULL, 1, 'bypass', NULL, 6, 5, 0, 0, 0, 1, 1600000, 935, 935, NULL, NULL, NULL, '\x06bb8d94247e488c75dbfd7567b211ed7407c732f4746aa4119383e8bd4aa0e86631');
INSERT INTO gatewright.records VALUES ('\x01a2012edc2c7170a5ac87a23bb87643', 1795316177964092, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 'team_bb8d94247e488c75dbfd7567b211ed74', 'chat', 'up/chat-model', 'up', 'chat-model', true, 1, 200, NULL, NULL, 1, 'bypass', NULL, 6, 5, 0, 0, 0, 1, 1600000, 1576, 1590, NULL, NULL, NULL, '\x06bb8d94247e488c75dbfd7567b211ed7407c732f4746aa4119383e8bd4aa0e86631');
INSERT INTO gatewright.records VALUES ('\x01a2012edc2c7eb89c88bdca2e4133bd', 1795316177964942, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 'team_bb8d94247e488c75dbfd7567b211ed74', 'chat', 'up/chat-model', 'up', 'chat-model', false, 1, 200, NULL, NULL, 1, 'bypass', NULL, 6, 5, 0, 0, 0, 1, 1600000, 1333, 1333, NULL, NULL, NULL, '\x06bb8d94247e488c75dbfd7567b211ed7407c732f4746aa4119383e8bd4aa0e86631');
INSERT INTO gatewright.records VALUES ('\x01a2012edc2d7e289d489f47fbd38387', 1795316177965906, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 'team_bb8d94247e488c75dbfd7567b211ed74', 'chat', 'up/chat-model', 'up', 'chat-model', false, 1, 200, NULL, NULL, 1, 'bypass', NULL, 6, 5, 0, 0, 0, 1, 1600000, 2130, 2130, NULL, NULL, NULL, '\x06bb8d94247e488c75dbfd7567b211ed7407c732f4746aa4119383e8bd4aa0e86631');
INSERT INTO gatewright.records VALUES ('\x01a2012edc2e76e896d031805c2e3bb7', 1795316177966442, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 'team_bb8d94247e488c75dbfd7567b211ed74', 'chat', 'up/chat-model', 'up', 'chat-model', false, 1, 200, NULL, NULL, 1, 'bypass', NULL, 6, 5, 0, 0, 0, 1, 1600000, 919, 919, NULL, NULL, NULL, '\x06bb8d94247e488c75dbfd7567b211ed7407c732f4746aa4119383e8bd4aa0e86631');
INSERT INTO gatewright.records VALUES ('\x01a2012edc317610880bbfec0eac27d9', 1795316177969388, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 'team_bb8d94247e488c75dbfd7567b211ed74', 'chat', 'up/chat-model', 'up', 'chat-model', false, 1, 200, NULL, NULL, 1, 'bypass', NULL, 6, 5, 0, 0, 0, 1, 1600000, 3391, 3391, NULL, NULL, NULL, '\x06bb8d94247e488c75dbfd7567b211ed7407c732f4746aa4119383e8bd4aa0e86631');
INSERT INTO gatewright.records VALUES ('\x01a2012edc317f38a729737ee9bce01b', 1795316177969974, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 'team_bb8d94247e488c75dbfd7567b211ed74', 'chat', 'up/chat-model', 'up', 'chat-model', true, 1, 200, NULL, NULL, 1, 'bypass', NULL, 6, 5, 0, 0, 0, 1, 1600000, 3500, 3513, NULL, NULL, NULL, '\x06bb8d94247e488c75dbfd7567b211ed7407c732f4746aa4119383e8bd4aa0e86631');
INSERT INTO gatewright.records VALUES ('\x01a2012edc327a48a6dbf15626e4cd0a', 1795316177970658, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 'team_bb8d94247e488c75dbfd7567b211ed74', 'chat', 'up/chat-model', 'up', 'chat-model', true, 1, 200, NULL, NULL, 1, 'bypass', NULL, 6, 5, 0, 0, 0, 1, 1600000, 1210, 1226, NULL, NULL, NULL, '\x06bb8d94247e488c75dbfd7567b211ed7407c732f4746aa4119383e8bd4aa0e86631');
INSERT INTO gatewright.records VALUES ('\x01a2012edc33721c856d498668221c5e', 1795316177971135, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 'team_bb8d94247e488c75dbfd7567b211ed74', 'chat', 'up/chat-model', 'up', 'chat-model', true, 1, 200, NULL, NULL, 1, 'bypass', NULL, 6, 5, 0, 0, 0, 1, 1600000, 1298, 1312, NULL, NULL, NULL, '\x06bb8d94247e488c75dbfd7567b211ed7407c732f4746aa4119383e8bd4aa0e86631');
INSERT INTO gatewright.settings VALUES ('encryption_check', '96438f798de67e7cef2fa0ec12d13c54c7c6525f0d1c2354cb38582e4ff1233c');
INSERT INTO gatewright.spent VALUES (-1, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 41600000);
INSERT INTO gatewright.spent VALUES (20779, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 41600000);
INSERT INTO gatewright.tables VALUES (true, 4, 1);
INSERT INTO gatewright.usage VALUES (498698, '\xaf3c5e251fdb9b0dbf37d067b77879ab', 'team_bb8d94247e488c75dbfd7567b211ed74', 'up/chat-model', 'up', '', 26, 0, 156, 130, 0, 41600000, 0);
SELECT pg_catalog.setval('gatewright.changes_revision_seq', 3, true);
ALTER TABLE ONLY gatewright.account_labels
    ADD CONSTRAINT account_labels_pkey PRIMARY KEY (account);
ALTER TABLE ONLY gatewright.account_usage
    ADD CONSTRAINT account_usage_pkey PRIMARY KEY (hour, account);
ALTER TABLE ONLY gatewright.accounts
    ADD CONSTRAINT accounts_pkey PRIMARY KEY (id);
ALTER TABLE ONLY gatewright.changes
    ADD CONSTRAINT changes_pkey PRIMARY KEY (revision);
ALTER TABLE ONLY gatewright.credentials
    ADD CONSTRAINT credentials_pkey PRIMARY KEY (name);
ALTER TABLE ONLY gatewright.given_answers
    ADD CONSTRAINT given_answers_pkey PRIMARY KEY (idempotency_key);
ALTER TABLE ONLY gatewright.key_labels
    ADD CONSTRAINT key_labels_pkey PRIMARY KEY (id);
ALTER TABLE ONLY gatewright.keys
    ADD CONSTRAINT keys_pkey PRIMARY KEY (id);
ALTER TABLE ONLY gatewright.ledger
    ADD CONSTRAINT ledger_pkey PRIMARY KEY (request, attempt, entry);
ALTER TABLE ONLY gatewright.memberships
    ADD CONSTRAINT memberships_pkey PRIMARY KEY (user_id, account);
ALTER TABLE ONLY gatewright.object_states
    ADD CONSTRAINT object_states_pkey PRIMARY KEY (kind, id);
ALTER TABLE ONLY gatewright.objects
    ADD CONSTRAINT objects_pkey PRIMARY KEY (kind, id);
ALTER TABLE ONLY gatewright.pending
    ADD CONSTRAINT pending_pkey PRIMARY KEY (node, request, attempt);
ALTER TABLE ONLY gatewright.records
    ADD CONSTRAINT records_pkey PRIMARY KEY (id);
ALTER TABLE ONLY gatewright.route_versions
    ADD CONSTRAINT route_versions_pkey PRIMARY KEY (route, number);
ALTER TABLE ONLY gatewright.routes
    ADD CONSTRAINT routes_name_key UNIQUE (name);
ALTER TABLE ONLY gatewright.routes
    ADD CONSTRAINT routes_pkey PRIMARY KEY (id);
ALTER TABLE ONLY gatewright.settings
    ADD CONSTRAINT settings_pkey PRIMARY KEY (name);
ALTER TABLE ONLY gatewright.spent
    ADD CONSTRAINT spent_pkey PRIMARY KEY (day, key);
ALTER TABLE ONLY gatewright.tables
    ADD CONSTRAINT tables_pkey PRIMARY KEY (one);
ALTER TABLE ONLY gatewright.tolls
    ADD CONSTRAINT tolls_pkey PRIMARY KEY (counter, subject, day);
ALTER TABLE ONLY gatewright.usage
    ADD CONSTRAINT usage_pkey PRIMARY KEY (hour, key, team, model, provider, customer);
ALTER TABLE ONLY gatewright.watermarks
    ADD CONSTRAINT watermarks_pkey PRIMARY KEY (node, generation, worker);
CREATE UNIQUE INDEX accounts_name ON gatewright.accounts USING btree (level, parent, unique_name);
CREATE INDEX accounts_parent ON gatewright.accounts USING btree (parent, id);
CREATE INDEX given_answers_time ON gatewright.given_answers USING btree (created_at);
CREATE UNIQUE INDEX keys_digest ON gatewright.keys USING btree (digest);
CREATE UNIQUE INDEX keys_name ON gatewright.keys USING btree (name) WHERE (revoked_at IS NULL);
CREATE INDEX memberships_account ON gatewright.memberships USING btree (account);
CREATE INDEX objects_expiring ON gatewright.objects USING btree (expires) WHERE (expires IS NOT NULL);
CREATE INDEX objects_listed ON gatewright.objects USING btree (kind, owner, created, id) WHERE (kind <> ALL (ARRAY[3, 6]));
CREATE INDEX records_parent ON gatewright.records USING btree (parent) WHERE (parent IS NOT NULL);
ALTER TABLE ONLY gatewright.route_versions
    ADD CONSTRAINT route_versions_route_fkey FOREIGN KEY (route) REFERENCES gatewright.routes(id);
