import { describe, expect, it } from "vitest";
import { may } from "@/api/permissions";
import type { Log, Provider } from "@/api/types";
import { changes } from "./audit/changes";
import { burn, burnDown, periodMs } from "./budgets/burn";
import { pieces } from "./guardrails/pieces";
import { changeOf, EMPTY, type Form, formOf, settingsOf } from "./models/kinds";
import { healthOf, parseMetrics } from "./overview/metrics";
import { nanos } from "./analytics/money";
import { turnsOf } from "./playground/exchange";
import { events, headOf } from "./playground/stream";
import { filtersOf, queryOf, searchOf } from "./requests/filters";
import { ownTime, steps, whereFound } from "./requests/reading";
import { joined, tailUrl } from "./requests/tail";
import { snippets } from "./start/snippets";

describe("what pages read out of answers", () => {
  it("sums money without floats", () => {
    expect(nanos("0.000000001") + nanos("12.5")).toBe(12_500_000_001n);
  });
  it("reads metrics by provider, with quantiles between buckets", () => {
    const text = `# HELP x
gatewright_requests_total{model="a\\"b",provider="demo",outcome="success"} 9
gatewright_requests_total{model="a",provider="demo",outcome="upstream_error"} 1
gatewright_requests_total{model="none",provider="none",outcome="refused"} 5
gatewright_failed_attempts_total{provider="demo",reason="5xx"} 2
gatewright_request_duration_seconds_bucket{provider="demo",le="0.1"} 5
gatewright_request_duration_seconds_bucket{provider="demo",le="0.2"} 10
gatewright_request_duration_seconds_bucket{provider="demo",le="+Inf"} 10`;
    expect(parseMetrics(text)[0]?.labels.model).toBe('a"b');
    const [demo, ...others] = healthOf(parseMetrics(text));
    expect(others).toEqual([]);
    expect(demo).toMatchObject({ provider: "demo", requests: 10, errors: 1, failedTries: 2, reasons: { "5xx": 2 }, p50: 100 });
    expect(demo?.p95).toBeCloseTo(190);
  });
  it("tells which deployments had trouble, the worst first", () => {
    const text = `gatewright_deployment_down{provider="p",model="a"} 0
gatewright_deployment_trips_total{provider="p",model="a"} 2
gatewright_deployment_down{provider="p",model="b"} 1
gatewright_deployment_trips_total{provider="p",model="b"} 1
gatewright_deployment_trips_total{provider="p",model="fine"} 0
gatewright_requests_total{provider="p",outcome="success"} 1`;
    expect(healthOf(parseMetrics(text))[0]?.deployments).toMatchObject([{ model: "b", state: "down", trips: 1 }, { model: "a", state: "up", trips: 2 }]);
  });
  it("sends what a provider's form says, and of a change what is another", () => {
    const form: Form = { ...EMPTY, kind: "openai-compatible", name: "west", address: " http://a.example/v1 ", secret: "sk-1", models: "m, n", more: '{"capacity":{"rpm":5}}' };
    expect(settingsOf(form)).toEqual({ kind: "openai-compatible", base_url: "http://a.example/v1", api_key: "sk-1", models: ["m", "n"], capacity: { rpm: 5 } });
    expect(() => settingsOf({ ...form, more: "[1]" })).toThrow("object");
    const of = { name: "west", settings: { kind: "openai-compatible", base_url: "http://a.example/v1", models: ["m"], capacity: { rpm: 5 } } } as unknown as Provider;
    expect(formOf(of)).toMatchObject({ address: "http://a.example/v1", models: "m", secret: "" });
    expect(changeOf(of, formOf(of))).toEqual({});
    expect(changeOf(of, { ...formOf(of), address: "http://b.example/v1", more: "" })).toEqual({ base_url: "http://b.example/v1", capacity: null });
  });
  it("says where a guardrail found something", () => {
    const found = { kind: "email", action: "redact", speaker: "user", text: 0, start: 3, end: 23, score: 95, reason: "an address of mail" };
    expect(whereFound(found)).toBe("text 1 of the user, bytes 3 to 23");
    expect(whereFound({ ...found, speaker: "tool", start: 0, end: 0 })).toBe("text 1 of the tools' results");
  });
  it("tells the tries of a request", () => {
    const tries = [
      { provider: "a", upstream_model: "m", status: 503, reason: "5xx", duration_us: 1500, input_tokens: 0, output_tokens: 0, cost_usd: "0" },
      { provider: "b", upstream_model: "m", status: 200, reason: "", duration_us: 2500, input_tokens: 1, output_tokens: 1, cost_usd: "0.1" },
    ];
    const log = { tries, queue_ms: 0, connect_ms: 0.5, first_byte_ms: 3.5, total_ms: 5, attempts: 2 } as unknown as Log;
    const found = steps(log);
    expect(found).toMatchObject([
      { target: "a/m", result: "503, 5xx", ok: false, fromMs: 1, ms: 1.5, costUsd: null, stretches: [{ what: "failed", fromMs: 1, ms: 1.5 }] },
      { target: "b/m", result: "answered", ok: true, fromMs: 2.5, ms: 2.5, costUsd: "0.1" },
    ]);
    expect(found[1]?.stretches).toEqual([
      { what: "connect", fromMs: 2.5, ms: 0.5 },
      { what: "wait", fromMs: 3, ms: 0.5 },
      { what: "answer", fromMs: 3.5, ms: 1.5 },
    ]);
    expect(ownTime(log, found)).toEqual([{ what: "own", fromMs: 0, ms: 1 }]);
  });
  it("draws tries at their times, side by side where they were", () => {
    const one = { upstream_model: "m", status: 0, input_tokens: 0, output_tokens: 0, cost_usd: "0" };
    const tries = [
      { ...one, provider: "a", reason: "hedged", duration_us: 600_000, start_us: 2000, connect_us: 4000, first_byte_us: null, region: "eu" },
      { ...one, provider: "b", reason: "", status: 200, duration_us: 500_000, start_us: 300_000, connect_us: null, first_byte_us: 300_000, region: null },
    ];
    const log = { tries, queue_ms: 1, guardrails_ms: 0.5, answer_guardrails_ms: 50, connect_ms: null, first_byte_ms: 601, total_ms: 801, attempts: 2 } as unknown as Log;
    const found = steps(log);
    expect(found).toMatchObject([
      { target: "a/m", fromMs: 2, ms: 600, region: "eu" },
      { target: "b/m", fromMs: 300, ms: 500, region: null },
    ]);
    expect(found[0]?.stretches).toEqual([
      { what: "connect", fromMs: 2, ms: 4 },
      { what: "failed", fromMs: 6, ms: 596 },
    ]);
    expect(found[1]?.stretches).toEqual([
      { what: "wait", fromMs: 300, ms: 300 },
      { what: "answer", fromMs: 600, ms: 150 },
      { what: "guardrails", fromMs: 750, ms: 50 },
    ]);
    expect(ownTime(log, found)).toEqual([
      { what: "guardrails", fromMs: 0, ms: 0.5 },
      { what: "queue", fromMs: 0.5, ms: 1 },
      { what: "own", fromMs: 1.5, ms: 0.5 },
    ]);
  });
  it("says where a budget goes", () => {
    const now = Date.parse("2026-11-22T12:00:00Z");
    const budget = { limit_usd: "10", spent_usd: "6", reserved_usd: "0", period: "day", resets_at: "2026-11-23T00:00:00Z" };
    const found = burn(budget, now);
    expect([found.used, found.elapsed, found.tone]).toEqual([0.6, 0.5, "warn"]);
    expect(new Date(found.emptyAt ?? 0).toISOString()).toBe("2026-11-22T20:00:00.000Z");
    expect(burn({ ...budget, spent_usd: "1" }, now)).toMatchObject({ tone: "good", emptyAt: null });
    expect(burn({ ...budget, limit_usd: "0" }, now).tone).toBe("bad");
    expect(periodMs("month", Date.parse("2026-03-01T00:00:00Z"))).toBe(28 * 86_400_000);
    expect([periodMs("90m", 0), periodMs("total", 0)]).toEqual([5_400_000, null]);
  });
  it("marks places that are counted in bytes", () => {
    expect(pieces("é jane@x.y!", [{ start: 3, end: 11, kind: "email" }])).toEqual([
      { text: "é ", kinds: [] },
      { text: "jane@x.y", kinds: ["email"] },
      { text: "!", kinds: [] },
    ]);
    expect(pieces("", [])).toEqual([]);
  });
  it("splits a stream wherever it was cut", () => {
    const first = events('data: {"a":1}\n\ndata: {"b"');
    expect(first).toEqual({ data: ['{"a":1}'], rest: 'data: {"b"' });
    expect(events(`${first.rest}:2}\r\n\r\ndata: [DONE]\n\n`).data).toEqual(['{"b":2}', "[DONE]"]);
  });
  it("shows what changed of a thing", () => {
    expect(changes({ a: 1, b: { c: [1] } }, { a: 1, b: { c: [1, 2] }, d: "x" })).toEqual([
      { path: "b.c", before: "[1]", after: "[1,2]" },
      { path: "d", before: null, after: "x" },
    ]);
    expect(changes(null, { name: "x" })).toEqual([{ path: "name", before: null, after: "x" }]);
  });
});

