-- Written by version 2 of the tables, before a process that died: three records that no sum holds yet. On
-- top of the tables as migrations 1 and 2 make them.
INSERT INTO records (id, time, key, team, format, model, provider, upstream_model, stream, outcome, status,
    error_code, error_detail, attempts, cache, customer, input, output, cached, cache_write, reasoning,
    usage_source, cost, first_byte_us, total_us, tries, batch) VALUES
(x'0000019f6c9b80000000000000000001', 1793361600000000, x'00000000000000000000000000000001', 'core', 'chat',
    'chat', 'alpha', 'alpha-large', 0, 0, 200, NULL, NULL, 2, NULL, NULL, 20, 40, 7, 0, 0, 1, 105, 500, 1500,
    '[{"provider":"beta","upstream_model":"beta-large","status":500,"reason":"500","duration_us":1000,"input_tokens":10,"output_tokens":20,"cached_tokens":3,"usage_source":"upstream","cost_usd":"0.000000005"},{"provider":"alpha","upstream_model":"alpha-large","status":200,"reason":"","duration_us":1000,"input_tokens":10,"output_tokens":20,"cached_tokens":4,"usage_source":"upstream","cost_usd":"0.0000001"}]', 5),
(x'0000019f6c9b80000000000000000002', 1793361600001000, x'00000000000000000000000000000002', NULL, 'chat',
    'chat', 'alpha', 'alpha-large', 0, 0, 200, NULL, NULL, 1, NULL, 'acme', 10, 20, 4, 0, 0, 1, 100, 500, 1500,
    NULL, 6),
(x'0000019f6c9b80000000000000000003', 1793361600002000, x'00000000000000000000000000000002', NULL, 'chat',
    'chat', 'alpha', 'alpha-large', 0, 0, 200, NULL, NULL, 1, NULL, 'acme', 10, 20, 4, 0, 0, 1, 100, 500, 1500,
    NULL, 4);
INSERT INTO ledger (request, attempt, entry, time, key, cost) VALUES
(x'0000019f6c9b80000000000000000001', 0, 0, 1793361600001500, x'00000000000000000000000000000001', 5),
(x'0000019f6c9b80000000000000000001', 1, 0, 1793361600001500, x'00000000000000000000000000000001', 100),
(x'0000019f6c9b80000000000000000002', 0, 0, 1793361600002500, x'00000000000000000000000000000002', 100),
(x'0000019f6c9b80000000000000000003', 0, 0, 1793361600003500, x'00000000000000000000000000000002', 100);
INSERT INTO usage (hour, key, team, model, provider, customer, requests, errors, input, output, cached, cost,
    saved) VALUES
(498156, x'00000000000000000000000000000002', '', 'chat', 'alpha', 'acme', 1, 0, 10, 20, 4, 100, 0);
INSERT INTO spent (day, key, cost) VALUES
(20756, x'00000000000000000000000000000002', 100), (-1, x'00000000000000000000000000000002', 100);
UPDATE summing SET batch = 6, summed = 4, first = x'0000019f6c9b80000000000000000001';
PRAGMA user_version = 2;
