// What is read out of a record beside its members: when what happened, and where guardrails found something. Pure.
import type { FoundSpan, Log, Try } from "@/api/types";

/** Where something was found, in words. A score of nothing is a guardrail that could not be asked. */
export function whereFound(one: FoundSpan): string {
  const text = `text ${one.text + 1} of the ${SPEAKERS[one.speaker] ?? one.speaker}`;
  return one.end > one.start ? `${text}, bytes ${one.start} to ${one.end}` : text;
}

const SPEAKERS: Record<string, string> = { system: "system's instructions", user: "user", assistant: "model", tool: "tools' results", definition: "definitions", tool_call: "calls of tools" };

/** A stretch of a try, or of what the gateway did itself. */
export type Stretch = { what: "guardrails" | "queue" | "connect" | "wait" | "answer" | "failed" | "own"; fromMs: number; ms: number };
export type Step = { target: string; result: string; ok: boolean; /** When it began, after the request came. */ fromMs: number; ms: number | null; region: string | null; costUsd: string | null; tokens: number; stretches: Stretch[] };

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

/** The same with what the answer waited for guardrails, which is the end of the try that answered. */
function guarded(of: Stretch[], waitedMs: number): Stretch[] {
  const last = of.at(-1);
  if (last?.what !== "answer" || waitedMs <= 0) return of;
  const ms = Math.min(waitedMs, last.ms);
  const end = last.fromMs + last.ms;
  const rest: Stretch[] = [
    { ...last, ms: last.ms - ms },
    { what: "guardrails", fromMs: end - ms, ms },
  ];
  return [...of.slice(0, -1), ...rest.filter((one) => one.ms > 0)];
}

/** How a try went whose times are known. Of one that failed without an answer, all behind the connecting is the failure. */
function timed(one: Try, fromMs: number, ms: number, ok: boolean): Stretch[] {
  const connect = Math.min((one.connect_us ?? 0) / 1000, ms);
  const came = one.first_byte_us !== null && one.first_byte_us !== undefined;
  const first = came ? Math.max(connect, Math.min((one.first_byte_us ?? 0) / 1000, ms)) : ms;
  const found: Stretch[] = [
    { what: "connect", fromMs, ms: connect },
    { what: ok || came ? "wait" : "failed", fromMs: fromMs + connect, ms: first - connect },
    { what: ok ? "answer" : "failed", fromMs: fromMs + first, ms: ms - first },
  ];
  const seen = found.filter((stretch) => stretch.ms > 0);
  // One that failed is seen to have, however fast.
  return ok || seen.some(({ what }) => what === "failed") ? seen : [...seen, { what: "failed", fromMs: fromMs + ms, ms: 0 }];
}

function step(one: Try, fromMs: number, stretches: Stretch[]): Step {
  const ok = one.reason === "" || one.reason === "success";
  return {
    target: `${one.provider}/${one.upstream_model}`,
    result: ok ? "answered" : `${one.status > 0 ? `${one.status}, ` : ""}${one.reason}`,
    ok,
    fromMs,
    ms: one.duration_us / 1000,
    region: one.region ?? null,
    costUsd: one.cost_usd === "0" ? null : one.cost_usd,
    tokens: one.input_tokens + one.output_tokens,
    stretches,
  };
}

/**
 * The tries of a request, each at its time. Records of before have only how long each took: those are laid one after the other. Where
 * a record has only their number, the last one is told.
 */
export function steps(log: Log): Step[] {
  const queue = log.queue_ms ?? 0;
  if (log.tries && log.tries.length > 0 && log.tries.every((one) => one.start_us !== undefined)) {
    const last = log.tries.length - 1;
    return log.tries.map((one, at) => {
      const [fromMs, ms] = [(one.start_us ?? 0) / 1000, one.duration_us / 1000];
      const stretches = timed(one, fromMs, ms, one.reason === "" || one.reason === "success");
      return step(one, fromMs, at === last ? guarded(stretches, log.answer_guardrails_ms ?? 0) : stretches);
    });
  }
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
      return step(one, fromMs, ok && answers ? parts(log, fromMs, Math.max(ms, log.total_ms - fromMs)) : [{ what: ok ? "answer" : "failed", fromMs, ms }]);
    });
  }
  if (!log.provider) return [];
  const ok = log.outcome === "success";
  const result = ok ? "answered" : (log.error_code ?? log.outcome);
  const ms = Math.max(0, log.total_ms - queue);
  return [{ target: `${log.provider}/${log.upstream_model ?? ""}`, result, ok, fromMs: queue, ms, region: log.region ?? null, costUsd: log.cost_usd === "0" ? null : log.cost_usd, tokens: log.input_tokens + log.output_tokens, stretches: ok ? parts(log, queue, ms) : [{ what: "failed", fromMs: queue, ms }] }];
}

/**
 * What the gateway itself did before the first try: guardrails looked, a place was waited for, and everything else. In which order is
 * not known, and the waiting may have been between tries: no more than there is room for is shown.
 */
export function ownTime(log: Log, tries: Step[]): Stretch[] {
  const begin = tries.length > 0 ? Math.min(...tries.map(({ fromMs }) => fromMs)) : log.total_ms;
  const guardrails = Math.min(log.guardrails_ms ?? 0, begin);
  const queue = Math.min(log.queue_ms ?? 0, begin - guardrails);
  const found: Stretch[] = [
    { what: "guardrails", fromMs: 0, ms: guardrails },
    { what: "queue", fromMs: guardrails, ms: queue },
    { what: "own", fromMs: guardrails + queue, ms: begin - guardrails - queue },
  ];
  return found.filter((one) => one.ms > 0);
}
