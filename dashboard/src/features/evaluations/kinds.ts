// Evaluations as the API shows them, and the checks that the form offers. Pure.

export type Progress = { total: number; done: number; passed: number; failed: number; errors: number };
export type Evaluation = {
  id: string;
  name: string;
  state: string;
  error?: string | null;
  dataset_id: string;
  dataset_name: string;
  owner: string;
  targets: { name: string; model: string }[];
  checks: { kind: string; [member: string]: unknown }[];
  key_id: string;
  budget_usd: string;
  spent_usd: string;
  items: number;
  progress: Progress;
  created_at: string;
  started_at?: string | null;
  ended_at?: string | null;
};
export type Fared = { target: string; model?: string | null; passed: number; failed: number; errors: number; pass_rate?: number | null; mean_score?: number | null; cost_usd: string; p50_ms?: number | null; p95_ms?: number | null; rated?: number; feedback_score?: number | null };
export type Pair = { a: string; b: string; a_wins: number; b_wins: number; ties: number };
export type Recorded = { rated: number; passed: number; pass_rate?: number | null; mean_score?: number | null; comparison: { target: string; target_wins: number; recorded_wins: number; ties: number }[] };
export type Whole = Evaluation & { summary: Fared[]; comparison: Pair[]; recorded?: Recorded | null };
export type Checked = { kind: string; passed?: boolean | null; score?: number | null; detail?: string | null };
export type Result = { item_id: string; target?: string | null; model?: string | null; verdict: string; score?: number | null; cost_usd: string; total_ms?: number | null; request_id?: string | null; prompt: string; expected?: string | null; answer?: string | null; error?: string | null; checks: Checked[]; recorded_score?: number | null };
export type Dataset = { id: string; name: string; items: number };

/** Is it still to be done, or being done? */
export const isOpen = (state: string) => state === "waiting" || state === "running";

export const stateTone = (state: string) => (state === "done" ? "good" : state === "running" ? "info" : state === "stopped" ? "bad" : "neutral") as "good" | "info" | "bad" | "neutral";
export const verdictTone = (verdict: string) => (verdict === "passed" ? "good" : verdict === "failed" ? "warn" : verdict === "error" ? "bad" : "neutral") as "good" | "warn" | "bad" | "neutral";

type Member = { name: string; label: string; usual: string; number?: boolean };
/** What answers can be checked for. */
export const CHECKS: { kind: string; label: string; members: Member[] }[] = [
  { kind: "exact", label: "is what is expected", members: [] },
  { kind: "contains", label: "has a text in it", members: [{ name: "text", label: "Text, or what is expected", usual: "" }] },
  { kind: "regex", label: "has a pattern in it", members: [{ name: "pattern", label: "Pattern", usual: "" }] },
  { kind: "similarity", label: "shares words with what is expected", members: [{ name: "at_least", label: "Share at least", usual: "0.7", number: true }] },
  { kind: "llm_judge", label: "is good for a model that judges", members: [{ name: "model", label: "Judge", usual: "" }, { name: "rubric", label: "What it looks for", usual: "Right, complete and polite." }, { name: "at_least", label: "Score at least", usual: "0.7", number: true }] },
  { kind: "latency", label: "was there in time", members: [{ name: "at_most_ms", label: "Milliseconds at most", usual: "8000", number: true }] },
  { kind: "cost", label: "cost no more", members: [{ name: "at_most_usd", label: "Dollars at most", usual: "0.01" }] },
  { kind: "feedback", label: "is good for people who rate it, then or later", members: [{ name: "worst", label: "Worst score", usual: "-1", number: true }, { name: "best", label: "Best score", usual: "1", number: true }, { name: "at_least", label: "Share at least", usual: "0.5", number: true }] },
];

/** A check as the API takes it; what is empty is left to the gateway. */
export function checkOf(kind: string, typed: Record<string, string>): Record<string, unknown> {
  const members = CHECKS.find((one) => one.kind === kind)?.members ?? [];
  const given = members.map((member) => [member.name, (typed[member.name] ?? member.usual).trim(), member.number] as const).filter(([, value]) => value !== "");
  return { kind, ...Object.fromEntries(given.map(([name, value, number]) => [name, number ? Number(value) : value])) };
}
