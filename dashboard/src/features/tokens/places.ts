// Where roles hold and what tokens may be: shared by whoever makes roles, people and tokens. Pure.

/** From the least to the most. */
export const ROLES = ["viewer", "member", "auditor", "billing", "admin", "owner"];

export const ROLE_OPTIONS = ROLES.map((value) => ({ value, label: value }));

type Named = { id: string; name: string };

/** Organizations, teams and projects as the options of a menu. */
export function placeOptions(lists: { organization?: Named[]; team?: Named[]; project?: Named[] }): { value: string; label: string }[] {
  return Object.entries(lists).flatMap(([level, list]) => (list ?? []).map(({ id, name }) => ({ value: id, label: `${name} (${level})` })));
}
