// Who is signed in, and how. With sessions the browser's cookie speaks and only the token against forged requests is kept here;
// a gateway without them is asked with a key, which lives in this module's memory and nowhere else, so that a reload forgets it.
import type { Me } from "./types";

/** How the page may speak to the API. */
export type Session =
  | { kind: "unknown" }
  | { kind: "none"; ended: boolean }
  | { kind: "key"; key: string; me: Me }
  | ({ kind: "cookie" } & CookieSession);

/** What the gateway says of a session that the browser's cookie stands for. */
export type CookieSession = {
  csrfToken: string;
  /** The person's, or what the key is called that it began with. */
  name: string;
  permissions: unknown;
  roles: { role: string }[];
  /** A person's session, not a key's. */
  personal: boolean;
  hasPassword: boolean;
  totpEnabled: boolean;
  recoveryCodesLeft: number;
};

let current: Session = { kind: "unknown" };
const watchers = new Set<() => void>();

function put(next: Session) {
  current = next;
  for (const watcher of watchers) watcher();
}

/** The one session of the page. */
export const session = {
  get: (): Session => current,
  put,
  /** It was good, and is not any more. */
  ended: () => put({ kind: "none", ended: true }),
  subscribe: (watcher: () => void) => {
    watchers.add(watcher);
    return () => watchers.delete(watcher);
  },
};

/** The ways in that the gateway offers; `null` where it has no sessions yet. */
export type Methods = { password: boolean; key: boolean; oidc: { name: string; label: string; start_path: string }[] };

async function json(path: string, init?: RequestInit): Promise<{ status: number; body: Record<string, unknown> }> {
  const answer = await fetch(path, { ...init, headers: { "content-type": "application/json", ...init?.headers } });
  const body = await answer.json().catch(() => ({}));
  return { status: answer.status, body: (body ?? {}) as Record<string, unknown> };
}

/** Asks for the ways in. */
export async function methods(): Promise<Methods | null> {
  const { status, body } = await json("/api/v1/auth/methods");
  return status === 200 ? (body as unknown as Methods) : null;
}

/** Takes up a session that the browser still has. */
export async function resume(): Promise<void> {
  try {
    const { status, body } = await json("/api/v1/auth/session");
    put(status === 200 ? cookieSession(body) : { kind: "none", ended: false });
  } catch {
    put({ kind: "none", ended: false });
  }
}

function cookieSession(body: Record<string, unknown>): Session {
  const user = body.user as { name?: string; email?: string } | null;
  return {
    kind: "cookie",
    csrfToken: String(body.csrf_token ?? ""),
    name: user?.name || user?.email || nameOf(String(body.actor ?? body.via ?? "")),
    permissions: body.permissions ?? {},
    roles: (body.roles as { role: string }[] | undefined) ?? [],
    personal: user !== null && user !== undefined,
    hasPassword: body.has_password === true,
    totpEnabled: body.totp_enabled === true,
    recoveryCodesLeft: Number(body.recovery_codes_left ?? 0),
  };
}

/** An actor, for people. */
export const nameOf = (actor: string) => (actor === "master" ? "Master key" : actor);

/** Why somebody was not let in. */
export class SignInError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

function refused(status: number, body: Record<string, unknown>): SignInError {
  const error = (body.error ?? {}) as { code?: string; message?: string };
  if (status === 429) return new SignInError("rate_limited", "Too many tries. Wait a moment, then try again.");
  return new SignInError(error.code ?? "error", error.message ?? `The gateway answered with status ${status}.`);
}

/** Signs in where the gateway has sessions. */
export async function signIn(what: { key: string } | { email: string; password: string; code?: string }): Promise<void> {
  const { status, body } = await json("/api/v1/auth/sign-in", { method: "POST", body: JSON.stringify(what) });
  if (status < 200 || status > 299) throw refused(status, body);
  await resume();
}

/** Signs in with a key that is kept in memory, where the gateway has no sessions. */
export async function useKey(key: string): Promise<void> {
  const { status, body } = await json("/api/v1/me", { headers: { authorization: `Bearer ${key}` } });
  if (status === 401) throw new SignInError("invalid_credentials", "The gateway does not know this key.");
  if (status !== 200) throw refused(status, body);
  put({ kind: "key", key, me: body as unknown as Me });
}

/** Chooses a password by a link. Gives the address to sign in with. */
export async function redeem(token: string, password: string): Promise<string> {
  const { status, body } = await json("/api/v1/auth/password/redeem", { method: "POST", body: JSON.stringify({ token, new: password }) });
  if (status < 200 || status > 299) throw refused(status, body);
  return typeof body.email === "string" ? body.email : "";
}

/** Ends it, here and at the gateway. Gives the address to go on to, where the identity provider has one. */
export async function signOut(): Promise<string | null> {
  let onwards: string | null = null;
  if (current.kind === "cookie") {
    const headers = { "x-gatewright-csrf": current.csrfToken };
    const { body } = await json("/api/v1/auth/sign-out", { method: "POST", headers, body: "{}" }).catch(() => ({ body: {} }));
    const target = (body as { redirect_to?: unknown }).redirect_to;
    onwards = typeof target === "string" ? target : null;
  }
  put({ kind: "none", ended: false });
  return onwards;
}
