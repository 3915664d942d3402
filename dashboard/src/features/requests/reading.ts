// What is read out of a record beside its members: verdicts of guardrails, speed, and the tries as they followed each other. Pure.
import type { Log } from "@/api/types";

export type VerdictLine = { guardrail: string; action: string; text: string };

const VERDICT = /guardrail (\S+) (\S+): ([\s\S]*?)(?=; guardrail |$)/g;

/** The verdicts in a record's detail. */
export function verdicts(detail: string | null | undefined): VerdictLine[] {
  return [...(detail ?? "").matchAll(VERDICT)].map(([, guardrail = "", action = "", text = ""]) => ({ guardrail, action, text: text.trim() }));
}

/** Output tokens a second, from the first byte on; `null` where there is nothing to measure. */
export function tokenRate(log: Pick<Log, "output_tokens" | "first_byte_ms" | "total_ms" | "stream">): number | null {
  const ms = log.stream ? log.total_ms - (log.first_byte_ms ?? 0) : log.total_ms;
  return log.output_tokens > 1 && ms > 0 ? (1000 * log.output_tokens) / ms : null;
}

export type Step = { target: string; result: string; ok: boolean; /** When it began, after the request came. */ fromMs: number; ms: number | null; costUsd: string | null };

/** The tries of a request, one after the other. Where the record has only their number, the last one is told. */
export function steps(log: Log): Step[] {
  if (log.tries && log.tries.length > 0) {
    let passed = 0;
    return log.tries.map((one) => {
      const fromMs = passed;
      passed += one.duration_us / 1000;
      const ok = one.reason === "" || one.reason === "success";
      return {
        target: `${one.provider}/${one.upstream_model}`,
        result: ok ? "answered" : `${one.status > 0 ? `${one.status}, ` : ""}${one.reason}`,
        ok,
        fromMs,
        ms: one.duration_us / 1000,
        costUsd: one.cost_usd === "0" ? null : one.cost_usd,
      };
    });
  }
  if (!log.provider) return [];
  const ok = log.outcome === "success";
  const result = ok ? "answered" : (log.error_code ?? log.outcome);
  return [{ target: `${log.provider}/${log.upstream_model ?? ""}`, result, ok, fromMs: 0, ms: log.total_ms, costUsd: log.cost_usd === "0" ? null : log.cost_usd }];
}
