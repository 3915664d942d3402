// Changes of things by their paths: made, changed, ended, with the lists that show them asked anew afterwards.
import { useQueryClient } from "@tanstack/react-query";
import { api, must } from "./client";

type Answer = Promise<{ data?: unknown; error?: unknown; response: Response }>;
type Call = (path: string, init: object) => Answer;

/** POST. The document types each path; what is chosen at run time is typed by its caller. */
export const post = <T>(path: string, body?: unknown, signal?: AbortSignal) => must<T>((api.POST as unknown as Call)(path, { body, signal }));

const match = (revision: number | null | undefined) => (typeof revision === "number" ? { "If-Match": `"${revision}"` } : undefined);

/** PATCH; with a revision it is refused when somebody else was faster. */
export const patch = <T>(path: string, body: unknown, revision?: number | null) => must<T>((api.PATCH as unknown as Call)(path, { body, headers: match(revision) }));

/** DELETE; with a revision it is refused when somebody else changed it meanwhile. */
export const remove = (path: string, query?: Record<string, string>, revision?: number | null) => must<unknown>((api.DELETE as unknown as Call)(path, { params: { query }, headers: match(revision) }));

/** GET of one thing. */
export const get = <T>(path: string, signal?: AbortSignal, query?: Record<string, string | undefined>) =>
  must<T>((api.GET as unknown as Call)(path, { signal, params: { query } }));

/** Gives a function that has everything whose query begins with one of the paths asked anew. */
export function useRenew(): (...paths: string[]) => Promise<void> {
  const queries = useQueryClient();
  return async (...paths) => {
    await queries.invalidateQueries({ predicate: (query) => paths.some((path) => String(query.queryKey[0]).startsWith(path)) });
  };
}
