// Spans of time that pages look at: named in the address, so that a link shows the same span later on; or from and to, by hand.

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export type Interval = "minute" | "hour" | "day";

export const RANGES = [
  { value: "1h", label: "Last hour", ms: HOUR_MS },
  { value: "24h", label: "Last 24 hours", ms: DAY_MS },
  { value: "7d", label: "Last 7 days", ms: 7 * DAY_MS },
  { value: "30d", label: "Last 30 days", ms: 30 * DAY_MS },
  { value: "90d", label: "Last 90 days", ms: 90 * DAY_MS },
] as const;

/** From when on, to the minute, so that a list that is drawn anew asks the same. `undefined`: from the beginning. */
export function since(range: string | undefined, now: number): string | undefined {
  const found = RANGES.find((one) => one.value === range);
  if (!found) return undefined;
  return new Date(Math.floor((now - found.ms) / 60_000) * 60_000).toISOString();
}

/** A span with two ends. */
export type Span = { from: string; to: string; ms: number };

const INTERVAL_MS: Record<Interval, number> = { minute: 60_000, hour: HOUR_MS, day: DAY_MS };

/** The interval that suits a span: some dozens of points, and never more than the API gives. */
export function fitting(ms: number): Interval {
  if (ms <= 3 * HOUR_MS) return "minute";
  return ms <= 8 * DAY_MS ? "hour" : "day";
}

/** Intervals that a span can be told by: at least one point, and fewer than what fits a chart. */
export function possible(ms: number): Interval[] {
  return (["minute", "hour", "day"] as const).filter((one) => ms / INTERVAL_MS[one] <= 1500 && ms / INTERVAL_MS[one] >= 1);
}

/** The span of an address, whole intervals of it, so that it and the time before have as many points. */
export function spanOf(search: { range?: string; from?: string; to?: string }, now: number, interval?: Interval): Span {
  const from = Date.parse(search.from ?? "");
  const to = Date.parse(search.to ?? "");
  const ms = RANGES.find((one) => one.value === search.range)?.ms ?? 7 * DAY_MS;
  const given = Number.isNaN(from) ? { from: now - ms, to: now } : { from, to: Number.isNaN(to) ? now : to };
  const unit = INTERVAL_MS[interval ?? fitting(given.to - given.from)];
  const end = Math.ceil(given.to / unit) * unit;
  const begin = Math.min(Number.isNaN(from) ? end - Math.ceil(ms / unit) * unit : Math.floor(given.from / unit) * unit, end - unit);
  return { from: new Date(begin).toISOString(), to: new Date(end).toISOString(), ms: end - begin };
}

/** The span of the same length before it. */
export function before(span: Span): Span {
  return { from: new Date(Date.parse(span.from) - span.ms).toISOString(), to: span.from, ms: span.ms };
}
