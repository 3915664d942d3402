// What is left at a provider: of its own rate limits, as its answers say, of our limits and budgets on it, and of places for calls
// at the same time.
import { useState } from "react";
import type { LimitLeft, Provider, ProviderModel, Room } from "@/api/types";
import { Button } from "@/ui/button";
import { ago, compact, duration, usd } from "@/ui/format";
import { Meter } from "@/ui/meter";
import { Badge, type Tone } from "@/ui/panels";

/** Models that are shown at first. */
const FEW = 4;

const STATES: Record<string, { tone: Tone; text: string }> = {
  open: { tone: "bad", text: "down: breaker open" },
  half_open: { tone: "warn", text: "being tried again" },
  parked: { tone: "warn", text: "pause asked for" },
  ejected: { tone: "warn", text: "behind its peers" },
  up: { tone: "good", text: "up" },
};

type Line = { name: string; left: string; share: number; note: string };

const windows: Record<number, string> = { 1: "a second", 60: "a minute", 3600: "an hour", 86400: "a day" };
const per = (seconds: number | null | undefined) => (seconds ? ` ${windows[seconds] ?? `in ${seconds} s`}` : "");

function said(name: string, room: Room | null | undefined, note: string): Line[] {
  if (!room) return [];
  const limit = room.limit ?? null;
  return [{ name, left: limit === null ? compact(room.remaining) : `${compact(room.remaining)} of ${compact(limit)}`, share: limit ? room.remaining / limit : 1, note }];
}

function ours(limits: LimitLeft[]): Line[] {
  return limits.map((one) => {
    const [left, limit] = [Number(one.remaining), Number(one.limit)];
    const shown = (value: number) => (one.unit === "cost" ? usd(value) : compact(value));
    return { name: `our limit: ${one.unit.replaceAll("_", " ")}${per(one.per_seconds)}`, left: `${shown(left)} of ${shown(limit)}`, share: limit > 0 ? left / limit : 0, note: one.shadow ? "noted only" : one.resets_in_ms > 0 ? `whole again in ${duration(one.resets_in_ms)}` : "" };
  });
}

function budgets(of: Provider["budgets"]): Line[] {
  return of.map((one) => {
    const limit = Number(one.limit_now_usd ?? one.limit_usd);
    const left = Math.max(0, limit - Number(one.spent_usd) - Number(one.reserved_usd));
    return { name: `our budget: ${one.period}`, left: `${usd(left)} of ${usd(limit)}`, share: limit > 0 ? left / limit : 0, note: one.shadow ? "noted only" : "" };
  });
}

/** All that is known to be left of a model. */
function linesOf(of: ProviderModel, now: number): Line[] {
  const places: Line[] = of.max_parallel ? [{ name: "places", left: `${compact(of.open_slots ?? 0)} of ${compact(of.max_parallel)}`, share: (of.open_slots ?? 0) / of.max_parallel, note: of.waiting > 0 ? `${of.waiting} wait` : "" }] : [];
  const seen = of.provider_limits ? `said ${ago(of.provider_limits.seen_at, now)}` : "";
  return [
    ...said("its requests", of.provider_limits?.requests, seen),
    ...said("its tokens", of.provider_limits?.tokens, seen),
    ...said("requests a minute", of.capacity?.requests, "as stated here"),
    ...said("tokens a minute", of.capacity?.tokens, "as stated here"),
    ...places,
    ...ours(of.limits),
    ...budgets(of.budgets),
  ];
}

function Lines({ of }: { of: Line[] }) {
  return (
    <ul className="mt-1 grid gap-x-4 gap-y-1.5 sm:grid-cols-2">
      {of.map((line) => (
        <li key={line.name} className="num min-w-0 text-[0.86rem]" title={line.note || undefined}>
          <div className="flex items-baseline justify-between gap-2">
            <span className="min-w-0 truncate text-faint">{line.name}</span>
            <span className="shrink-0">{line.left}</span>
          </div>
          <Meter share={line.share} tone={line.share > 0.3 ? "good" : line.share > 0.1 ? "warn" : "bad"} label={`${line.name}: ${line.left} left`} />
        </li>
      ))}
    </ul>
  );
}

const TROUBLE = ["open", "half_open", "parked", "ejected", "up"];

/** The part of a provider's card. */
export function Headroom({ of, now }: { of: Provider; now: number }) {
  const [all, setAll] = useState(false);
  const whole = [...ours(of.limits), ...budgets(of.budgets)];
  const models = of.deployments.toSorted((a, b) => TROUBLE.indexOf(a.state) - TROUBLE.indexOf(b.state) || b.requests_last_minute - a.requests_last_minute || a.model.localeCompare(b.model));
  if (models.length === 0 && whole.length === 0) return null;
  const shown = all ? models : models.slice(0, FEW);
  return (
    <section className="mt-3 border-t border-line pt-3">
      <h3 className="mb-1.5 font-medium">Models and what is left</h3>
      {whole.length > 0 ? <div className="mb-2"><Lines of={whole} /></div> : null}
      <ul className="space-y-2">
        {shown.map((one) => {
          const state = STATES[one.state] ?? { tone: "neutral" as const, text: one.state };
          const lines = linesOf(one, now);
          const until = one.open_until ?? one.parked_until ?? one.ejected_until;
          return (
            <li key={`${one.model} ${one.credential ?? ""}`} className="min-w-0">
              <div className="num flex items-baseline gap-2">
                <span className="min-w-0 truncate font-medium" title={one.model}>{one.model}</span>
                <Badge tone={state.tone} title={until ? `until ${new Date(until).toLocaleTimeString()}` : undefined}>{state.text}</Badge>
                <span className="ml-auto shrink-0 text-[0.86rem] text-faint">{compact(one.requests_last_minute)} / min{one.in_flight > 0 ? `, ${one.in_flight} now` : ""}</span>
              </div>
              {lines.length > 0 ? <Lines of={lines} /> : null}
            </li>
          );
        })}
      </ul>
      {models.length > FEW ? (
        <Button small className="mt-2" onClick={() => setAll(!all)}>
          {all ? "Show fewer" : `Show all ${models.length}`}
        </Button>
      ) : null}
    </section>
  );
}
