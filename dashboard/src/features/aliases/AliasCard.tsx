// One alias: how it chooses, its targets in order, why it is not in force where it is not, and a test call.
import { Link } from "@tanstack/react-router";
import type { Model } from "@/api/types";
import { ManagedCard } from "@/features/models/ManagedCard";
import { TestCall } from "@/features/models/TestCall";
import { percent } from "@/ui/format";
import { groupOf, plain, shares, steerOf, strategyName, strategyOf, type Target, targetName, targetsOf } from "./aliases";

function TargetLine({ of, share, steer }: { of: Target; share: number; steer: ReturnType<typeof steerOf> }) {
  const extras = Object.keys(of.more).length;
  return (
    <li className="flex min-w-0 items-baseline gap-2 py-1">
      <span className="min-w-0 flex-1 truncate" title={targetName(of)}>
        {groupOf(of) !== null ? <span className="text-soft">{targetName(of)}, {strategyName(String(of.more.strategy ?? "fallback")).toLowerCase()}</span> : <span className="font-medium">{targetName(of)}</span>}
      </span>
      {of.when ? <code className="max-w-[45%] truncate font-mono text-[0.86rem] text-soft" title={of.when}>{of.when}</code> : null}
      {extras > 0 && groupOf(of) === null ? <span className="shrink-0 text-[0.86rem] text-faint" title={Object.keys(of.more).join(", ")}>and more</span> : null}
      {steer === "weight" ? <span className="num shrink-0 text-soft">{percent(share, 1)}</span> : null}
      {steer === "priority" ? <span className="num shrink-0 text-soft">{of.priority || "1"}</span> : null}
    </li>
  );
}

function Targets({ of }: { of: Model }) {
  const targets = of.settings ? targetsOf(of) : (of.targets ?? []).map(plain);
  const steer = steerOf(strategyOf(of));
  const share = shares(targets);
  return (
    <ol aria-label={`Targets of ${of.id}`} className="divide-y divide-line">
      {targets.map((target, place) => (
        <TargetLine key={`${place} ${targetName(target)}`} of={target} share={share[place] ?? 0} steer={steer} />
      ))}
    </ol>
  );
}

type Props = { of: Model; marked: boolean; calls: boolean; writes: boolean; onEdit: () => void; onRemove: () => void };

/** The card; `calls` where whoever looks may make calls, `writes` where he may change aliases. */
export function AliasCard({ of, marked, calls, writes, onEdit, onRemove }: Props) {
  const managed = of.source === "api";
  const providers = [...new Set(of.providers)];
  const about = managed && of.settings ? strategyName(strategyOf(of)) : providers.length > 0 ? `from ${providers.join(", ")}` : "";
  const prices = of.problem ? null : (
    <Link to="/models" search={{ model: of.id, find: of.id }} className="ml-auto self-center text-accent-strong hover:underline">
      Prices<span className="sr-only"> of {of.id}</span>
    </Link>
  );
  return (
    <ManagedCard name={of.id} about={about} ofFile={!managed} managed={writes && managed} problem={of.problem} marked={marked} onEdit={onEdit} onRemove={onRemove}>
      <Targets of={of} />
      {of.problem ? null : (
        <div className="mt-2 border-t border-line pt-3">
          {calls && (of.mode === "chat" || of.mode === "") ? <TestCall of={of.id} fixed={of.id}>{prices}</TestCall> : <div className="flex">{prices}</div>}
        </div>
      )}
    </ManagedCard>
  );
}
