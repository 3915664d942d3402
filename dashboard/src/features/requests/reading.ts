// What is read out of a record beside its members: when what happened, and the words of guardrails. Pure.
import type { Log } from "@/api/types";

export type VerdictLine = { guardrail: string; action: string; text: string };

const VERDICT = /guardrail (\S+) (\S+): ([\s\S]*?)(?=; guardrail |$)/g;

/** The verdicts in a record's detail. */
export function verdicts(detail: string | null | undefined): VerdictLine[] {
  return [...(detail ?? "").matchAll(VERDICT)].map(([, guardrail = "", action = "", text = ""]) => ({ guardrail, action, text: text.trim() }));
}

/** A stretch of a try, or of what the gateway did itself. */
export type Stretch = { what: "queue" | "connect" | "wait" | "answer" | "failed" | "own"; fromMs: number; ms: number };
export type Step = { target: string; result: string; ok: boolean; /** When it began, after the request came. */ fromMs: number; ms: number | null; costUsd: string | null; tokens: number; stretches: Stretch[] };

/** How an answering try went: connecting, waiting for the first byte, and the answer. */
function parts(log: Log, fromMs: number, ms: number): Stretch[] {
  const end = fromMs + ms;
  const connect = Math.min(log.connect_ms ?? 0, ms);
  const first = log.first_byte_ms === null || log.first_byte_ms === undefined ? end : Math.max(fromMs + connect, Math.min(end, log.first_byte_ms));
  const found: Stretch[] = [
    { what: "connect", fromMs, ms: connect },
    { what: "wait", fromMs: fromMs + connect, ms: first - fromMs - connect },
    { what: "answer", fromMs: first, ms: end - first },
  ];
  return found.filter((one) => one.ms > 0);
}

/** The tries of a request, one after the other. Where the record has only their number, the last one is told. */
export function steps(log: Log): Step[] {
  const queue = log.queue_ms ?? 0;
  if (log.tries && log.tries.length > 0) {
    const times = log.tries.map((one) => one.duration_us / 1000);
    const sum = times.reduce((all, one) => all + one, 0);
    // What is in no try passed before the first: guardrails, routing, limits. It ended before the answer began.
    const earlier = sum - (times.at(-1) ?? 0);
    let passed = Math.max(queue, Math.min(log.total_ms - sum, (log.first_byte_ms ?? log.total_ms) - earlier));
    return log.tries.map((one, at) => {
      const fromMs = passed;
      const ms = one.duration_us / 1000;
      passed += ms;
      const ok = one.reason === "" || one.reason === "success";
      const answers = at === (log.tries?.length ?? 0) - 1;
      return {
        target: `${one.provider}/${one.upstream_model}`,
        result: ok ? "answered" : `${one.status > 0 ? `${one.status}, ` : ""}${one.reason}`,
        ok,
        fromMs,
        ms,
        costUsd: one.cost_usd === "0" ? null : one.cost_usd,
        tokens: one.input_tokens + one.output_tokens,
        stretches: ok && answers ? parts(log, fromMs, Math.max(ms, log.total_ms - fromMs)) : [{ what: ok ? "answer" : "failed", fromMs, ms }],
      };
    });
  }
  if (!log.provider) return [];
  const ok = log.outcome === "success";
  const result = ok ? "answered" : (log.error_code ?? log.outcome);
  const ms = Math.max(0, log.total_ms - queue);
  return [{ target: `${log.provider}/${log.upstream_model ?? ""}`, result, ok, fromMs: queue, ms, costUsd: log.cost_usd === "0" ? null : log.cost_usd, tokens: log.input_tokens + log.output_tokens, stretches: ok ? parts(log, queue, ms) : [{ what: "failed", fromMs: queue, ms }] }];
}

/** What the gateway itself did before the first try: waiting for a place, then everything else. */
export function ownTime(log: Log, tries: Step[]): Stretch[] {
  const queue = log.queue_ms ?? 0;
  const begin = tries[0]?.fromMs ?? log.total_ms;
  const found: Stretch[] = [
    { what: "queue", fromMs: 0, ms: queue },
    { what: "own", fromMs: queue, ms: begin - queue },
  ];
  return found.filter((one) => one.ms > 0);
}
