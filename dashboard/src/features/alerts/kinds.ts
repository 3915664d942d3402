// What rules of alerts look at, and the members of each kind that its form asks for. Pure.
import type { components } from "@/api/schema";
import type { Tone } from "@/ui/panels";

type Schemas = components["schemas"];
export type Subject = { kind: string; id: string; name: string };
type Told = { rule: { id: string; name: string; kind: string }; subject: Subject };
export type Alert = Omit<Schemas["Alert"], "rule" | "subject"> & Told;
export type Delivery = { channel_id: string; state: string; attempts: number; error: string | null };
export type AlertEvent = Omit<Schemas["AlertEvent"], "rule" | "subject" | "deliveries"> & Told & { deliveries: Delivery[] };
export type Rule = Omit<Schemas["AlertRule"], "channels" | "at"> & { channels: string[] | null; at: number[] | null };
export type Channel = Omit<Schemas["AlertChannel"], "to"> & { to: string[] | null };
export type Silence = Schemas["AlertSilence"];
export type Tested = Schemas["AlertTest"];

export type Member = { name: "above_percent" | "above_ms" | "above" | "percentile" | "window_minutes" | "min_requests" | "min_usd" | "z_score" | "at" | "for_seconds"; label: string; usual: string; /** The value in a rule's line. */ says: (value: string) => string };
const window: Member = { name: "window_minutes", label: "In minutes", usual: "5", says: (value) => `in ${value} min` };
const least: Member = { name: "min_requests", label: "Of at least requests", usual: "50", says: (value) => `of at least ${value}` };

export type Kind = { value: string; label: string; about: string; members: Member[]; /** Each of these may be an alert of its own. */ per: boolean };
export const RULE_KINDS: Kind[] = [
  { value: "error_rate", label: "Failing requests", about: "More than a share of requests failed.", members: [{ name: "above_percent", label: "Above percent", usual: "5", says: (value) => `above ${value} %` }, window, least], per: true },
  { value: "latency", label: "Slow requests", about: "A percentile of durations is above a bound.", members: [{ name: "above_ms", label: "Above milliseconds", usual: "8000", says: (value) => `above ${value} ms` }, { name: "percentile", label: "Percentile", usual: "95", says: (value) => `p${value}` }, window], per: true },
  { value: "budget", label: "Budgets", about: "A budget is used up to a share.", members: [{ name: "at", label: "At percent", usual: "50, 80, 100", says: (value) => `at ${value} %` }], per: false },
  { value: "provider_down", label: "Provider down", about: "A deployment of a provider is taken for down.", members: [{ name: "for_seconds", label: "For seconds", usual: "0", says: (value) => `for ${value} s` }], per: false },
  { value: "spend_anomaly", label: "Unusual spend", about: "An hour costs far more than hours of its kind.", members: [{ name: "min_usd", label: "At least dollars", usual: "1", says: (value) => `at least $${value}` }, { name: "z_score", label: "Robust z-score", usual: "4", says: (value) => `z above ${value}` }], per: true },
  { value: "guardrail_blocks", label: "Guardrail blocks", about: "Guardrails blocked more than so many requests.", members: [{ name: "above", label: "More than", usual: "20", says: (value) => `more than ${value}` }, window], per: true },
  { value: "new_model", label: "New model", about: "A model is used for the first time.", members: [], per: false },
  { value: "new_key", label: "New key", about: "A key is used for the first time.", members: [], per: false },
];

/** How a kind is called. */
export const kindName = (kind: string) => RULE_KINDS.find((one) => one.value === kind)?.label ?? kind.replaceAll("_", " ");

export const SEVERITIES = ["info", "warning", "critical"];
export const severityTone = (severity: string): Tone => (severity === "critical" ? "bad" : severity === "warning" ? "warn" : "info");
export const EVENT_TONES: Record<string, Tone> = { firing: "bad", repeated: "warn", resolved: "good", test: "info" };

/** What a rule says, in a line. */
export function ruleSays(rule: Rule): string {
  const kind = RULE_KINDS.find((one) => one.value === rule.kind);
  const said = (kind?.members ?? []).flatMap((member) => {
    const value = rule[member.name];
    return value === null || value === undefined ? [] : [member.says(Array.isArray(value) ? value.join(", ") : String(value))];
  });
  return [...said, rule.per ? `per ${rule.per}` : ""].filter(Boolean).join(" · ");
}

/** What a rule's members are, as they are typed. */
export function memberText(rule: Rule): Record<string, string> {
  const kind = RULE_KINDS.find((one) => one.value === rule.kind);
  const typed = (kind?.members ?? []).map((member) => {
    const value = rule[member.name];
    return [member.name, value === null || value === undefined ? "" : Array.isArray(value) ? value.join(", ") : String(value)];
  });
  return Object.fromEntries(typed);
}

/** A member's value as the API takes it; `undefined` leaves it to the gateway. */
export function memberValue(member: Member, text: string): unknown {
  if (text.trim() === "") return undefined;
  if (member.name === "at") return text.split(/[\s,]+/).filter(Boolean).map(Number);
  return member.name === "min_usd" ? text.trim() : Number(text);
}
