// Exports of records, as the API shows them. Pure.
import { moment, words } from "@/ui/format";

export const PATH = "/api/v1/exports";

export type Export = {
  id: string;
  state: string;
  format: string;
  to: string;
  name: string;
  schedule: string | null;
  by: string;
  with_bodies: boolean;
  filter: Record<string, string>;
  from: string;
  until: string;
  records: number;
  bytes: number;
  tries: number;
  error: string | null;
  created_at: string;
  ended_at: string | null;
};

export const isOpen = (state: string) => state === "waiting" || state === "running";

export const stateTone = (state: string) => (({ done: "good", running: "info", failed: "bad", waiting: "warn" }) as const)[state as "done"] ?? "neutral";

/** Which records, in words. */
export function whichOf(of: Export): string {
  const filters = Object.entries(of.filter).map(([name, value]) => `${words(name).replace(/ id$/, "")} ${value}`);
  const time = of.from.startsWith("1970-") ? `until ${moment(of.until).slice(0, 16)}` : `${moment(of.from).slice(0, 16)} – ${moment(of.until).slice(0, 16)}`;
  return [filters.join(", ") || "all requests", time].join(", ");
}
