// The playground's own key: made when it is first needed, bounded in money and time, held in memory, and deleted with the page.
import { post, remove } from "@/api/change";
import { credentials } from "@/api/client";
import type { NewKey } from "@/api/types";

export const BUDGET_USD = "1";
const LIFE_MS = 3_600_000;
/** Rather a new key than one that ends while it is in use. */
const SPARE_MS = 300_000;

let held: { id: string; key: string; until: number } | null = null;
let making: Promise<string> | null = null;

async function make(): Promise<string> {
  const until = Date.now() + LIFE_MS;
  const made = await post<NewKey>("/api/v1/keys", {
    name: `playground ${new Date().toISOString().slice(0, 16)}`,
    models: ["*"],
    expires_at: new Date(until).toISOString(),
    budgets: [{ limit_usd: BUDGET_USD, period: "total" }],
    metadata: { made_by: "dashboard playground" },
  });
  held = { id: made.id, key: made.key, until };
  return made.key;
}

/** The key; several that ask at once get the same. */
export function playgroundKey(): Promise<string> {
  if (held && held.until - Date.now() > SPARE_MS) return Promise.resolve(held.key);
  making ??= make().finally(() => {
    making = null;
  });
  return making;
}

/** Deletes it. */
export function dropKey(): void {
  const gone = held;
  held = null;
  if (gone) void remove(`/api/v1/keys/${gone.id}`).catch(() => undefined);
}

/** The same while the page itself goes away, when nothing waits for an answer any more. */
export function dropKeyAtOnce(): void {
  if (held) void fetch(`/api/v1/keys/${held.id}`, { method: "DELETE", headers: credentials("DELETE"), keepalive: true });
  held = null;
}
