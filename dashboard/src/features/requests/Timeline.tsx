// What happened when: the tries one after the other, the wait for the first byte, and the answer.
import type { Log } from "@/api/types";
import { duration, words } from "@/ui/format";
import { Icon } from "@/ui/icons";
import { type Step, steps } from "./reading";

function Bar({ log }: { log: Log }) {
  const total = Math.max(log.total_ms, 0.001);
  const first = log.first_byte_ms ?? null;
  const share = first === null ? 1 : Math.min(1, first / total);
  return (
    <div>
      <svg role="img" aria-label={first === null ? `Ended after ${duration(log.total_ms)} without an answer` : `First byte after ${duration(first)}, whole after ${duration(log.total_ms)}`} viewBox="0 0 100 6" preserveAspectRatio="none" className="block h-3 w-full overflow-hidden rounded">
        <rect width="100" height="6" className="fill-sunken" />
        <rect width={share * 100} height="6" fill="var(--c-series-3)" />
        {first !== null ? <rect x={share * 100} width={(1 - share) * 100} height="6" fill="var(--c-series-2)" /> : null}
      </svg>
      <div className="num mt-1.5 flex flex-wrap gap-x-4 text-[0.9rem] text-soft">
        <span className="inline-flex items-center gap-1.5">
          <svg aria-hidden="true" width="8" height="8">
            <rect width="8" height="8" rx="2" fill="var(--c-series-3)" />
          </svg>
          {first === null ? "without an answer" : `until the first byte ${duration(first)}`}
        </span>
        {first !== null ? (
          <span className="inline-flex items-center gap-1.5">
            <svg aria-hidden="true" width="8" height="8">
              <rect width="8" height="8" rx="2" fill="var(--c-series-2)" />
            </svg>
            answer {duration(Math.max(0, log.total_ms - first))}
          </span>
        ) : null}
        <span>total {duration(log.total_ms)}</span>
      </div>
    </div>
  );
}

/** When a try ran, on the request's own axis. */
function Span({ of, total }: { of: Step; total: number }) {
  const share = (ms: number) => (100 * ms) / total;
  return (
    <svg role="img" aria-label={`from ${duration(of.fromMs)} to ${duration(of.fromMs + (of.ms ?? 0))}`} viewBox="0 0 100 4" preserveAspectRatio="none" className="mt-0.5 block h-1.5 w-full basis-full overflow-hidden rounded-full">
      <rect width="100" height="4" className="fill-sunken" />
      <rect x={Math.min(99, share(of.fromMs))} width={Math.max(1, share(of.ms ?? 0))} height="4" className={of.ok ? "fill-good" : "fill-bad"} />
    </svg>
  );
}

/** The timeline of a request. */
export function Timeline({ log }: { log: Log }) {
  const found = steps(log);
  const untold = log.attempts - found.length;
  const total = Math.max(log.total_ms, ...found.map((step) => step.fromMs + (step.ms ?? 0)), 0.001);
  return (
    <div className="space-y-3">
      <Bar log={log} />
      <ol className="space-y-1.5">
        {untold > 0 ? (
          <li className="text-soft">
            {untold} earlier {untold === 1 ? "try" : "tries"} failed before the one below.
          </li>
        ) : null}
        {found.map((step, at) => (
          <li key={`${step.target}${at}`} className="flex items-start gap-2">
            <span className={`mt-0.5 rounded-full p-0.5 ${step.ok ? "bg-good-soft text-good" : "bg-bad-soft text-bad"}`}>
              <Icon name={step.ok ? "check" : "close"} size={12} />
            </span>
            <div className="num flex min-w-0 flex-1 flex-wrap items-baseline gap-x-2">
              <span className="font-medium break-all">{step.target}</span>
              <span className={step.ok ? "text-soft" : "text-bad"}>{words(step.result)}</span>
              <span className="ml-auto shrink-0 text-faint">
                {duration(step.ms)}
                {step.costUsd ? ` · $${step.costUsd}` : ""}
              </span>
              {found.length > 1 ? <Span of={step} total={total} /> : null}
            </div>
          </li>
        ))}
        {found.length === 0 ? <li className="text-soft">{log.cache === "hit" ? "Answered from the cache; no provider was asked." : "No provider was asked."}</li> : null}
      </ol>
    </div>
  );
}