it("tells what was left of a budget day by day", () => {
  const week = { limit_usd: "70", period: "week", resets_at: "2026-11-23T00:00:00Z" };
  const found = burnDown(week, new Map([["2026-11-16", 10], ["2026-11-18", 5]]), Date.parse("2026-11-18T12:00:00Z"));
  expect(found?.days[0]).toBe("2026-11-16");
  expect(found?.left).toEqual([60, 60, 55, null, null, null, null]);
  expect(found?.even.at(-1)).toBe(0);
  // Two and a half days cost 15: each day to come costs 6.
  expect(found?.ahead).toEqual([null, null, 55, 46, 40, 34, 28]);
  expect(burnDown({ ...week, period: "day" }, new Map(), 0)).toBeNull();
  expect(burnDown({ ...week, period: "total", resets_at: null }, new Map(), 0)).toBeNull();
});

describe("the playground", () => {
  it("reads the head of an answer", () => {
    const head = headOf(new Headers({ "x-request-id": "r", "x-gatewright-provider": "p", "x-gatewright-attempts": "2", "x-gatewright-guardrails": "mail=tokenize, no-secrets=block" }));
    expect(head).toMatchObject({ requestId: "r", provider: "p", attempts: 2, cache: null, guardrails: [{ name: "mail", action: "tokenize" }, { name: "no-secrets", action: "block" }] });
    expect(headOf(new Headers()).guardrails).toEqual([]);
  });
  it("tells each model its own answers", () => {
    const answer = (model: string, text: string) => ({ model, text, head: null, told: null, record: null, fault: null, stopped: false, running: false });
    const past = [{ question: "q", answers: [answer("a", "one"), answer("b", "two")] }];
    expect(turnsOf(past, 1, "be brief", "and?").map(({ content }) => content)).toEqual(["be brief", "q", "two", "and?"]);
    // One that was not asked then goes on from the first.
    expect(turnsOf(past, 2, "", "and?").map(({ content }) => content)).toEqual(["q", "one", "and?"]);
  });
});

