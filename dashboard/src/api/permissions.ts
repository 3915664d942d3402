// What whoever is signed in may do, so that pages show what works. The gateway decides anew at every call; this only keeps
// buttons away that would be refused.
import { useSyncExternalStore } from "react";
import { type Session, session } from "./session";

/** The session, for components. */
export function useSession(): Session {
  return useSyncExternalStore(session.subscribe, session.get);
}

/** May the session do what is called so (`keys:write`) anywhere at all? */
export function may(now: Session, permission: string): boolean {
  if (now.kind === "cookie") return grants(now.permissions, permission);
  if (now.kind === "key") return scoped(now.me.scopes, permission) && byRole(now.me.roles, permission);
  return false;
}

/** Hook of [`may`]. */
export function useMay(permission: string): boolean {
  return may(useSession(), permission);
}

/** Permissions as a list of names, or as an object with a name for each; both with `*`. */
function grants(held: unknown, permission: string): boolean {
  if (Array.isArray(held)) return scoped(held.map(String), permission);
  if (held === null || typeof held !== "object") return false;
  const found = (held as Record<string, unknown>)[permission];
  return found !== undefined && found !== null && found !== false && found !== "none";
}

/** `keys:*`, `*:read` and `*` stand for several. */
export function scoped(scopes: string[], permission: string): boolean {
  const [thing, deed] = permission.split(":");
  return scopes.some((scope) => scope === "*" || scope === permission || scope === `${thing}:*` || scope === `*:${deed}`);
}

/** Reads of these are not for the roles named. */
const HIDDEN: Record<string, string[]> = {
  logs: ["billing", "viewer"],
  audit: ["billing", "member", "viewer"],
  providers: ["billing", "member"],
  credentials: ["billing", "member", "viewer"],
  routes: ["billing", "member"],
  cache: ["billing", "member"],
  customers: ["member"],
  tags: ["member"],
};

/** The roles' table, as far as pages need it. */
function byRole(roles: { role: string }[], permission: string): boolean {
  const [thing = "", deed] = permission.split(":");
  return roles.some(({ role }) => {
    if (role === "owner" || role === "admin") return true;
    if (deed === "read") return !(HIDDEN[thing] ?? []).includes(role);
    if (thing === "admin_tokens") return role !== "";
    return (role === "billing" && thing === "budgets") || (role === "member" && thing === "keys");
  });
}
