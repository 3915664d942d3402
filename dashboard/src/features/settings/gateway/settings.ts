// The gateway's plain settings: in sections, found by words, and with what is typed for them as the API takes it. Pure.
import type { Setting } from "@/api/types";
import { bytes } from "@/ui/format";

export const PATH = "/api/v1/settings";
export type Value = string | number | boolean | null;

/** Which of them are shown. */
export const SHOWN = { all: "All", given: "Not default", changeable: "Changeable" } as const;
export type Shown = keyof typeof SHOWN;

const LEVELS = ["off", "metadata", "redacted", "full"];
/** Words that a setting may be, of those that the API changes: it says which words those are only when another one is tried. */
export const WORDS: Record<string, string[]> = {
  "customers.limits.kind": ["sliding", "gcra", "fixed"],
  "customers.limits.mode": ["strict", "leased", "local"],
  "customers.limits.on_unavailable": ["local", "closed", "open"],
  "records.client_ip": ["off", "network", "full"],
  "records.logging": LEVELS,
  "records.max_logging": LEVELS,
};

/** Where values come from, for people. */
export const SOURCES: Record<string, { label: string; about: string }> = {
  default: { label: "default", about: "nobody says anything" },
  file: { label: "file", about: "the configuration file" },
  start: { label: "at start", about: "the command line, or a variable of the environment" },
  api: { label: "API", about: "changed while the gateway runs" },
};

const GENERAL = "general";
const TITLES: Record<string, string> = { [GENERAL]: "General", auth: "Sign-in", cors: "CORS", scim: "SCIM", settings: "Calls", tls: "TLS" };

/** The block that a setting stands in; those of no block are general, and those about Redis stand together. */
export function sectionOf(id: string): string {
  const dot = id.indexOf(".");
  if (dot > 0) return id.slice(0, dot);
  return id.startsWith("redis_") ? "redis" : GENERAL;
}

/** What a section is called. */
export const titleOf = (section: string) => TITLES[section] ?? `${section.charAt(0).toUpperCase()}${section.slice(1).replaceAll("_", " ")}`;

/** Is there something that somebody gave? */
export const isGiven = (of: Setting) => of.source !== "default" || of.revision > 0;

/** Those that fit: every word of `find` stands in the name, the description or the value. */
export function fitting(list: Setting[], find: string, shown: Shown): Setting[] {
  const words = find.toLowerCase().split(/\s+/).filter(Boolean);
  return list.filter((one) => {
    if (shown === "given" && !isGiven(one)) return false;
    if (shown === "changeable" && !one.changeable) return false;
    if (words.length === 0) return true;
    const text = `${one.id} ${one.description} ${one.value ?? ""}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** In sections: the general one first, then by name. */
export function sections(list: Setting[]): { section: string; rows: Setting[] }[] {
  const found = new Map<string, Setting[]>();
  for (const one of list) {
    const section = sectionOf(one.id);
    const rows = found.get(section);
    if (rows) rows.push(one);
    else found.set(section, [one]);
  }
  const rank = (section: string) => (section === GENERAL ? "" : titleOf(section).toLowerCase());
  return [...found].map(([section, rows]) => ({ section, rows })).sort((a, b) => rank(a.section).localeCompare(rank(b.section)));
}

/** A value as the file has it. */
export function textOf(value: Setting["value"]): string {
  if (value === null || value === undefined) return "";
  return Array.isArray(value) ? value.join(", ") : String(value);
}

const MINUTE = 60;
const UNITS: [number, string][] = [[86_400, "days"], [3600, "hours"], [MINUTE, "minutes"], [1, "seconds"]];

/** How long, where that is easier to read than the number: 12 hours, 1.5 minutes. */
function spanOf(seconds: number): string {
  const [size, name] = UNITS.find(([size]) => seconds >= size) ?? [1, "seconds"];
  const number = Math.round((seconds / size) * 10) / 10;
  return `${number} ${number === 1 ? name.slice(0, -1) : name}`;
}

/** What a number comes to, where its unit stands in the name and it is a large one. */
export function comesTo(id: string, value: Setting["value"]): string | null {
  if (typeof value !== "number") return null;
  if (id.endsWith("_bytes")) return value >= 1024 ? bytes(value) : null;
  if (id.endsWith("_ms")) return value >= 1000 ? spanOf(value / 1000) : null;
  return id.endsWith("_seconds") && value > MINUTE ? spanOf(value) : null;
}

/** How a value is typed. */
export type Kind = "words" | "truth" | "number" | "text";

export function kindOf(of: Setting): Kind {
  if (WORDS[of.id]) return "words";
  const known = of.default ?? of.value;
  // Of those that can be changed, what is no word and has no default is a number.
  if (known === null || known === undefined) return "number";
  return typeof known === "boolean" ? "truth" : typeof known === "number" ? "number" : "text";
}

/** What was typed, as the API takes it. Throws where it is no number; which numbers there may be, the gateway says. */
export function typed(kind: Kind, text: string): Value {
  const trimmed = text.trim();
  if (trimmed === "") return null;
  if (kind === "truth") return trimmed === "true";
  if (kind !== "number") return trimmed;
  const number = Number(trimmed);
  if (!Number.isFinite(number)) throw new Error("This must be a number.");
  return number;
}

/** Why it cannot be changed here; nothing where it can. */
export function whyNot(of: Setting): string | null {
  if (of.changeable) return null;
  if (of.source === "file") return "Changed in the file.";
  if (of.source === "start") return "Changed where the gateway is started.";
  return "In the file only.";
}
