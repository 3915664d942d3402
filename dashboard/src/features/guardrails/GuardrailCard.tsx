// One guardrail: what it looks for, what becomes of a finding, how it is set, and why it is not in force where it is not.
import type { ManagedGuardrail } from "@/api/types";
import { ManagedCard } from "@/features/models/ManagedCard";
import { Button } from "@/ui/button";
import { Badge, Facts } from "@/ui/panels";
import { kindOf } from "./kinds";

/** Members that the card says anyway. */
const SAID = ["kind", "on", "action", "mandatory", "default", "shadow", "sample_percent"];

const short = (value: unknown): string => {
  if (Array.isArray(value)) return value.map(short).join(", ");
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
};

function Details({ of }: { of: ManagedGuardrail }) {
  const settings = Object.entries(of.settings ?? {}).filter(([name]) => !SAID.includes(name));
  const sealed = (of.secrets ?? []).map((pointer) => pointer.slice(1));
  if (settings.length + sealed.length === 0) return null;
  return (
    <details className="mt-2.5">
      <summary className="cursor-pointer text-soft">
        Settings<span className="sr-only"> of {of.name}</span>
      </summary>
      <div className="mt-1.5 max-h-64 overflow-y-auto" tabIndex={0} role="region" aria-label={`Settings of ${of.name}`}>
        <Facts rows={[...settings.map(([name, value]): [string, string] => [name, short(value)]), ...sealed.map((name): [string, string] => [name, "sealed"])]} />
      </div>
    </details>
  );
}

type Props = { of: ManagedGuardrail; marked: boolean; writes: boolean; onEdit: () => void; onRemove: () => void; onTry: () => void };

/** The card; `writes` where whoever looks may change guardrails. */
export function GuardrailCard({ of, marked, writes, onEdit, onRemove, onTry }: Props) {
  const kind = kindOf(of.kind);
  return (
    <ManagedCard name={of.name} about={`${kind.label}, on ${of.on.map((side) => (side === "response" ? "answers" : `${side}s`)).join(" and ")}`} ofFile={of.source === "config"} managed={writes && of.source === "api"} problem={of.problem} marked={marked} onEdit={onEdit} onRemove={onRemove}>
      <div className="flex flex-wrap items-center gap-1">
        <Badge tone={of.action === "block" ? "bad" : "warn"}>{of.action}</Badge>
        {of.mandatory ? <Badge tone="accent">every call</Badge> : null}
        {of.default ? <Badge tone="accent">every call, unless left out</Badge> : null}
        {of.shadow ? <Badge tone="info">shadow</Badge> : null}
        {of.sample_percent < 100 ? <Badge>{of.sample_percent} % of calls</Badge> : null}
        {of.problem ? null : (
          <Button small className="ml-auto" onClick={onTry}>
            Try it<span className="sr-only">: {of.name}</span>
          </Button>
        )}
      </div>
      <Details of={of} />
    </ManagedCard>
  );
}
