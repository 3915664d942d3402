// The one way to the admin API: the client generated from its description, with the credential, the guard against forged
// requests, and errors as exceptions. Nothing here knows a page.
import createClient, { type Middleware } from "openapi-fetch";
import type { paths } from "./schema";
import { session } from "./session";

/** What the API refused, in its own words. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** The member of the body that is wrong. */
    readonly field: string | null = null,
    readonly missingPermission: string | null = null,
    /** Places in a document that are wrong. */
    readonly faults: { pointer: string; message: string }[] = [],
  ) {
    super(message);
  }
}

/** Headers of a call by whoever is signed in. */
export function credentials(method: string): Record<string, string> {
  const now = session.get();
  if (now.kind === "cookie" && method !== "GET") return { "x-gatewright-csrf": now.csrfToken };
  return {};
}

const guard: Middleware = {
  onRequest({ request }) {
    for (const [name, value] of Object.entries(credentials(request.method))) request.headers.set(name, value);
    if (request.method === "POST") request.headers.set("idempotency-key", randomId());
    return request;
  },
  onResponse({ response }) {
    if (response.status === 401 && session.get().kind !== "none") session.ended();
  },
};

/** The generated client. */
export const api = createClient<paths>({ baseUrl: window.location.origin, fetch: (request) => fetch(request) });
api.use(guard);

/** 128 random bits in hex; `crypto.randomUUID` is missing where the page came over plain HTTP. */
export function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The answer, or its error as an exception. `T` is what the document leaves open. */
export async function must<T>(call: Promise<{ data?: unknown; error?: unknown; response: Response }>): Promise<T> {
  let answer: Awaited<typeof call>;
  try {
    answer = await call;
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new ApiError(0, "unreachable", "The gateway does not answer. Is it running, and is the network there?");
  }
  if (answer.response.ok) return answer.data as T;
  throw errorOf(answer.response.status, answer.error);
}

/** Reads an error's body, whatever it is. */
export function errorOf(status: number, body: unknown): ApiError {
  const error = (body as { error?: Record<string, unknown> } | undefined)?.error ?? {};
  const text = (name: string) => (typeof error[name] === "string" ? (error[name] as string) : null);
  const faults = Array.isArray(error.faults) ? (error.faults as { pointer: string; message: string }[]) : [];
  return new ApiError(
    status,
    text("code") ?? "error",
    text("message") ?? `The gateway answered with status ${status}.`,
    text("field"),
    text("missing_permission"),
    faults,
  );
}
