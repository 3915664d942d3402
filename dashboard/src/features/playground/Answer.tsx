// One model's answer: the text as it streams, then what it took: times, tokens, cost, who gave it, and what guardrails did.
import { Link } from "@tanstack/react-router";
import { count, duration, usd, words } from "@/ui/format";
import { Badge, Facts, Note } from "@/ui/panels";
import { Verdicts } from "@/features/requests/Verdicts";
import type { Answer } from "./exchange";

const ACTIONS: Record<string, "bad" | "warn"> = { block: "bad" };

/** An answer that came all at once has no speed. */
const SPEED_MS = 20;

function Guarded({ of }: { of: Answer }) {
  const told = of.record?.guardrails ?? [];
  const outcomes = of.head?.guardrails ?? [];
  if (told.length > 0) return <Verdicts of={told} />;
  if (outcomes.length === 0) return <span className="text-faint">{of.head ? "nothing found" : "–"}</span>;
  return (
    <span className="flex flex-wrap gap-1">
      {outcomes.map((one) => (
        <Badge key={one.name} tone={ACTIONS[one.action] ?? "warn"}>
          {one.name}: {one.action}
        </Badge>
      ))}
    </span>
  );
}

/** What it took, below the answer. */
function Took({ of }: { of: Answer }) {
  const { told, head, record } = of;
  const rate = told?.outputTokens && told.firstMs !== null && told.totalMs - told.firstMs > SPEED_MS ? (1000 * told.outputTokens) / (told.totalMs - told.firstMs) : null;
  const from = head?.provider ? `${head.provider}/${head.upstreamModel ?? ""}${head.attempts > 1 ? `, try ${head.attempts}` : ""}` : head?.cache === "hit" ? "the cache" : "nobody";
  return (
    <Facts
      rows={[
        ["Time", told ? `${duration(told.totalMs)}, first words ${duration(told.firstMs)}` : "–"],
        ["Tokens", told && told.outputTokens !== null ? `${count(told.inputTokens ?? 0)} in, ${count(told.outputTokens)} out${rate === null ? "" : `, ${count(Math.round(rate))} a second`}` : "–"],
        ["Cost", record ? <b key="cost">{usd(record.cost_usd)}</b> : "–"],
        ["Answered by", head ? `${from}${head.cache && head.cache !== "hit" ? ` (cache ${words(head.cache)})` : ""}` : "–"],
        ["Guardrails", <Guarded key="guardrails" of={of} />],
      ]}
    />
  );
}

/** The answer. */
export function Shown({ of }: { of: Answer }) {
  return (
    <div className="min-w-0">
      <h3 className="mb-1.5 truncate font-semibold" title={of.model}>
        {of.model}
      </h3>
      {of.fault ? <Note tone={of.stopped ? "warn" : "bad"}>{of.fault}</Note> : null}
      <p className="leading-relaxed break-words whitespace-pre-wrap">
        {of.text}
        {of.running ? <span className="pulse text-accent">▍</span> : null}
      </p>
      <div className="mt-3 border-t border-line pt-2.5 text-[0.9rem]">
        <Took of={of} />
        {of.head?.requestId ? (
          <Link to="/requests" search={{ open: of.head.requestId }} className="mt-1.5 inline-block text-accent-strong hover:underline">
            its record
          </Link>
        ) : null}
      </div>
    </div>
  );
}
