import { expect, test } from "vitest";
import type { Model, Provider } from "@/api/types";
import { difference, givenPrices, namedPrices, priceChange, priceText, type Rate, shifted, unitsOf } from "./prices";
import { again, progress, type Recosting, scope } from "./recostings";
import { changeOf, repricedModels, repricedTargets } from "./set";

const rate = (unit: string, usd: string, more: Partial<Rate> = {}): Rate => ({ unit, tier: "standard", above_tokens: 0, usd_per_million: usd, ...more });

test("the point of a decimal moves exactly", () => {
  expect(shifted("2500000", 6)).toBe("2.5");
  expect(shifted("3", 6)).toBe("0.000003");
  expect(shifted("0.001", 6)).toBe("0.000000001");
  expect(shifted("12.5", 0)).toBe("12.5");
  expect(shifted("0", 6)).toBe("0");
  expect(shifted("40000000", 6)).toBe("40");
});

test("prices are written for what people buy", () => {
  expect(priceText(rate("input", "2.5"))).toEqual({ usd: "$2.50", per: "M tokens" });
  expect(priceText(rate("input", "0.075"))).toEqual({ usd: "$0.075", per: "M tokens" });
  expect(priceText(rate("request", "10000"))).toEqual({ usd: "$0.01", per: "request" });
  expect(priceText(rate("pixel_input", "4"))).toEqual({ usd: "$4.00", per: "M pixels" });
  expect(priceText(rate("output", "1200"))).toEqual({ usd: "$1,200.00", per: "M tokens" });
});

test("what a re-costing had is asked for by the same names", () => {
  // A minute of $0.006 is a ten-thousandth of a dollar a second; $0.0001 does not divide by sixty.
  expect(namedPrices([rate("input", "1"), rate("output", "2"), rate("request", "5000"), rate("input", "9", { tier: "batch" })])).toEqual({ input_usd_per_million_tokens: "1", output_usd_per_million_tokens: "2", usd_per_request: "0.005" });
  expect(namedPrices([rate("second_input", "100"), rate("second_output", "100")])).toEqual({ usd_per_minute: "0.006" });
  expect(namedPrices([rate("second_input", "1.666666667")])).toEqual({ usd_per_minute: "0.0001" });
  expect(givenPrices({ usd_per_request: " 1 ", usd_per_image: "" })).toEqual({ usd_per_request: "1" });
});

test("changes say how much, and the common units come first", () => {
  expect(priceChange(rate("input", "2"), rate("input", "1"))).toEqual({ text: "+100 %", up: true });
  expect(priceChange(rate("input", "0.97"), rate("input", "1"))).toEqual({ text: "−3.0 %", up: false });
  expect(priceChange(rate("input", "1"), rate("input", "1"))).toBeNull();
  expect(priceChange(rate("input", "1"), rate("input", "0"))?.text).toBe("was free");
  const stretch = { from: "", to: null, book: "catalogue", source: "", prices: [rate("request", "1"), rate("output", "1"), rate("input", "1"), rate("reasoning", "1", { tier: "batch" })] };
  expect(unitsOf([stretch])).toEqual(["input", "output", "request"]);
  expect([difference("0.5"), difference("-12"), difference("0")]).toEqual(["+$0.50", "−$12.00", "$0"]);
});

test("a price is set where it stands, and all else stays", () => {
  const of = { provider: "west", model: "m", alias: "chat", history: [] };
  const targets = [{ provider: "east", model: "m" }, { strategy: "weighted", targets: [{ provider: "west", model: "m", weight: 3 }] }];
  const priced = { input_usd_per_million_tokens: "1" };
  expect(repricedTargets(targets, of, priced)).toEqual([{ provider: "east", model: "m" }, { strategy: "weighted", targets: [{ provider: "west", model: "m", weight: 3, prices: priced }] }]);
  expect(repricedTargets([{ provider: "east", model: "m" }], of, priced)).toBeNull();
  expect(repricedModels(["m", "n"], "m", priced)).toEqual({ m: priced, n: {} });
  expect(repricedModels({ m: { max_output_tokens: 9, usd_per_request: 1, output_usd_per_million_tokens: 4, same_as: "x" } }, "m", priced)).toEqual({ m: { max_output_tokens: 9, ...priced } });
  const alias = { id: "chat", source: "api", revision: 4, settings: { targets } } as unknown as Model;
  const provider = { name: "west", source: "api", revision: 2, settings: { kind: "openai" } } as unknown as Provider;
  expect(changeOf(of, [alias], [provider])).toMatchObject({ path: "/api/v1/models/chat", revision: 4 });
  expect(changeOf({ ...of, alias: null }, [alias], [provider])).toMatchObject({ path: "/api/v1/providers/west", revision: 2 });
  expect(changeOf(of, [], [{ ...provider, source: "config" }])).toBeNull();
});

test("a re-costing says what it is about, how far it is, and is asked for again", () => {
  const of = { state: "running", from: "2026-11-01T00:00:00Z", to: "2026-11-11T00:00:00Z", reached: "2026-11-06T00:00:00Z", provider: "west", upstream_model: "m", model: null, prices: null } as Recosting;
  expect(scope(of)).toBe("west/m");
  expect(scope({ provider: null, upstream_model: null, model: "chat" })).toBe("calls of chat");
  expect(scope({ provider: null, upstream_model: null, model: null })).toBe("all calls");
  expect(progress(of)).toBe(0.5);
  expect(progress({ ...of, reached: null })).toBe(0);
  expect(progress({ ...of, state: "done", reached: null })).toBe(1);
  expect(again(of, false)).toEqual({ from: of.from, to: of.to, dry_run: false, provider: "west", upstream_model: "m" });
});
