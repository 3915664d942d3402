// Where a price that can be changed here stands: at a target of an alias, or with a model of a provider, that the API manages. Pure.
import type { Model, Provider } from "@/api/types";
import type { History } from "./prices";

type Settings = Record<string, unknown>;
const isObject = (value: unknown): value is Settings => typeof value === "object" && value !== null && !Array.isArray(value);

/** What a change of a price is sent to, and what it says. */
export type Change = { path: string; where: string; revision: number | null; body: (prices: Record<string, string>) => Settings };

/** Targets with other prices at the one that is meant, also within groups; `null` where it is none of them. */
export function repricedTargets(targets: unknown, of: { provider: string; model: string }, prices: Record<string, string>): Settings[] | null {
  if (!Array.isArray(targets)) return null;
  let found = false;
  const changed = targets.filter(isObject).map((target) => {
    const within = repricedTargets(target.targets, of, prices);
    if (within) {
      found = true;
      return { ...target, targets: within };
    }
    if (target.provider !== of.provider || target.model !== of.model) return target;
    found = true;
    return { ...target, prices };
  });
  return found ? changed : null;
}

/** Models of a provider with other prices at one; names alone become names without facts. */
export function repricedModels(models: unknown, model: string, prices: Record<string, string>): Settings {
  const named = Array.isArray(models) ? Object.fromEntries(models.map((name) => [String(name), {}])) : isObject(models) ? models : {};
  const before = isObject(named[model]) ? (named[model] as Settings) : {};
  const facts = Object.fromEntries(Object.entries(before).filter(([name]) => !/(^|_)usd_per_/.test(name) && name !== "same_as"));
  return { ...named, [model]: { ...facts, ...prices } };
}

/** How the price of a model is changed here; `null` where it stands in the file. */
export function changeOf(of: History, aliases: Model[], providers: Provider[]): Change | null {
  const alias = of.alias ? aliases.find((one) => one.id === of.alias && one.source === "api") : undefined;
  const targets = alias?.settings?.targets;
  if (alias && repricedTargets(targets, of, {})) {
    return { path: `/api/v1/models/${encodeURIComponent(alias.id)}`, where: `the target of ${alias.id}`, revision: alias.revision ?? null, body: (prices) => ({ targets: repricedTargets(targets, of, prices) }) };
  }
  const provider = providers.find((one) => one.name === of.provider && one.source === "api");
  if (!provider) return null;
  return { path: `/api/v1/providers/${encodeURIComponent(provider.name)}`, where: `${of.model} at ${provider.name}`, revision: provider.revision ?? null, body: (prices) => ({ models: repricedModels(provider.settings?.models, of.model, prices) }) };
}
