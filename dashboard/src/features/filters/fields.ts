// What requests and figures can be filtered by: each field's name in the address, its name in the API, and what it takes. Pure.
import type { AccountLevel } from "@/api/lists";

/** How requests end. */
export const OUTCOMES = ["success", "refused", "upstream_error", "stream_cut", "client_disconnect", "shutdown", "lost"] as const;

const FORMATS = ["chat", "completions", "responses", "messages", "generate_content", "converse", "cohere_chat", "embeddings", "embed_content", "rerank", "images", "image_edits", "speech", "transcriptions", "translations", "moderations", "realtime", "passthrough"];
const CACHE = ["hit", "miss", "bypass", "refresh", "semantic-hit"];
const ERRORS = ["invalid_api_key", "model_not_allowed", "endpoint_not_allowed", "tool_not_allowed", "budget_exceeded", "rate_limit_exceeded", "concurrency_limit_exceeded", "invalid_request", "unsupported_parameter", "guardrail_blocked", "context_length_exceeded", "model_not_found", "request_too_large", "upstream_error", "no_healthy_target", "overloaded", "limits_unavailable", "storage_full", "upstream_timeout"];

type Takes =
  | { kind: "account"; level: AccountLevel }
  | { kind: "key" | "model" | "provider" | "text" | "number" | "flag" }
  | { kind: "choice"; choices: string[]; /** Others may be typed. */ open?: boolean };

export type Field = Takes & {
  /** In the address. */
  name: string;
  /** In the API. */
  api: string;
  label: string;
  group: "What was asked" | "How it ended" | "Who" | "Amounts" | "Bodies and feedback";
  hint?: string;
  /** How a chip joins label and value. */
  sign?: string;
  /** Without it the field is not offered. */
  needs?: string;
};

const amount = (name: string, label: string, hint: string): Field[] =>
  (["min", "max"] as const).map((side) => ({ name: `${side}_${name}`, api: `${side}_${name}`, label, sign: side === "min" ? "≥" : "≤", group: name === "score" ? "Bodies and feedback" : "Amounts", kind: "number", hint }));

