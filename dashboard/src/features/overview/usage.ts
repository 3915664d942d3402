// What was used, by a dimension, as queries; and sums of it. Amounts are added up in nano-dollars, as the gateway counts them.
import { useQuery } from "@tanstack/react-query";
import { api, must } from "@/api/client";
import type { Page, Usage } from "@/api/types";

export const DIMENSIONS = [
  { value: "model", label: "Models" },
  { value: "team", label: "Teams" },
  { value: "key", label: "Keys" },
  { value: "organization", label: "Organizations" },
  { value: "project", label: "Projects" },
  { value: "user", label: "Users" },
  { value: "customer", label: "Customers" },
  { value: "provider", label: "Providers" },
  { value: "tag", label: "Tags" },
] as const;

/** What the API sums by. A name in the page's address may be none of these; then the API says so. */
type Dimension = (typeof DIMENSIONS)[number]["value"] | "day";

/** Usage by a dimension from a moment on. */
export function useUsage(groupBy: string, from: string | undefined, refetchInterval: number | false = false) {
  return useQuery({
    queryKey: ["/api/v1/usage", groupBy, from],
    queryFn: async ({ signal }) => (await must<Page<Usage>>(api.GET("/api/v1/usage", { params: { query: { group_by: groupBy as Dimension, from } }, signal }))).data,
    // A span that moves on keeps what it showed; another dimension does not.
    placeholderData: (before, query) => (query?.queryKey[1] === groupBy ? before : undefined),
    refetchInterval,
  });
}

/** Nano-dollars of a decimal text. */
export function nanos(usd: string): bigint {
  const [whole = "0", part = ""] = usd.replace("-", "").split(".");
  const size = BigInt(whole) * 1_000_000_000n + BigInt(part.padEnd(9, "0").slice(0, 9));
  return usd.startsWith("-") ? -size : size;
}

const dollars = (amount: bigint) => Number(amount) / 1e9;

export type Totals = { requests: number; errors: number; input: number; output: number; cached: number; cost: number; saved: number };

/** All rows together. */
export function totals(rows: Usage[]): Totals {
  const sum = (value: (row: Usage) => number) => rows.reduce((all, row) => all + value(row), 0);
  const money = (value: (row: Usage) => string) => dollars(rows.reduce((all, row) => all + nanos(value(row)), 0n));
  return {
    requests: sum((row) => row.requests),
    errors: sum((row) => row.errors),
    input: sum((row) => row.input_tokens),
    output: sum((row) => row.output_tokens),
    cached: sum((row) => row.cached_tokens),
    cost: money((row) => row.cost_usd),
    saved: money((row) => row.saved_usd),
  };
}

/** What a row is of: its name, else its id, else that it is of none. */
export function nameOf(row: Usage, dimension: string): string {
  const text = (name: string) => (typeof row[name] === "string" && row[name] !== "" ? (row[name] as string) : null);
  return text("key_name") ?? text("name") ?? text(dimension) ?? text(`${dimension}_id`) ?? (dimension === "model" ? "(refused before a model)" : `(no ${dimension})`);
}

/** The dimension's id in a row, by which requests are filtered. */
export function idOf(row: Usage, dimension: string): string | undefined {
  const value = row[dimension] ?? row[`${dimension}_id`];
  return typeof value === "string" && value !== "" ? value : undefined;
}
