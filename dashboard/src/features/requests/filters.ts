// What the explorer asks for: what stands in the address, as the API's query. Pure.
import { asked, type Chosen, FIELDS } from "@/features/filters/fields";
import { since } from "@/ui/range";

export type Search = Chosen & { range?: string; from?: string; to?: string; subcalls?: string; live?: string; open?: string; tab?: string };

/** What the API is asked. A span in the address wins over a named one. */
export function queryOf(search: Search, now: number): Record<string, string | undefined> {
  return { ...asked(FIELDS, search), include: search.subcalls === "1" ? "subcalls" : undefined, from: search.from ?? since(search.range, now), to: search.to };
}

/** Is anything left out? */
export const isFiltered = (search: Search) => FIELDS.some((field) => search[field.name] !== undefined) || search.from !== undefined || search.to !== undefined;