describe("what pages ask", () => {
  it("turns the address into a query", () => {
    const now = Date.parse("2026-11-22T12:00:30Z");
    expect(queryOf({ key: "k", outcome: "refused", range: "1h", subcalls: "1" }, now)).toMatchObject({ key_id: "k", outcome: "refused", include: "subcalls", from: "2026-11-22T11:00:00.000Z" });
    expect(queryOf({ error: "upstream_error", min_cost_usd: "0.5", stream: "true" }, now)).toMatchObject({ error_code: "upstream_error", min_cost_usd: "0.5", stream: "true" });
    expect(queryOf({ range: "1h", from: "2026-01-01T00:00:00Z" }, now).from).toBe("2026-01-01T00:00:00Z");
  });
  it("follows with the filters that mean something, and shows nothing twice", () => {
    expect(tailUrl({ model: "a b", from: "2026-01-01", score: undefined, min_score: "1" })).toBe("/api/v1/logs/tail?model=a+b");
    const log = (id: string) => ({ id }) as Log;
    expect(joined([log("3"), log("2")], [log("2"), log("1")]).map(({ id }) => id)).toEqual(["3", "2", "1"]);
  });
  it("keeps views by the API's names", () => {
    const filters = filtersOf({ key: "k", subcalls: "1", range: "1h", open: "x", min_tokens: "5" });
    expect(filters).toEqual({ key_id: "k", include: "subcalls", min_tokens: "5" });
    expect(searchOf({ ...filters, unknown: "x" })).toEqual({ key: "k", subcalls: "1", min_tokens: "5" });
  });
  it("offers what the session may", () => {
    const cookie = { kind: "cookie" as const, csrfToken: "t", name: "n", roles: [], permissions: { "keys:read": "all", "keys:write": "own" }, personal: true, hasPassword: true, totpEnabled: false, recoveryCodesLeft: 0 };
    expect([may(cookie, "keys:read"), may(cookie, "keys:write"), may(cookie, "logs:read")]).toEqual([true, true, false]);
    expect(may({ kind: "none", ended: false }, "keys:read")).toBe(false);
  });
  it("puts address, key and model into every snippet", () => {
    for (const { id, text } of snippets({ base: "http://gw:4000", key: "gw-secret", model: "chat" })) {
      expect(text.includes("http://gw:4000") && text.includes("gw-secret") && text.includes("chat"), id).toBe(true);
    }
  });
});
