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
  return now.kind === "cookie" && now.permissions[permission] !== undefined;
}

/** Hook of [`may`]. */
export function useMay(permission: string): boolean {
  return may(useSession(), permission);
}

/** May the session do it at the gateway as a whole? Whoever has a role at an account alone may not, whatever he may there. */
export function mayAtGateway(now: Session, permission: string): boolean {
  return may(now, permission) && now.kind === "cookie" && now.roles.some((one) => one.scope_kind === "gateway");
}

/** Hook of [`mayAtGateway`]. */
export function useMayAtGateway(permission: string): boolean {
  return mayAtGateway(useSession(), permission);
}
