// Datasets and their items as the API shows them, and what items are brought along as. Pure.
import { asked } from "@/features/requests/bodies/turns";

export const PATH = "/api/v1/datasets";

export type Dataset = { id: string; name: string; description: string; owner: string; account_id?: string | null; items: number; created_at: string; updated_at: string; revision: number };
export type Item = {
  id: string;
  format: string;
  request: Record<string, unknown>;
  expected?: string | null;
  answer?: string | null;
  metadata: Record<string, unknown>;
  masked: boolean;
  source_request_id?: string | null;
  updated_at: string;
};
/** What came of collecting: `known` are there already, `unusable` cannot be made again, bodies of `unread` stand in files of another gateway. */
export type Collected = { added: string[] | number; known: number; unusable: number; unread?: number; next_cursor?: string | null };
/** The same of several goes. */
export type Sum = { added: number; known: number; unusable: number; unread: number; cursor: string | null };

/** How many were added, whichever way that is said. */
export const added = (of: { added: string[] | number }) => (Array.isArray(of.added) ? of.added.length : of.added);

/** What was collected so far, with one go more. */
export const summed = (sum: Sum | null, found: Collected): Sum => ({
  added: (sum?.added ?? 0) + added(found),
  known: (sum?.known ?? 0) + found.known,
  unusable: (sum?.unusable ?? 0) + found.unusable,
  unread: (sum?.unread ?? 0) + (found.unread ?? 0),
  cursor: found.next_cursor ?? null,
});

/** The question of an item in a line: what was said last by whoever asked. */
export function question(of: Item): string {
  const turns = asked(of.request) ?? [];
  const last = turns.findLast((turn) => turn.role === "user") ?? turns.at(-1);
  const text = last?.parts.map((part) => ("text" in part ? part.text : "")).join(" ").trim();
  return text || JSON.stringify(of.request).slice(0, 200);
}

/** Of what kind an answer that was kept is. */
export const answerType = (answer: string) => (/^(event|data|id|:)/.test(answer.trimStart()) ? "text/event-stream" : "application/json");

/** An item of a question and what a good answer says. */
export const itemOf = (text: string, expected: string) => ({ request: { messages: [{ role: "user", content: text }] }, ...(expected.trim() ? { expected } : {}) });
