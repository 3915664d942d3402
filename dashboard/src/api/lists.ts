// Lists of the API as queries: one page, pages on demand, or all of a list that is known to be small. Names of things by their
// ids, for pages that show both.
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo } from "react";
import { api, must } from "./client";
import type { Account, Key, Page } from "./types";

/** Most things that a menu holds, and of which names are known. */
const MOST = 10_000;
/** Most rows that a page's list holds; beyond it people ask for less. */
export const MOST_ROWS = 20_000;
/** Rows of one answer. */
const PAGE_ROWS = 500;

/** The lists of accounts. */
export const ACCOUNT_PATHS = {
  organization: "/api/v1/organizations",
  team: "/api/v1/teams",
  project: "/api/v1/projects",
  user: "/api/v1/users",
  customer: "/api/v1/customers",
  tag: "/api/v1/tags",
  plan: "/api/v1/plans",
} as const;
export type AccountLevel = keyof typeof ACCOUNT_PATHS;

type Query = Record<string, string | number | undefined>;

/** One page of a list, by its path. */
export function page<T>(path: string, query: Query, signal?: AbortSignal): Promise<Page<T>> {
  // The document has a type for each path; a list by a path that is chosen at run time is read as what its caller says.
  const call = api.GET as unknown as (
    path: string,
    init: object,
  ) => Promise<{ data?: unknown; error?: unknown; response: Response }>;
  return must<Page<T>>(call(path, { params: { query }, signal }));
}

/** All of a list, up to a bound. */
export async function all<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T[]> {
  const found: T[] = [];
  let cursor: string | undefined;
  do {
    const next: Page<T> = await page<T>(path, { ...query, limit: PAGE_ROWS, cursor }, signal);
    found.push(...next.data);
    cursor = next.next_cursor ?? undefined;
  } while (cursor !== undefined && found.length < MOST);
  return found;
}

/** All of a list as a query. */
export function useAll<T>(path: string, query: Query = {}, enabled = true) {
  return useQuery({ queryKey: [path, "all", query], queryFn: ({ signal }) => all<T>(path, query, signal), enabled });
}

/** A list that grows as one scrolls. */
export function usePages<T>(path: string, query: Query, rows = PAGE_ROWS, refetchInterval: number | false = false) {
  return useInfiniteQuery({
    queryKey: [path, "pages", query, rows],
    queryFn: ({ pageParam, signal }) => page<T>(path, { ...query, limit: rows, cursor: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    refetchInterval,
  });
}

/** Accounts of a level. */
export function useAccounts(level: AccountLevel, enabled = true) {
  return useAll<Account>(ACCOUNT_PATHS[level], {}, enabled);
}

/** A list of any length for a page: rows come as one scrolls, and all of them where `whole` says that they are sorted or searched
 *  through here. */
export function useRows<T>(path: string, query: Query, whole: boolean) {
  const pages = usePages<T>(path, query);
  const rows = useMemo(() => pages.data?.pages.flatMap((one) => one.data) ?? [], [pages.data]);
  const full = rows.length >= MOST_ROWS;
  const next = pages.hasNextPage && !pages.isFetching && !full ? pages.fetchNextPage : null;
  useEffect(() => {
    if (whole && next) void next();
  }, [whole, next, rows.length]);
  return { rows, full, partial: pages.hasNextPage, loading: pages.isFetchingNextPage, isPending: pages.isPending, isSuccess: pages.isSuccess, error: rows.length === 0 ? pages.error : null, refetch: pages.refetch, more: () => void next?.() };
}

type Named = { id: string; name: string };
const directories = new WeakMap<Named[], Map<string, string>>();

function directory(list: Named[]): Map<string, string> {
  let found = directories.get(list);
  if (!found) {
    found = new Map(list.map(({ id, name }) => [id, name]));
    directories.set(list, found);
  }
  return found;
}

/** Finds the name of an id; the id itself where it is not known (any more). */
export function useNames(levels: AccountLevel[], withKeys = false): (id: string | null | undefined) => string {
  const has = (level: AccountLevel) => levels.includes(level);
  const [a, b, c, d, e, f, g, h] = [
    useAccounts("organization", has("organization")).data,
    useAccounts("team", has("team")).data,
    useAccounts("project", has("project")).data,
    useAccounts("user", has("user")).data,
    useAccounts("customer", has("customer")).data,
    useAccounts("tag", has("tag")).data,
    useAccounts("plan", has("plan")).data,
    useAll<Key>("/api/v1/keys", {}, withKeys).data,
  ];
  return useCallback(
    (id) => {
      if (id === null || id === undefined || id === "") return "";
      for (const list of [a, b, c, d, e, f, g, h]) {
        const found = list && directory(list).get(id);
        if (found) return found;
      }
      return id;
    },
    [a, b, c, d, e, f, g, h],
  );
}
