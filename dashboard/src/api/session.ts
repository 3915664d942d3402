// Who is signed in. The browser's cookie speaks for the session, which scripts cannot read; only the token against forged requests
// is kept here. No key is ever kept: it goes to the gateway once, which makes a session of it.

/** How the page may speak to the API. */
export type Session =
  | { kind: "unknown" }
  | { kind: "none"; ended: boolean }
  | ({ kind: "cookie" } & CookieSession);

/** What the gateway says of a session that the browser's cookie stands for. */
export type CookieSession = {
  csrfToken: string;
  /** The person's, or what the key is called that it began with. */
  name: string;
  /** What may be done somewhere, and whose: `all` or `own`. What may not be done is not there. */
  permissions: Record<string, string>;
  /** `scope_kind` is `gateway`, or the level of the account at which the role holds. */
  roles: { role: string; scope_kind?: string }[];
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

/** The ways in that the gateway offers. */
export type Methods = { password: boolean; key: boolean; oidc: { name: string; label: string; start_path: string }[] };

async function json(path: string, init?: RequestInit): Promise<{ status: number; body: Record<string, unknown> }> {
  const answer = await fetch(path, { ...init, headers: { "content-type": "application/json", ...init?.headers } });
  const body = await answer.json().catch(() => ({}));
  return { status: answer.status, body: (body ?? {}) as Record<string, unknown> };
}

/** Asks for the ways in. */
export async function methods(): Promise<Methods> {
  const { status, body } = await json("/api/v1/auth/methods");
  if (status !== 200) throw refused(status, body);
  return body as unknown as Methods;
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
    permissions: (body.permissions ?? {}) as Record<string, string>,
    roles: (body.roles as CookieSession["roles"] | undefined) ?? [],
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

/** Signs in. */
export async function signIn(what: { key: string } | { email: string; password: string; code?: string }): Promise<void> {
  const { status, body } = await json("/api/v1/auth/sign-in", { method: "POST", body: JSON.stringify(what) });
  if (status < 200 || status > 299) throw refused(status, body);
  await resume();
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
