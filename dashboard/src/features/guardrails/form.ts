// A guardrail as its form holds it, and as the API takes it. Pure.
import type { ManagedGuardrail } from "@/api/types";
import { type Field, fieldsOf } from "./kinds";

type Settings = Record<string, unknown>;
export type Form = {
  name: string;
  kind: string;
  action: string;
  request: boolean;
  response: boolean;
  mandatory: boolean;
  /** For every call whose caller does not leave it out: `default`. */
  usual: boolean;
  shadow: boolean;
  /** What is typed in the fields of kind and action; a check that is on is `true`. */
  values: Record<string, string>;
  /** Everything else, as JSON. */
  more: string;
};

export const EMPTY: Form = { name: "", kind: "pii", action: "flag", request: true, response: false, mandatory: false, usual: false, shadow: false, values: {}, more: "" };

/** Members that every guardrail has and the form shows. */
const COMMON = ["kind", "action", "on", "mandatory", "default", "shadow"];

/** What is wrong with one member, before the gateway is asked. */
export class MemberError extends Error {
  constructor(
    readonly member: string,
    message: string,
  ) {
    super(message);
  }
}

/** May a guardrail be called so? Headers carry it. */
export const isName = (name: string) => /^[A-Za-z0-9._-]{1,256}$/.test(name);

const isObject = (value: unknown): value is Settings => typeof value === "object" && value !== null && !Array.isArray(value);
const isLine = (value: unknown) => typeof value === "string" && value !== "" && !value.includes("\n");

/** A value as its field shows it; `null` where the field cannot hold it, and it stays in the JSON. */
function textOf(field: Field, value: unknown): string | null {
  if (field.kind === "lines") return Array.isArray(value) && value.every(isLine) ? value.join("\n") : null;
  if (field.kind === "check") return typeof value === "boolean" ? (value ? "true" : "") : null;
  if (field.kind === "number") return typeof value === "number" ? String(value) : null;
  if (field.kind === "json") return isObject(value) ? JSON.stringify(value, null, 2) : null;
  if (field.kind === "text" || field.kind === "long" || field.kind === "choice") return typeof value === "string" ? value : null;
  return null;
}

/** Fields as they are where nothing is typed. */
export const usualOf = (field: Field) => (field.kind === "check" && field.usual ? "true" : "");

/** What a field holds in a form. */
export const valueOf = (form: Form, field: Field) => form.values[field.member] ?? usualOf(field);

/** A guardrail of the API in the form. */
export function formOf(of: ManagedGuardrail): Form {
  const settings: Settings = isObject(of.settings) ? of.settings : {};
  const values: Record<string, string> = {};
  const held = new Set(COMMON);
  for (const field of fieldsOf(of.kind, of.action)) {
    if (!(field.member in settings)) continue;
    const text = textOf(field, settings[field.member]);
    if (text === null) continue;
    values[field.member] = text;
    held.add(field.member);
  }
  const more = Object.fromEntries(Object.entries(settings).filter(([name]) => !held.has(name)));
  return {
    name: of.name,
    kind: of.kind,
    action: of.action,
    request: of.on.includes("request"),
    response: of.on.includes("response"),
    mandatory: of.mandatory,
    usual: of.default,
    shadow: of.shadow,
    values,
    more: Object.keys(more).length > 0 ? JSON.stringify(more, null, 2) : "",
  };
}

function json(member: string, text: string): Settings {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new MemberError(member, `This is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!isObject(value)) throw new MemberError(member, "Write an object: { ... }");
  return value;
}

/** What a field says; `undefined` where it says nothing. */
function written(field: Field, text: string, before: Settings): unknown {
  if (field.kind === "check") {
    const on = text === "true";
    // What counts anyway is said only where it was said before.
    return on === (field.usual ?? false) && typeof before[field.member] !== "boolean" ? undefined : on;
  }
  if (field.kind === "lines") {
    const found = text.split("\n").filter((line) => line.trim() !== "");
    return found.length > 0 ? found : undefined;
  }
  const trimmed = field.kind === "secret" ? text : text.trim();
  if (trimmed === "") return undefined;
  if (field.kind === "json") return json(field.member, trimmed);
  if (field.kind !== "number") return trimmed;
  const number = Number(trimmed);
  if (!Number.isFinite(number)) throw new MemberError(field.member, "This must be a number.");
  return number;
}

/** What the form says, as the API takes it; `before` is what was there. Throws where something of it cannot be read. */
export function settingsOf(form: Form, before: Settings = {}): Settings {
  const on = [...(form.request ? ["request"] : []), ...(form.response ? ["response"] : [])];
  const settings: Settings = { kind: form.kind, on, action: form.action };
  if (form.mandatory || "mandatory" in before) settings.mandatory = form.mandatory;
  if (form.usual || "default" in before) settings.default = form.usual;
  if (form.shadow || "shadow" in before) settings.shadow = form.shadow;
  for (const field of fieldsOf(form.kind, form.action)) {
    const value = written(field, valueOf(form, field), before);
    if (value !== undefined) settings[field.member] = value;
  }
  const more = form.more.trim() === "" ? {} : json("more", form.more);
  const twice = Object.keys(more).find((name) => name in settings || COMMON.includes(name));
  if (twice !== undefined) throw new MemberError("more", `'${twice}' has a field of its own`);
  return { ...settings, ...more };
}

/** Is something of that member sealed? */
export const isSealed = (of: ManagedGuardrail | null, member: string) => Array.isArray(of?.secrets) && of.secrets.includes(`/${member}`);

/** What a change sends: members that are others now, and null for those that are gone. Secrets that are not given stay, where the kind
 *  still has them. */
export function changeOf(of: ManagedGuardrail, form: Form): Settings {
  const before: Settings = isObject(of.settings) ? of.settings : {};
  const after = settingsOf(form, before);
  const changed: Settings = {};
  for (const [name, value] of Object.entries(after)) if (JSON.stringify(before[name]) !== JSON.stringify(value)) changed[name] = value;
  for (const name of Object.keys(before)) if (!(name in after)) changed[name] = null;
  const here = new Set(fieldsOf(form.kind, form.action).map(({ member }) => member));
  for (const pointer of of.kind === form.kind ? [] : (of.secrets ?? [])) {
    const member = pointer.slice(1);
    if (!here.has(member) && !(member in changed)) changed[member] = null;
  }
  return changed;
}

/** The member that is wrong: the first part of its place. */
export const memberOf = (field: string | null) => (field ?? "").split(".")[0] ?? "";

/** Has the form a field for it? `more` and those of the JSON have none but that. */
export const isPlaced = (form: Form, member: string) => ["name", ...COMMON, "more"].includes(member) || fieldsOf(form.kind, form.action).some((field) => field.member === member);
