// Figures over time and of a time, as queries.
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { get } from "@/api/change";
import type { Interval, Span } from "@/ui/range";

/** Figures of a time, or of a point of it: numbers, and money as decimal text. */
export type Sums = {
  requests: number;
  errors: number;
  error_rate: number | null;
  input_tokens: number;
  output_tokens: number;
  cached_tokens: number;
  cache_write_tokens: number;
  reasoning_tokens: number;
  cost_usd: string;
  saved_usd: string;
  latency_p50_ms: number | null;
  latency_p95_ms: number | null;
  latency_p99_ms: number | null;
  first_byte_p50_ms: number | null;
  first_byte_p95_ms: number | null;
  cache_hits: number;
};
export type Figure = number | string | null;
export type Point = { time: string; [metric: string]: Figure };
export type Line = { value: string | null; name: string | null; is_rest: boolean; total: Record<string, Figure>; points: Point[] };
export type Timeseries = { data: Line[]; interval: Interval; from: string; to: string; group_by: string | null };
export type TopRow = Omit<Sums, "error_rate" | "latency_p50_ms"> & { value: string; name: string | null };
export type Overview = {
  from: string;
  to: string;
  interval: Interval;
  current: Sums;
  previous: Sums;
  top: { models: TopRow[]; providers: TopRow[]; teams: TopRow[]; keys: TopRow[] };
  endings: { outcomes: TopRow[]; errors: TopRow[] };
  forecast: { from: string; to: string; spent_usd: string; expected_usd: string | null };
};

type Filters = Record<string, string | undefined>;
export type Ask = { metrics: string[]; by?: string; span: Pick<Span, "from" | "to">; interval: Interval; limit?: number; filters?: Filters };

/** Figures over time. */
export function useTimeseries({ metrics, by, span, interval, limit, filters = {} }: Ask, enabled = true, refetchInterval: number | false = false) {
  const query = { ...filters, metric: metrics.join(","), group_by: by, interval, from: span.from, to: span.to, limit: limit === undefined ? undefined : String(limit) };
  return useQuery({
    queryKey: ["/api/v1/analytics/timeseries", query],
    queryFn: ({ signal }) => get<Timeseries>("/api/v1/analytics/timeseries", signal, query),
    enabled,
    refetchInterval,
    // A span that moves on, or another measure, keeps what is drawn until the next is there.
    placeholderData: keepPreviousData,
  });
}

/** The figures of a time beside those before, and what is behind them. */
export function useOverview(span: Pick<Span, "from" | "to">, filters: Filters = {}, refetchInterval: number | false = false) {
  const query = { ...filters, from: span.from, to: span.to };
  return useQuery({ queryKey: ["/api/v1/analytics/overview", query], queryFn: ({ signal }) => get<Overview>("/api/v1/analytics/overview", signal, query), refetchInterval, placeholderData: keepPreviousData });
}