/** All of them, in the order in which they are offered. */
export const FIELDS: Field[] = [
  { name: "model", api: "model", label: "Model", group: "What was asked", kind: "model", hint: "as callers name it" },
  { name: "provider", api: "provider", label: "Provider", group: "What was asked", kind: "provider" },
  { name: "upstream_model", api: "upstream_model", label: "Upstream model", group: "What was asked", kind: "text", hint: "as the provider names it" },
  { name: "tried_provider", api: "tried_provider", label: "Tried provider", group: "What was asked", kind: "provider", hint: "also where another one answered" },
  { name: "parameter", api: "parameter", label: "Parameter", group: "What was asked", kind: "text", hint: "NAME, or NAME=VALUE such as temperature=0.7" },
  { name: "route_node", api: "route_node", label: "Node of a route", group: "What was asked", kind: "text", hint: "that the request passed" },
  { name: "region", api: "region", label: "Region", group: "What was asked", kind: "text" },
  { name: "format", api: "format", label: "Format", group: "What was asked", kind: "choice", choices: FORMATS },
  { name: "endpoint", api: "endpoint", label: "Endpoint", group: "What was asked", kind: "text" },
  { name: "stream", api: "stream", label: "Streamed", group: "What was asked", kind: "flag" },
  { name: "media", api: "media", label: "Uses", group: "What was asked", kind: "choice", choices: ["image_input_tokens", "image_output_tokens", "input_images", "output_images", "input_characters", "input_ms", "output_ms"] },
  { name: "role", api: "role", label: "Sub-call", group: "What was asked", kind: "choice", choices: ["mirror", "panel", "refresh", "repair"] },
  { name: "outcome", api: "outcome", label: "Outcome", group: "How it ended", kind: "choice", choices: [...OUTCOMES] },
  { name: "status", api: "status", label: "Status", group: "How it ended", kind: "choice", choices: ["2xx", "4xx", "5xx", "429", "400-499"], open: true, hint: "404, 5xx, 400-499" },
  { name: "error", api: "error_code", label: "Error", group: "How it ended", kind: "choice", choices: ERRORS, open: true },
  { name: "error_detail", api: "error_detail", label: "Upstream error", sign: "has", group: "How it ended", kind: "text", hint: "a part of its text" },
  { name: "try_reason", api: "try_reason", label: "A try failed", group: "How it ended", kind: "choice", choices: ["timeout", "connect", "429", "500", "503", "cut"], open: true, hint: "why: timeout, connect, 429, ..." },
  { name: "usage_source", api: "usage_source", label: "Usage from", group: "How it ended", kind: "choice", choices: ["upstream", "estimated", "none"] },
  { name: "dropped_parameter", api: "dropped_parameter", label: "Left out parameter", group: "How it ended", kind: "text", hint: "as the caller spells it" },
  { name: "cache", api: "cache", label: "Cache", group: "How it ended", kind: "choice", choices: CACHE },
  { name: "guardrail", api: "guardrail", label: "Guardrail", group: "How it ended", kind: "text", hint: "NAME, or NAME=ACTION such as pii=block" },
  { name: "guardrail_kind", api: "guardrail_kind", label: "Guardrail found", group: "How it ended", kind: "text", hint: "a kind, such as email" },
  { name: "guardrail_side", api: "guardrail_side", label: "Guardrail looked at", group: "How it ended", kind: "choice", choices: ["request", "response"] },
  { name: "key", api: "key_id", label: "Key", group: "Who", kind: "key", needs: "keys:read" },
  ...(["organization", "team", "project", "user", "customer", "tag"] as const).map((level): Field => ({ name: level, api: `${level}_id`, label: `${level[0]?.toUpperCase()}${level.slice(1)}`, group: "Who", kind: "account", level, needs: `${level}s:read` })),
  { name: "said_customer", api: "customer", label: "Customer, as sent", group: "Who", kind: "text", hint: "x-gatewright-customer" },
  { name: "said_tag", api: "tag", label: "Tag, as sent", group: "Who", kind: "text", hint: "x-gatewright-tags" },
  { name: "session", api: "session", label: "Session", group: "Who", kind: "text", hint: "x-gatewright-session" },
  { name: "metadata", api: "metadata", label: "Metadata", group: "Who", kind: "text", hint: "NAME, or NAME=VALUE of x-gatewright-metadata" },
  { name: "client_ip", api: "client_ip", label: "Client address", group: "Who", kind: "text", hint: "203.0.113.7 or 203.0.113.0/24" },
  { name: "trace", api: "trace_id", label: "Trace", group: "Who", kind: "text", hint: "32 hexadecimal digits" },
  { name: "user_agent", api: "user_agent", label: "User agent", sign: "has", group: "Who", kind: "text", hint: "a part of it" },
  { name: "request", api: "request_id", label: "Request id", group: "Who", kind: "text", hint: "x-request-id of an answer" },
  { name: "parent", api: "parent_id", label: "Part of request", group: "Who", kind: "text" },
  ...amount("cost_usd", "Cost", "dollars"),
  ...amount("saved_usd", "Saved", "dollars, by the cache"),
  ...amount("total_ms", "Total time", "milliseconds"),
  ...amount("first_byte_ms", "First byte", "milliseconds"),
  ...amount("queue_ms", "Waited for a place", "milliseconds"),
  ...amount("connect_ms", "Connecting", "milliseconds"),
  ...amount("guardrails_ms", "Guardrails", "milliseconds, of the request"),
  ...amount("answer_guardrails_ms", "Guardrails of the answer", "milliseconds"),
  ...amount("tokens_per_second", "Speed", "tokens per second of a stream"),
  ...amount("tokens", "Tokens", "input and output"),
  ...amount("input_tokens", "Input tokens", "all of them"),
  ...amount("output_tokens", "Output tokens", "all of them"),
  ...amount("cached_tokens", "Cached tokens", "read from prompt caches"),
  ...amount("cache_write_tokens", "Cache writes", "tokens written to prompt caches"),
  ...amount("reasoning_tokens", "Reasoning tokens", "of the output"),
  ...amount("attempts", "Tries", "targets that were asked"),
  { name: "has_body", api: "has_body", label: "Has bodies", group: "Bodies and feedback", kind: "flag", needs: "bodies:read" },
  { name: "text", api: "text", label: "Text in bodies", sign: "has", group: "Bodies and feedback", kind: "text", hint: "in whatever case; the audit log notes the search", needs: "bodies:read" },
  { name: "feedback", api: "feedback", label: "Feedback", group: "Bodies and feedback", kind: "choice", choices: ["any", "good", "bad"], open: true, hint: "a label, or any" },
  ...amount("score", "Score", "of feedback"),
];

/** Those by which figures can be filtered. */
export const FIGURE_FIELDS: Field[] = ["model", "provider", "upstream_model", "region", "format", "endpoint", "outcome", "status", "error", "cache", "guardrail", "key", "organization", "team", "project", "user", "customer", "tag", "said_customer", "said_tag", "session", "metadata"].map((name) => FIELDS.find((field) => field.name === name) as Field);

/** What stands in the address. */
export type Chosen = Record<string, string | undefined>;

/** The API's query for what is chosen. */
export function asked(fields: Field[], chosen: Chosen): Record<string, string | undefined> {
  return Object.fromEntries(fields.map((field) => [field.api, chosen[field.name]]));
}

/** What is wrong with a value, if it is. */
export function faultOf(field: Field, value: string): string | null {
  if (value.length > 256) return "at most 256 characters";
  if (field.kind === "number" && !/^-?\d+(\.\d+)?$/.test(value)) return "a number, such as 250 or 0.5";
  return null;
}

/** Fields whose label or hint has every word that was typed. */
export function fitting(fields: Field[], typed: string): Field[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  return fields.filter((field) => words.every((word) => `${field.label} ${field.hint ?? ""} ${field.group} ${field.api}`.toLowerCase().includes(word)));
}
