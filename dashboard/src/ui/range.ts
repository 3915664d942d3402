// Spans of time that pages look at: named in the address, so that a link shows the same span later on.

export const RANGES = [
  { value: "1h", label: "Last hour", ms: 3_600_000 },
  { value: "24h", label: "Last 24 hours", ms: 86_400_000 },
  { value: "7d", label: "Last 7 days", ms: 7 * 86_400_000 },
  { value: "30d", label: "Last 30 days", ms: 30 * 86_400_000 },
  { value: "90d", label: "Last 90 days", ms: 90 * 86_400_000 },
] as const;

/** From when on, to the minute, so that a list that is drawn anew asks the same. `undefined`: from the beginning. */
export function since(range: string | undefined, now: number): string | undefined {
  const found = RANGES.find((one) => one.value === range);
  if (!found) return undefined;
  return new Date(Math.floor((now - found.ms) / 60_000) * 60_000).toISOString();
}

/** The days (by UTC, as the gateway sums them) of a range, oldest first. */
export function daysOf(range: string, now: number): string[] {
  const ms = RANGES.find((one) => one.value === range)?.ms ?? 30 * 86_400_000;
  const days = Math.max(1, Math.round(ms / 86_400_000));
  return Array.from({ length: days }, (_, at) => new Date(now - (days - 1 - at) * 86_400_000).toISOString().slice(0, 10));
}
