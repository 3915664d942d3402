// Prices as the API shows them, by unit and tier, and as its requests take them, by name. Amounts stay decimal text. Pure.
import { count, usd, words } from "@/ui/format";

/** A price. `usd_per_million` is that of a million units, whatever they are. */
export type Rate = { unit: string; tier: string; above_tokens: number; usd_per_million: string };
/** Prices that were in force for some time; no `to` where they still are. */
export type Stretch = { from: string; to: string | null; book: string; source: string; prices: Rate[] };
export type History = { provider: string; model: string; alias: string | null; history: Stretch[] };

/** What a price is for: how many units it buys, as a power of ten, and what they are called. A minute is sixty units of a second. */
type Buys = { units: number; label: string; per: string };

const TOKENS = { units: 6, per: "M tokens" };
const BUYS: Record<string, Buys> = {
  input: { ...TOKENS, label: "Input" },
  output: { ...TOKENS, label: "Output" },
  cache_read: { ...TOKENS, label: "Cache read" },
  cache_write: { ...TOKENS, label: "Cache write" },
  cache_write_1h: { ...TOKENS, label: "Cache write, 1 h" },
  reasoning: { ...TOKENS, label: "Reasoning" },
  request: { units: 0, per: "request", label: "Request" },
  page: { units: 0, per: "page", label: "Page" },
  image_input: { units: 0, per: "image", label: "Image in" },
  image_output: { units: 0, per: "image", label: "Image out" },
  second_input: { units: 0, per: "second", label: "Sound in" },
  second_output: { units: 0, per: "second", label: "Sound out" },
  character_input: { units: 6, per: "M characters", label: "Characters in" },
  character_output: { units: 6, per: "M characters", label: "Characters out" },
  search_low: { units: 0, per: "search", label: "Search, small" },
  search_medium: { units: 0, per: "search", label: "Search, medium" },
  search_high: { units: 0, per: "search", label: "Search, large" },
};
const buys = (unit: string): Buys => BUYS[unit] ?? { ...TOKENS, label: words(unit).replace(/^./, (first) => first.toUpperCase()), per: unit.includes("pixel") ? "M pixels" : "M tokens" };

export const unitName = (unit: string) => buys(unit).label;

/** The point of a decimal text, moved to the left. Exact. */
export function shifted(decimal: string, places: number): string {
  const [whole = "0", part = ""] = decimal.split(".");
  const digits = whole.padStart(places + 1, "0");
  const at = digits.length - places;
  const left = digits.slice(0, at).replace(/^0+(?=\d)/, "");
  const right = `${digits.slice(at)}${part}`.replace(/0+$/, "");
  return right === "" ? left : `${left}.${right}`;
}

/** What one buys at a price, in dollars as text. */
const amount = (rate: Rate) => shifted(rate.usd_per_million, 6 - buys(rate.unit).units);

/** `$2.50`, with at least the cents, and `per` that it is for. */
export function priceText(rate: Rate): { usd: string; per: string } {
  const text = amount(rate);
  const [whole = "0", part = ""] = text.split(".");
  return { usd: `$${count(Number(whole))}.${part.padEnd(2, "0")}`, per: buys(rate.unit).per };
}

/** The usual price of a unit: no tier, prompts of any length. */
export const usual = (prices: Rate[], unit: string) => prices.find((rate) => rate.unit === unit && rate.tier === "standard" && rate.above_tokens === 0);

/** Units that have a usual price in any of the stretches, the common ones first. */
export function unitsOf(history: Stretch[]): string[] {
  const known = Object.keys(BUYS);
  const place = (unit: string) => (known.includes(unit) ? known.indexOf(unit) : known.length);
  const found = new Set(history.flatMap((one) => one.prices.filter((rate) => rate.tier === "standard" && rate.above_tokens === 0).map((rate) => rate.unit)));
  return [...found].sort((a, b) => place(a) - place(b));
}

/** By how much a price changed: `+25 %`; nothing where it did not, or was not there. */
export function priceChange(now: Rate | undefined, before: Rate | undefined): { text: string; up: boolean } | null {
  if (!now || !before) return null;
  const [to, from] = [Number(now.usd_per_million), Number(before.usd_per_million)];
  if (to === from) return null;
  if (from === 0) return { text: "was free", up: true };
  const share = (100 * (to - from)) / from;
  const size = Math.abs(share) < 10 ? Math.abs(share).toFixed(1) : String(Math.round(Math.abs(share)));
  return { text: `${share > 0 ? "+" : "−"}${size} %`, up: share > 0 };
}

/** Prices that a form has, by the names of the configuration. */
export const PRICE_FIELDS: { name: string; unit: string; label: string; common: boolean }[] = [
  { name: "input_usd_per_million_tokens", unit: "input", label: "A million input tokens", common: true },
  { name: "output_usd_per_million_tokens", unit: "output", label: "A million output tokens", common: true },
  { name: "cache_read_usd_per_million_tokens", unit: "cache_read", label: "A million tokens read from the cache", common: true },
  { name: "cache_write_usd_per_million_tokens", unit: "cache_write", label: "A million tokens written to the cache", common: true },
  { name: "cache_write_1h_usd_per_million_tokens", unit: "cache_write_1h", label: "A million written for an hour", common: false },
  { name: "usd_per_request", unit: "request", label: "A request", common: false },
  { name: "usd_per_image", unit: "image_output", label: "An image", common: false },
  { name: "usd_per_minute", unit: "second_input", label: "A minute of sound", common: false },
  { name: "usd_per_million_characters", unit: "character_input", label: "A million characters", common: false },
];

/** A minute's price of a second's, which was rounded up to femto-dollars: the nano-dollars below it. */
function minuteOf(second: string): string {
  const [whole = "0", part = ""] = second.split(".");
  const femtos = (BigInt(whole) * 10n ** 15n + BigInt(part.padEnd(15, "0").slice(0, 15))) * 60n;
  return shifted(String(femtos / 1_000_000n), 9);
}

/** Prices by the names that requests take them under. Tiers and bounds have no name there, and are left out. */
export function namedPrices(prices: Rate[]): Record<string, string> {
  const named: Record<string, string> = {};
  for (const { name, unit } of PRICE_FIELDS) {
    const rate = usual(prices, unit);
    if (rate) named[name] = unit === "second_input" ? minuteOf(amount(rate)) : amount(rate);
  }
  return named;
}

/** What was typed, as the API takes it; nothing of what is empty. */
export const givenPrices = (typed: Record<string, string>) => Object.fromEntries(Object.entries(typed).map(([name, text]) => [name, text.trim()]).filter(([, text]) => text !== ""));

/** `+$0.0026`, `−$12.50`, `$0` */
export function difference(text: string): string {
  const amount = Number(text);
  return amount === 0 ? "$0" : `${amount < 0 ? "−" : "+"}${usd(Math.abs(amount))}`;
}
