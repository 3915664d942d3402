// What the explorer asks for: what stands in the address, as the API's query. Pure.
import { asked, type Chosen, FIELDS } from "@/features/filters/fields";
import { since } from "@/ui/range";

export type Search = Chosen & { range?: string; from?: string; to?: string; subcalls?: string; live?: string; open?: string; tab?: string };

/** What the API is asked. A span in the address wins over a named one. */
export function queryOf(search: Search, now: number): Record<string, string | undefined> {
  return { ...asked(FIELDS, search), include: search.subcalls === "1" ? "subcalls" : undefined, from: search.from ?? since(search.range, now), to: search.to };
}

/** The same without what is not asked: the calls that are in the list at that moment. */
export const found = (search: Search, now: number) => Object.fromEntries(Object.entries(queryOf(search, now)).filter((one): one is [string, string] => one[1] !== undefined));

/** Is anything left out? */
export const isFiltered = (search: Search) => FIELDS.some((field) => search[field.name] !== undefined) || search.from !== undefined || search.to !== undefined;

/** The filters of an address as the API keeps them. A named span moves on, so it is none of them. */
export function filtersOf(search: Search): Record<string, string> {
  const all = { ...asked(FIELDS, search), include: search.subcalls === "1" ? "subcalls" : undefined, from: search.from, to: search.to };
  return Object.fromEntries(Object.entries(all).filter((one): one is [string, string] => one[1] !== undefined));
}

/** What stands in the address for filters that were kept. */
export function searchOf(filters: Record<string, unknown>): Chosen {
  const found: Chosen = {};
  for (const [api, value] of Object.entries(filters)) {
    const name = api === "include" ? "subcalls" : api === "from" || api === "to" ? api : FIELDS.find((field) => field.api === api)?.name;
    if (name) found[name] = api === "include" ? "1" : String(value);
  }
  return found;
}
