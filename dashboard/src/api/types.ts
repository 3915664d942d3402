// The API's objects under short names. Where the document says no more than "object", what stands in it is said here.
import type { components } from "./schema";

type Schemas = components["schemas"];

/** A level at which keys have accounts. */
export type Level = "organization" | "team" | "project" | "user" | "customer" | "tag" | "plan" | "key";

/** One try of a request at a target. */
export type Try = {
  provider: string;
  upstream_model: string;
  status: number;
  /** Why it brought no answer; empty when it did. */
  reason: string;
  duration_us: number;
  /** When it began, after the request came; absent in records of before, as the next two. */
  start_us?: number;
  /** From its start; null where there was none. */
  connect_us?: number | null;
  first_byte_us?: number | null;
  region?: string | null;
  input_tokens: number;
  output_tokens: number;
  cost_usd: string;
};

/** One thing that a guardrail found: which bytes of which text, and why. */
export type FoundSpan = { kind: string; action: string; speaker: string; text: number; start: number; end: number; score: number; reason: string };
/** What a guardrail found in a request or its answer. */
export type Found = { guardrail: string; action: string; side: string; kind: string; findings: FoundSpan[] };
export type Log = Omit<Schemas["Log"], "tries" | "tag_ids" | "guardrails" | "tags" | "dropped_parameters"> & { tries?: Try[] | null; tag_ids: string[]; guardrails: Found[]; tags: string[]; dropped_parameters: string[] };
/** A line of what a request cost: one kind of token of one try. */
export type CostLine = { attempt: number; unit: string; count: number; usd_per_million: string; cost_usd: string };
export type LogDetail = Log & { cost: { total_usd: string; lines: CostLine[]; other_usd: string }; sub_calls: Log[]; recosted?: Recosted | null };
/** What a record cost before it was re-costed, and what it was charged when it ended. */
export type Recosted = { recosting_id: string; time: string; former_cost_usd: string; charged_usd: string };
/** One side of an exchange, as it is kept. */
export type KeptBody = { content_type: string; body: string; encoding: "text" | "base64"; truncated: boolean };
export type LogBodies = { request_id: string; format: string; masked: boolean; request: KeptBody | null; response: KeptBody | null };
export type Feedback = Schemas["Feedback"];
/** What came of a request that was made again. */
export type Replayed = Omit<Schemas["Replay"], "response"> & { response: KeptBody | null };
/** Filters of the explorer under a name, by the API's names. */
export type View = Omit<Schemas["View"], "filters"> & { filters: Record<string, string> };
export type Model = Omit<Schemas["Model"], "providers" | "capabilities" | "settings" | "secrets" | "targets"> & {
  providers: string[];
  capabilities: string[];
  configured?: boolean;
  /** Of an alias, who answers, for whoever may change it. */
  targets?: string[] | null;
  /** Of an alias that the API manages: what was written. */
  settings?: Record<string, unknown> | null;
  prices?: { unit: string; usd: string; per: string }[];
};
export type Provider = Omit<Schemas["Provider"], "formats" | "credentials" | "models" | "deployments" | "limits" | "budgets" | "settings" | "secrets"> & {
  formats: string[];
  models: string[];
  credentials: ProviderCredential[];
  deployments: ProviderModel[];
  limits: LimitLeft[];
  budgets: BudgetLeft[];
  /** Of one that the API manages: what was written, without what is secret, and where that stands. */
  settings?: Record<string, unknown> | null;
  secrets?: string[] | null;
};
/** What is left of something; `limit` is all of it, where that is known. */
export type Room = { limit?: number | null; remaining: number; resets_at?: string | null };
export type LimitLeft = { unit: string; per_seconds?: number | null; limit: number | string; remaining: number | string; resets_in_ms: number; shadow: boolean };
export type BudgetLeft = { period: string; limit_usd: string; limit_now_usd?: string; spent_usd: string; reserved_usd: string; shadow?: boolean };
/** A model at a provider, how it fares, and what is left there. */
export type ProviderModel = {
  model: string;
  credential?: string | null;
  state: string;
  in_flight: number;
  waiting: number;
  max_parallel?: number | null;
  open_slots?: number | null;
  parked_until?: string | null;
  open_until?: string | null;
  ejected_until?: string | null;
  requests_last_minute: number;
  tokens_last_minute: number;
  capacity?: { requests?: Room | null; tokens?: Room | null } | null;
  provider_limits?: { requests?: Room | null; tokens?: Room | null; seen_at: string } | null;
  limits: LimitLeft[];
  budgets: BudgetLeft[];
};
/** What came of a test call to a provider. */
export type Probed = { ok: boolean; status?: number | null; latency_ms: number; reason?: string | null; models: string[] };
/** A credential of a provider that has several, or one that changes. */
export type ProviderCredential = { name: string; weight: number; source: string; ready: boolean; obtained_at?: string | null; expires_at?: string | null; failures: number; last_error?: string | null };
export type Credential = Omit<Schemas["Credential"], "used_by"> & { used_by: string[] };
export type Budget = Schemas["Budget"] & { shadow?: boolean };
/** What a budget is set to. */
export type BudgetRule = { limit_usd: string; period: string; [setting: string]: unknown };
/** Requests and tokens a minute, and calls at a time. */
export type Limits = { rpm?: number | null; tpm?: number | null; max_parallel?: number | null };
export type Key = Omit<Schemas["Key"], "models" | "endpoints" | "limits" | "budgets" | "allowed_ips" | "budget"> & {
  models: string[];
  endpoints?: string[] | null;
  limits: Limits;
  budget?: BudgetRule | null;
  budgets: BudgetRule[];
  allowed_ips: string[];
};
export type NewKey = Key & { key: string };
/** An account of any level. */
export type Account = {
  id: string;
  name: string;
  models?: string[] | null;
  endpoints?: string[] | null;
  providers?: string[] | null;
  max_output_tokens?: number | null;
  limits: Limits;
  budget?: BudgetRule | null;
  budgets: BudgetRule[];
  metadata: Record<string, unknown>;
  revision: number;
  created_at: string;
  updated_at: string;
  plan_id?: string | null;
  disabled?: boolean | null;
  organization_id?: string | null;
  team_id?: string | null;
  email?: string | null;
  memberships?: { account_id: string; role: string }[] | null;
  gateway_role?: string | null;
  /** Of users: a person, or a service account. */
  kind?: string | null;
  /** Of organizations: how long their records, and what callers sent and got, are kept. */
  record_retention_days?: number | null;
  body_retention_days?: number | null;
  project_id?: string | null;
  requests_in_flight?: number | null;
};
/** Who an effective rule comes from. */
export type From = { level: Level; id: string; name: string };
/** A rule that is the narrowest of several. */
export type Narrowed<T> = {
  effective: T | null;
  from: From | From[] | null;
  considered: { from: From; value: T | null }[];
};
export type Effective = {
  key_id: string;
  usable: boolean;
  models: Narrowed<string[]>;
  endpoints: Narrowed<string[]>;
  providers: Narrowed<string[]>;
  max_output_tokens: Narrowed<number>;
  allowed_ips: unknown[];
  hours: unknown[];
  limits: Limit[];
};
/** A limit that holds in the end. */
export type Limit = { unit: string; per_seconds?: number | null; effective: { limit: number; per?: string | null }; from: From | From[] | null };
export type Guardrail = Omit<Schemas["Guardrail"], "on" | "speakers"> & { on: string[]; speakers: string[] };
export type Finding = {
  guardrail: string;
  action: string;
  shadow: boolean;
  kind: string;
  start: number;
  end: number;
  score: number;
  reason: string;
};
export type Verdict = Omit<Schemas["GuardrailVerdict"], "findings"> & { findings: Finding[] };
export type RouteDocument = { start: string; nodes: Record<string, RouteNode>; [more: string]: unknown };
export type RouteNode = { type: string; [setting: string]: unknown };
export type RouteVersion = Omit<Schemas["RouteVersion"], "document"> & { document: RouteDocument };
export type Route = Omit<Schemas["Route"], "draft" | "published" | "warnings"> & {
  draft?: RouteVersion | null;
  published?: RouteVersion | null;
  warnings: (string | { message?: string })[];
};
export type RouteWay = {
  version: number;
  steps: { node: string; type: string; reason: string; on_failure: boolean }[];
  targets: { provider: string; model: string }[];
  refusal?: { status?: number; code?: string; message?: string } | null;
};
export type CacheFigures = Schemas["Cache"];
export type AuditEntry = Omit<Schemas["AuditEntry"], "before" | "after"> & {
  before?: Record<string, unknown> | null;
  after?: Record<string, unknown> | null;
};
export type AuditReport = Omit<Schemas["AuditReport"], "fault"> & { fault?: Record<string, unknown> | null };
export type AdminToken = Omit<Schemas["AdminToken"], "scopes"> & { scopes: string[] };
export type NewAdminToken = AdminToken & { token: string };
/** Who asks. */
export type Me = {
  actor: string;
  user_id?: string | null;
  roles: { role: string; account_id?: string | null }[];
  scopes: string[];
};
/** A page of a list. */
export type Page<T> = { data: T[]; next_cursor: string | null; /** Of a search that has not looked at everything: back to when it did. */ searched_to?: string | null };
/** A plain setting of the gateway. */
export type Setting = Omit<Schemas["Setting"], "value" | "default"> & { value?: string | number | boolean | string[] | null; default?: string | number | boolean | string[] | null };
/** A guardrail with how it is set, for whoever sees that, and where its secrets stand. */
export type ManagedGuardrail = Omit<Guardrail, "settings" | "secrets"> & { settings?: Record<string, unknown> | null; secrets?: string[] | null };
