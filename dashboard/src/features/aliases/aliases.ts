// Aliases as their form holds them, and as the API takes them. Pure.
import type { Model } from "@/api/types";

type Settings = Record<string, unknown>;

/** How an alias may choose among its targets, in words; what needs settings of its own is written as JSON. */
export const STRATEGIES: { value: string; label: string; hint: string }[] = [
  { value: "fallback", label: "Fallback", hint: "the first, and the next when it fails" },
  { value: "weighted", label: "Weighted", hint: "each gets its share of the calls" },
  { value: "percentage", label: "Percentage", hint: "shares, the same target for the same key" },
  { value: "round-robin", label: "Round robin", hint: "one after the other" },
  { value: "least-busy", label: "Least busy", hint: "whoever has the fewest calls in flight" },
  { value: "latency", label: "Latency", hint: "whoever answered fastest of late" },
  { value: "cost", label: "Cost", hint: "the cheapest for this call" },
  { value: "usage", label: "Usage", hint: "whoever has most left of its limits" },
  { value: "sticky", label: "Sticky", hint: "the same target for the same session or user" },
  { value: "priority", label: "Priority", hint: "the smallest number first" },
  { value: "conditional", label: "Conditional", hint: "the first whose condition holds" },
];

/** What the strategy of an alias is called. */
export const strategyName = (value: string) => STRATEGIES.find((one) => one.value === value)?.label ?? value;

/** The member of a target that a strategy goes by, where a form can hold it. */
export const steerOf = (strategy: string): "weight" | "priority" | "when" | null => (strategy === "weighted" || strategy === "percentage" ? "weight" : strategy === "priority" ? "priority" : strategy === "conditional" ? "when" : null);

/** A target: a model of a provider, or another alias where the provider is empty. What has no field of its own is kept in `more`. */
export type Target = { provider: string; model: string; weight: string; priority: string; when: string; more: Settings };
export type Form = { name: string; strategy: string; targets: Target[]; more: string };

export const TARGET: Target = { provider: "", model: "", weight: "", priority: "", when: "", more: {} };
export const EMPTY: Form = { name: "", strategy: "fallback", targets: [TARGET], more: "" };

const isObject = (value: unknown): value is Settings => typeof value === "object" && value !== null && !Array.isArray(value);
const text = (value: unknown) => (typeof value === "string" ? value : typeof value === "number" ? String(value) : "");

function targetOf(from: Settings): Target {
  const { provider, model, weight, priority, when, ...more } = from;
  return { provider: text(provider), model: text(model), weight: text(weight), priority: text(priority), when: text(when), more };
}

/** What an alias of the API was made with. */
export const strategyOf = (of: Model) => text(of.settings?.strategy) || "fallback";
export const targetsOf = (of: Model): Target[] => (Array.isArray(of.settings?.targets) ? of.settings.targets.filter(isObject).map(targetOf) : []);

/** A target of which no more is known than `provider/model`. */
export function plain(name: string): Target {
  const slash = name.indexOf("/");
  return { ...TARGET, provider: slash < 0 ? "" : name.slice(0, slash), model: name.slice(slash + 1) };
}

/** Is a target a group with targets and a strategy of its own? */
export const groupOf = (target: Target): number | null => (Array.isArray(target.more.targets) ? target.more.targets.length : null);

/** What a target is called. */
export function targetName(target: Target): string {
  const size = groupOf(target);
  if (size !== null) return `a group of ${size}`;
  return target.provider ? `${target.provider}/${target.model}` : target.model;
}

/** An alias of the API in the form. */
export function formOf(of: Model): Form {
  const { strategy: _strategy, targets: _targets, ...more } = of.settings ?? {};
  return { name: of.id, strategy: strategyOf(of), targets: targetsOf(of), more: Object.keys(more).length > 0 ? JSON.stringify(more, null, 2) : "" };
}

/** May an alias be called so? */
export const isName = (name: string) => /^[^\s*]{1,128}$/u.test(name);

function written(target: Target): Settings {
  const { provider, model, weight, priority, when, more } = target;
  const whole = (member: string, typed: string) => (typed.trim() === "" ? {} : { [member]: Number(typed) });
  return {
    ...(provider ? { provider } : {}),
    ...(model.trim() ? { model: model.trim() } : {}),
    ...whole("weight", weight),
    ...whole("priority", priority),
    ...(when.trim() ? { when: when.trim() } : {}),
    ...more,
  };
}

/** What the form says, as the API takes it. Throws where the further settings are no JSON object. */
export function settingsOf(form: Form): Settings {
  const more: unknown = form.more.trim() === "" ? {} : JSON.parse(form.more);
  if (!isObject(more)) throw new SyntaxError("write an object: { ... }");
  return { strategy: form.strategy, targets: form.targets.map(written), ...more };
}

/** What a change sends: members that are others now, and null for those that are gone. */
export function changeOf(of: Model, form: Form): Settings {
  const before: Settings = { strategy: "fallback", ...of.settings };
  const after = settingsOf(form);
  const changed: Settings = {};
  for (const [name, value] of Object.entries(after)) if (JSON.stringify(before[name]) !== JSON.stringify(value)) changed[name] = value;
  for (const name of Object.keys(before)) if (!(name in after)) changed[name] = null;
  return changed;
}

/** The targets with one of them a place further up or down. */
export function moved(targets: Target[], at: number, by: 1 | -1): Target[] {
  const [one, other] = [targets[at], targets[at + by]];
  if (!one || !other) return targets;
  return targets.map((target, place) => (place === at ? other : place === at + by ? one : target));
}

/** The share of the calls that each target gets, where weights say that. */
export function shares(targets: Target[]): number[] {
  const weights = targets.map((target) => (target.weight.trim() === "" ? 1 : Math.max(0, Number(target.weight) || 0)));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => (sum > 0 ? weight / sum : 0));
}
