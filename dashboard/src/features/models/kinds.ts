// Kinds of providers that people often begin with, and what a provider's form sends. Pure.
import type { Provider } from "@/api/types";

export type Kind = {
  kind: string;
  label: string;
  /** It takes a key. */
  key: boolean;
  /** What its address is called; none where the catalogue knows it and few write another. */
  address?: { member: "base_url" | "endpoint"; example: string; required: boolean };
};

export const KINDS: Kind[] = [
  { kind: "openai", label: "OpenAI", key: true },
  { kind: "anthropic", label: "Anthropic", key: true },
  { kind: "gemini", label: "Google Gemini", key: true },
  { kind: "azure-openai", label: "Azure OpenAI", key: true, address: { member: "endpoint", example: "https://NAME.openai.azure.com", required: true } },
  { kind: "mistral", label: "Mistral", key: true },
  { kind: "groq", label: "Groq", key: true },
  { kind: "deepseek", label: "DeepSeek", key: true },
  { kind: "cohere", label: "Cohere", key: true },
  { kind: "openrouter", label: "OpenRouter", key: true },
  { kind: "ollama", label: "Ollama", key: false, address: { member: "base_url", example: "http://127.0.0.1:11434", required: true } },
  { kind: "openai-compatible", label: "Anything that speaks OpenAI's format", key: true, address: { member: "base_url", example: "http://127.0.0.1:8080/v1", required: true } },
];

/** The kind of that name; one that is not in the menu takes an address and a key. */
export const kindOf = (name: string): Kind => KINDS.find((one) => one.kind === name) ?? { kind: name, label: name, key: true };

export const addressOf = (kind: Kind) => kind.address ?? { member: "base_url" as const, example: "the provider's own", required: false };

/** May a provider be called so? */
export const isName = (name: string) => /^[A-Za-z0-9._-]{1,64}$/.test(name);

export type Form = { kind: string; name: string; address: string; secret: string; region: string; models: string; more: string };

export const EMPTY: Form = { kind: "openai", name: "openai", address: "", secret: "", region: "", models: "", more: "" };

type Settings = Record<string, unknown>;

const OWN = ["kind", "base_url", "endpoint", "region"];
const text = (value: unknown) => (typeof value === "string" ? value : "");

/** A provider of the API in the form. */
export function formOf(of: Provider): Form {
  const settings: Settings = of.settings ?? {};
  const kind = text(settings.kind) || of.name;
  const { member } = addressOf(kindOf(kind));
  const listed = Array.isArray(settings.models) ? settings.models : null;
  const more = Object.fromEntries(Object.entries(settings).filter(([name]) => !OWN.includes(name) && !(name === "models" && listed)));
  return {
    kind,
    name: of.name,
    address: text(settings[member]),
    secret: "",
    region: text(settings.region),
    models: listed ? listed.join("\n") : "",
    more: Object.keys(more).length > 0 ? JSON.stringify(more, null, 2) : "",
  };
}

/** Names, one to a line or with commas between. */
export const namesOf = (typed: string) => typed.split(/[\s,]+/).filter(Boolean);

/** What the form says, as the API takes it. Throws where the further settings are no JSON object. */
export function settingsOf(form: Form): Settings {
  const more: unknown = form.more.trim() === "" ? {} : JSON.parse(form.more);
  if (typeof more !== "object" || more === null || Array.isArray(more)) throw new Error("Write an object: { ... }");
  const names = namesOf(form.models);
  const { member } = addressOf(kindOf(form.kind));
  const settings: Settings = { kind: form.kind, ...more };
  if (form.address.trim()) settings[member] = form.address.trim();
  if (form.region.trim()) settings.region = form.region.trim();
  if (names.length > 0) settings.models = names;
  if (form.secret) settings.api_key = form.secret;
  return settings;
}

/** What a change sends: members that are others now, and null for those that are gone. Secrets that are not given stay. */
export function changeOf(of: Provider, form: Form): Settings {
  const before: Settings = of.settings ?? {};
  const after = settingsOf(form);
  const changed: Settings = {};
  for (const [name, value] of Object.entries(after)) if (JSON.stringify(before[name]) !== JSON.stringify(value)) changed[name] = value;
  for (const name of Object.keys(before)) if (!(name in after)) changed[name] = null;
  return changed;
}
