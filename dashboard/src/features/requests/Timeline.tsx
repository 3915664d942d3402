// What happened when: what the gateway did, then the tries, each at its time with its connecting, its wait for the first byte
// and its answer, on the request's own axis.
import type { ReactNode } from "react";
import type { Log } from "@/api/types";
import { duration, usd, words } from "@/ui/format";
import { Icon } from "@/ui/icons";
import { ownTime, type Stretch, steps } from "./reading";

const LOOKS: Record<Stretch["what"], { name: string; fill: string }> = {
  queue: { name: "queue", fill: "var(--c-faint)" },
  guardrails: { name: "guardrails", fill: "var(--c-series-4)" },
  own: { name: "gateway", fill: "var(--c-line-strong)" },
  connect: { name: "connect", fill: "var(--c-series-5)" },
  wait: { name: "first byte", fill: "var(--c-series-3)" },
  answer: { name: "answer", fill: "var(--c-series-2)" },
  failed: { name: "failed", fill: "var(--c-bad)" },
};
const TICKS = [0, 0.25, 0.5, 0.75, 1];

function Bar({ of, total }: { of: Stretch[]; total: number }) {
  const share = (ms: number) => (100 * ms) / total;
  return (
    <svg role="img" aria-label={of.map((one) => `${LOOKS[one.what].name} ${duration(one.ms)}, from ${duration(one.fromMs)}`).join("; ")} viewBox="0 0 100 10" preserveAspectRatio="none" className="block h-3.5 w-full">
      {TICKS.map((tick) => (
        <line key={tick} x1={tick * 100} x2={tick * 100} y1="0" y2="10" stroke="var(--c-line)" strokeWidth="1" vectorEffect="non-scaling-stroke" />
      ))}
      {of.map((one) => (
        <rect key={`${one.what}${one.fromMs}`} x={Math.min(99.4, share(one.fromMs))} y="1.5" width={Math.max(0.6, Math.min(100 - share(one.fromMs), share(one.ms)))} height="7" rx="0.4" fill={LOOKS[one.what].fill} />
      ))}
    </svg>
  );
}

function Row({ name, note, time, children }: { name: ReactNode; note?: ReactNode; time: string; children: ReactNode }) {
  return (
    <li className="num grid grid-cols-[minmax(0,1fr)_4.5rem] items-center gap-x-3 gap-y-0.5 py-1.5 sm:grid-cols-[minmax(0,14rem)_minmax(0,1fr)_4.5rem]">
      <div className="min-w-0">
        <div className="flex items-center gap-1.5">{name}</div>
        {note ? <div className="truncate text-[0.86rem] text-faint">{note}</div> : null}
      </div>
      <div className="max-sm:col-span-2 max-sm:row-start-2">{children}</div>
      <span className="text-right max-sm:col-start-2 max-sm:row-start-1">{time}</span>
    </li>
  );
}

/** The timeline of a request. */
export function Timeline({ log }: { log: Log }) {
  const found = steps(log);
  const untold = log.attempts - found.length;
  const total = Math.max(log.total_ms, ...found.map((step) => step.fromMs + (step.ms ?? 0)), 0.001);
  const own = ownTime(log, found);
  const kinds = [...new Set([...own, ...found.flatMap((step) => step.stretches)].map(({ what }) => what))];
  return (
    <div>
      <div aria-hidden="true" className="num mb-0.5 grid grid-cols-1 text-[0.78rem] text-faint sm:grid-cols-[minmax(0,14rem)_minmax(0,1fr)_4.5rem] sm:gap-x-3">
        <div className="relative h-4 sm:col-start-2">
          {TICKS.map((tick) => (
            <span key={tick} className={`absolute whitespace-nowrap ${tick === 0 ? "" : tick === 1 ? "-translate-x-full" : "-translate-x-1/2"}`} style={{ left: `${tick * 100}%` }}>
              {tick === 0 ? "0" : duration(total * tick)}
            </span>
          ))}
        </div>
      </div>
      <ol className="divide-y divide-line border-y border-line">
        {own.length > 0 ? (
          <Row name={<span className="text-soft">Gateway</span>} note={log.queue_ms ? `queue ${duration(log.queue_ms)}` : "authorizing, guardrails, routing"} time={duration(own.reduce((sum, one) => sum + one.ms, 0))}>
            <Bar of={own} total={total} />
          </Row>
        ) : null}
        {untold > 0 ? (
          <li className="py-1.5 text-soft">
            {untold} earlier {untold === 1 ? "try" : "tries"} failed before the one below.
          </li>
        ) : null}
        {found.map((step, at) => (
          <Row
            key={`${step.target}${at}`}
            name={
              <>
                <span className={`shrink-0 rounded-full p-0.5 ${step.ok ? "bg-good-soft text-good" : "bg-bad-soft text-bad"}`}>
                  <Icon name={step.ok ? "check" : "close"} size={11} />
                </span>
                <span className="truncate font-medium" title={step.target}>
                  {step.target}
                </span>
              </>
            }
            note={
              <span className={step.ok ? "" : "text-bad"}>
                <span>{words(step.result)}</span>
                {step.region ? ` · ${step.region}` : ""}
                {step.costUsd ? ` · ${usd(step.costUsd)}` : ""}
              </span>
            }
            time={duration(step.ms)}
          >
            <Bar of={step.stretches} total={total} />
          </Row>
        ))}
        {found.length === 0 ? <li className="py-1.5 text-soft">{log.cache === "hit" ? "Answered from the cache; no provider was asked." : "No provider was asked."}</li> : null}
      </ol>
      {kinds.length > 1 ? (
        <ul className="mt-2 flex flex-wrap gap-x-4 text-[0.86rem] text-soft">
          {kinds.map((kind) => (
            <li key={kind} className="inline-flex items-center gap-1.5">
              <svg aria-hidden="true" width="9" height="9">
                <rect width="9" height="9" rx="2" fill={LOOKS[kind].fill} />
              </svg>
              {LOOKS[kind].name}
            </li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}
