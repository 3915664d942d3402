// What differs between a thing before and after, member by member. Pure.

export type Change = { path: string; before: string | null; after: string | null };

const isObject = (value: unknown): value is Record<string, unknown> => value !== null && typeof value === "object" && !Array.isArray(value);
const text = (value: unknown): string | null => (value === undefined ? null : typeof value === "string" ? value : JSON.stringify(value));

/** The differences, by the path of each member. */
export function changes(before: unknown, after: unknown, path = ""): Change[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  if (!isObject(before ?? {}) || !isObject(after ?? {}) || (path !== "" && (!isObject(before) || !isObject(after)))) {
    return [{ path: path || "value", before: text(before), after: text(after) }];
  }
  const a = (before ?? {}) as Record<string, unknown>;
  const b = (after ?? {}) as Record<string, unknown>;
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return names.flatMap((name) => changes(a[name], b[name], path === "" ? name : `${path}.${name}`));
}
