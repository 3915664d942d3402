// Re-costings of past calls, as the API shows them. Pure.
import { day, moment } from "@/ui/format";
import { namedPrices, type Rate } from "./prices";

export const PATH = "/api/v1/prices/recostings";

export type Part = { name: string; records: number; cost_before_usd: string; cost_after_usd: string; difference_usd: string };
export type Recosting = Omit<Part, "name"> & {
  id: string;
  state: string;
  dry_run: boolean;
  provider: string | null;
  upstream_model: string | null;
  model: string | null;
  prices: Rate[] | null;
  from: string;
  to: string;
  not_before: string | null;
  by: string;
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
  reached: string | null;
  seen: number;
  left: Record<string, number>;
  models: Part[];
  teams: Part[];
  error: string | null;
};

/** Does it wait, or run? */
export const isOpen = (state: string) => state === "waiting" || state === "running";

export const stateTone = (state: string) => (({ done: "good", running: "info", failed: "bad", waiting: "warn" }) as const)[state as "done"] ?? "neutral";

/** Which calls it is about. */
export function scope(of: Pick<Recosting, "provider" | "upstream_model" | "model">): string {
  const target = of.provider && of.upstream_model ? `${of.provider}/${of.upstream_model}` : of.provider ? `all of ${of.provider}` : (of.upstream_model ?? "");
  const called = of.model ? `calls of ${of.model}` : "";
  return [target, called].filter(Boolean).join(", ") || "all calls";
}

/** Which time it is about. */
export function span(of: Pick<Recosting, "from" | "to">): string {
  const [from, to] = [new Date(of.from), new Date(of.to)];
  return day(from) === day(to) ? `${moment(of.from).slice(0, 16)} – ${moment(of.to).slice(11, 16)}` : `${moment(of.from).slice(0, 16)} – ${moment(of.to).slice(0, 16)}`;
}

/** How much of its time it has looked at: it begins with the newest call. */
export function progress(of: Pick<Recosting, "state" | "from" | "to" | "reached">): number {
  if (of.state === "done") return 1;
  if (!of.reached) return 0;
  const [from, to, at] = [of.from, of.to, of.reached].map((text) => Date.parse(text)) as [number, number, number];
  return to <= from ? 1 : Math.max(0, Math.min(1, (to - at) / (to - from)));
}

/** The same once more, as the API takes it. */
export function again(of: Recosting, dry: boolean): Record<string, unknown> {
  return {
    from: of.from,
    to: of.to,
    dry_run: dry,
    ...(of.provider ? { provider: of.provider } : {}),
    ...(of.upstream_model ? { upstream_model: of.upstream_model } : {}),
    ...(of.model ? { model: of.model } : {}),
    ...(of.prices ? { prices: namedPrices(of.prices) } : {}),
  };
}

/** Why calls that were asked for stay as they are. */
export const LEFT: Record<string, string> = {
  lost: "charged at what was held for them, since nobody knows what they consumed",
  session: "parts of a session, of which only the sum is known",
  unexplained: "charged at something that their lines do not add up to, as those of older versions",
  unpriced: "of a model that has no price there",
};
