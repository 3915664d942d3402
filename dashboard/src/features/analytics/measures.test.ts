import { describe, expect, it } from "vitest";
import { drawn, lonely, pointName, stacked } from "@/ui/chart/plot";
import { before, fitting, possible, spanOf } from "@/ui/range";
import { asked, faultOf, FIELDS, fitting as fittingFields } from "../filters/fields";
import { change, measureOf, valueName } from "./measures";

describe("figures", () => {
  it("says by how much one changed", () => {
    expect([change(110, 100)?.text, change(50, 100)?.text, change(100, 100)?.text, change(1, 0), change(null, 3), change(9e9, 1)?.text]).toEqual(["+10 %", "−50 %", "±0 %", null, null, "+> 999 %"]);
  });
  it("names values, also where there are none", () => {
    expect([valueName({ value: "x", name: "X" }, "team"), valueName({ value: "", name: null }, "team"), valueName({ value: null, is_rest: true }, "team"), valueName({ value: "upstream_error" }, "error"), valueName({ value: "" }, undefined)]).toEqual(["X", "no team", "all others", "upstream error", "All"]);
  });
  it("writes each in its unit", () => {
    expect([measureOf("error_rate").format(0.034), measureOf("latency").format(1240), measureOf(undefined).format(0.30000000000000004), measureOf("requests").format(12_345)]).toEqual(["3.4 %", "1.24 s", "$0.30", "12.3K"]);
  });
});

describe("times", () => {
  const now = Date.parse("2026-11-22T10:07:30Z");
  it("are whole intervals, with as many before", () => {
    expect(spanOf({ range: "24h" }, now)).toEqual({ from: "2026-11-21T11:00:00.000Z", to: "2026-11-22T11:00:00.000Z", ms: 86_400_000 });
    expect(before(spanOf({ range: "7d" }, now)).to).toBe("2026-11-15T11:00:00.000Z");
    expect(spanOf({ range: "30d" }, now)).toMatchObject({ from: "2026-10-24T00:00:00.000Z", to: "2026-11-23T00:00:00.000Z" });
    expect(spanOf({ from: "2026-11-01T00:00:00Z", to: "2026-11-01T02:00:00Z" }, now)).toMatchObject({ from: "2026-11-01T00:00:00.000Z", ms: 7_200_000 });
    // An end before the beginning still is a time.
    expect(spanOf({ from: "2026-11-05T00:00:00Z", to: "2026-11-01T00:00:00Z" }, now).ms).toBeGreaterThan(0);
  });
  it("have an interval that suits", () => {
    expect([fitting(3_600_000), fitting(86_400_000), fitting(30 * 86_400_000), possible(30 * 86_400_000)]).toEqual(["minute", "hour", "day", ["hour", "day"]]);
    expect([pointName(Date.parse("2026-11-22T00:00:00Z"), "day"), pointName(Date.parse("2026-11-22T00:00:00Z"), "day", true)]).toEqual(["Nov 22", "Nov 22"]);
  });
});

it("stacks what adds up, and nothing else", () => {
  const series = [{ name: "a", colour: 1 as const, values: [1, null] }, { name: "b", colour: 2 as const, values: [2, 3] }, { name: "past", colour: 0 as const, dashed: true, values: [9, 9] }];
  expect(stacked(series)).toEqual([[1, 0], [3, 3], [9, 9]]);
  expect(lonely([null, 3, null, 1, 2, null, 9])).toEqual([1, 6]);
  expect(drawn(series, "stack").map(({ of }) => of.name)).toEqual(["b", "a", "past"]);
});

describe("filters", () => {
  it("ask the API by its own names", () => {
    expect(asked(FIELDS, { key: "k", said_tag: "t", error: "e" })).toMatchObject({ key_id: "k", tag: "t", error_code: "e" });
    expect(new Set(FIELDS.map(({ name }) => name)).size).toBe(FIELDS.length);
    expect(new Set(FIELDS.map(({ api }) => api)).size).toBe(FIELDS.length);
  });
  it("are found by what they say, and refuse what is no number", () => {
    expect(fittingFields(FIELDS, "first ms").length + fittingFields(FIELDS, "first byte").length).toBeGreaterThan(1);
    const cost = FIELDS.find(({ name }) => name === "min_cost_usd");
    expect(cost && [faultOf(cost, "0.5"), faultOf(cost, "much")]).toEqual([null, "a number, such as 250 or 0.5"]);
  });
});
