// What figures there are, how each is written, and by what they can be told apart. Pure.
import type { Colour } from "@/ui/chart/plot";
import { compact, duration, usd } from "@/ui/format";

export type Measure = {
  id: string;
  label: string;
  /** Metrics of the API: of several, each is a line where nothing else makes lines. */
  metrics: { name: string; label: string }[];
  /** The one that stands for it where each value of a dimension is a line. */
  main: string;
  format: (value: number) => string;
  /** Can its parts be stacked? */
  adds: boolean;
  /** Customers and tags have it too. */
  ofAccounts: boolean;
};

const share = (value: number) => `${value > 0 && value < 0.0995 ? (100 * value).toFixed(1) : Math.round(100 * value)} %`;
const plain = (id: string, label: string, format: (value: number) => string, ofAccounts: boolean, adds = true): Measure => ({ id, label, metrics: [{ name: id, label }], main: id, format, adds, ofAccounts });
const times = (id: string, label: string): Measure => ({ id, label, metrics: ["p50", "p95", "p99"].map((name) => ({ name: `${id}_${name}_ms`, label: name })), main: `${id}_p95_ms`, format: (value) => duration(value), adds: false, ofAccounts: false });

/** Axes have no room for more digits than these. */
const dollars = (value: number) => (Math.abs(value) >= 1000 ? `$${compact(value)}` : usd(Number(value.toPrecision(8))));

export const MEASURES: Measure[] = [
  plain("cost_usd", "Spend", dollars, true),
  plain("requests", "Requests", compact, true),
  plain("errors", "Errors", compact, true),
  plain("error_rate", "Error rate", share, true, false),
  times("latency", "Latency"),
  times("first_byte", "Time to first byte"),
  plain("total_tokens", "Tokens", compact, true),
  plain("input_tokens", "Input tokens", compact, true),
  plain("output_tokens", "Output tokens", compact, true),
  plain("cached_tokens", "Cached input tokens", compact, true),
  plain("cache_write_tokens", "Tokens written to provider caches", compact, false),
  plain("reasoning_tokens", "Reasoning tokens", compact, false),
  plain("saved_usd", "Saved by the cache", dollars, true),
];

/** The measure of that name; spend where there is none. */
export const measureOf = (id: string | undefined) => MEASURES.find((one) => one.id === id) ?? (MEASURES[0] as Measure);

export const DIMENSIONS = [
  { value: "model", label: "Model" },
  { value: "provider", label: "Provider" },
  { value: "team", label: "Team" },
  { value: "project", label: "Project" },
  { value: "organization", label: "Organization" },
  { value: "key", label: "Key" },
  { value: "user", label: "User" },
  { value: "customer", label: "Customer" },
  { value: "tag", label: "Tag" },
  { value: "outcome", label: "Outcome" },
  { value: "error", label: "Error" },
  { value: "status", label: "Status" },
  { value: "cache", label: "Cache" },
  { value: "format", label: "Format" },
  { value: "endpoint", label: "Endpoint" },
  { value: "upstream_model", label: "Upstream model" },
  { value: "region", label: "Region" },
  { value: "guardrail", label: "Guardrail" },
] as const;

/** Less is summed up by these: no minutes, no durations. */
export const isOfAccounts = (by: string | undefined) => by !== undefined && ["customer", "tag", "format", "endpoint", "upstream_model", "region", "guardrail"].includes(by);

const NONE: Record<string, string> = { model: "before a model was known", provider: "no provider", error: "no error", status: "no status", cache: "not asked", outcome: "not known" };

/** How a value of a dimension is called. */
export function valueName(of: { value?: string | null; name?: string | null; is_rest?: boolean }, by: string | undefined): string {
  if (of.is_rest) return "all others";
  if (of.name) return of.name;
  if (!of.value) return by === undefined ? "All" : (NONE[by] ?? `no ${by}`);
  return by === "outcome" || by === "error" || by === "cache" ? of.value.replaceAll("_", " ") : of.value;
}

const COLOURS: Colour[] = [1, 2, 3, 4, 5, 6, 7, 8];
/** Lines that have a colour of their own; all others share the grey one. */
export const MOST_LINES = COLOURS.length;
export const colourAt = (at: number, isRest = false): Colour => (isRest ? 0 : (COLOURS[at % COLOURS.length] as Colour));

/** A figure as a number; money comes as text. */
export const numberOf = (value: unknown): number | null => (value === null || value === undefined ? null : Number(value));

/** By how much it changed, in words; `null` where there is nothing to compare with. */
export function change(now: number | null | undefined, before: number | null | undefined): { text: string; up: boolean } | null {
  if (now === null || now === undefined || before === null || before === undefined || before === 0) return null;
  const by = (now - before) / before;
  if (Math.abs(by) < 0.0005) return { text: "±0 %", up: false };
  const size = Math.abs(by) * 100;
  return { text: `${by > 0 ? "+" : "−"}${size >= 1000 ? "> 999" : size < 9.95 ? size.toFixed(1) : Math.round(size)} %`, up: by > 0 };
}
