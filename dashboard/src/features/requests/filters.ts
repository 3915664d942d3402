// The explorer's filters: what stands in the address, and what the API is asked for it. Pure.
import { since } from "@/ui/range";

export type Search = {
  range?: string;
  from?: string;
  to?: string;
  outcome?: string;
  model?: string;
  key?: string;
  team?: string;
  organization?: string;
  project?: string;
  user?: string;
  customer?: string;
  tag?: string;
  request?: string;
  subcalls?: string;
  live?: string;
  open?: string;
};

/** Filters that are an id of something, and the API's name for each. */
export const ID_FILTERS = {
  key: "key_id",
  team: "team_id",
  organization: "organization_id",
  project: "project_id",
  user: "user_id",
  customer: "customer_id",
  tag: "tag_id",
} as const;
export type IdFilter = keyof typeof ID_FILTERS;

/** What the API is asked. A span in the address wins over a named one. */
export function queryOf(search: Search, now: number): Record<string, string | undefined> {
  const ids = Object.entries(ID_FILTERS).map(([name, asked]) => [asked, search[name as IdFilter]] as const);
  return {
    ...Object.fromEntries(ids),
    outcome: search.outcome,
    model: search.model,
    request_id: search.request,
    include: search.subcalls === "1" ? "subcalls" : undefined,
    from: search.from ?? since(search.range, now),
    to: search.to,
  };
}

/** The filters that are set, for the line above the list. */
export function setFilters(search: Search): (keyof Search)[] {
  const names: (keyof Search)[] = ["outcome", "model", "request", ...(Object.keys(ID_FILTERS) as IdFilter[]), "from", "to"];
  return names.filter((name) => search[name] !== undefined);
}

/** Local time of a field in the form that the API takes; `undefined` when it is empty or no time. */
export function isoOf(local: string): string | undefined {
  if (local === "") return undefined;
  const date = new Date(local);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
