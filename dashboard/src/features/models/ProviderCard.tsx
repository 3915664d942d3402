// One provider: how it does, which of its models are out of use and why, its credentials, and a test call.
import { Link } from "@tanstack/react-router";
import type { Provider, ProviderCredential } from "@/api/types";
import type { Health } from "@/features/overview/metrics";
import { useNow } from "@/ui/clock";
import { ago, compact, count, duration, percent } from "@/ui/format";
import { Badge, Facts, Note } from "@/ui/panels";
import { Headroom } from "./Headroom";
import { ManagedCard } from "./ManagedCard";
import { ProbeButton } from "./Probe";
import { TestCall } from "./TestCall";

function Doing({ of }: { of: Health | undefined }) {
  if (!of || of.requests === 0) return <Badge>not asked yet</Badge>;
  const share = of.errors / of.requests;
  return <Badge tone={share > 0.2 ? "bad" : share > 0.02 ? "warn" : "good"}>{percent(of.requests - of.errors, of.requests)} answered</Badge>;
}

function CredentialLine({ of, now }: { of: ProviderCredential; now: number }) {
  return (
    <li>
      <span className="font-medium">{of.name}</span> <span className="text-faint">{of.source}</span>{" "}
      {of.last_error ? <Badge tone="bad">failing</Badge> : of.ready ? null : <Badge tone="warn">not ready</Badge>}
      {of.expires_at ? <span className="text-faint"> ends {ago(of.expires_at, now)}</span> : null}
      {of.last_error ? <Note tone="bad">{of.last_error}</Note> : null}
    </li>
  );
}

/** Kinds that are not called as they are written. */
const SPOKEN: Record<string, string> = { OpenAiCompatible: "OpenAI-compatible", AzureOpenAi: "Azure OpenAI", Vertex: "Vertex AI" };

type Props = { of: Provider; health: Health | undefined; marked: boolean; calls: boolean; writes: boolean; onEdit: () => void; onRemove: () => void };

/** The card; `calls` where whoever looks may make calls, `writes` where he may change providers. */
export function ProviderCard({ of, health, marked, calls, writes, onEdit, onRemove }: Props) {
  const now = useNow();
  const reasons = Object.entries(health?.reasons ?? {}).sort(([, a], [, b]) => b - a);
  return (
    <ManagedCard name={of.name} about={of.base_url} ofFile={of.source === "config"} managed={writes && of.source === "api"} problem={of.problem} doing={<Doing of={health} />} marked={marked} onEdit={onEdit} onRemove={onRemove}>
      <Facts
        rows={[
          ["Kind", `${typeof of.settings?.kind === "string" ? of.settings.kind : (SPOKEN[of.kind] ?? of.kind)}${of.region ? `, ${of.region}` : ""}`],
          ["Credential", of.credentials.length > 0 ? <ul key="credentials">{of.credentials.map((one) => <CredentialLine key={one.name} of={one} now={now} />)}</ul> : of.has_credential ? (of.source === "api" ? "sealed in the gateway's store" : "from the configuration") : "none"],
          ["Requests", health ? `${count(health.requests)}, ${count(health.inFlight)} in flight` : "0"],
          ["Failed tries", health && health.failedTries > 0 ? `${count(health.failedTries)} (${reasons.map(([reason, number]) => `${reason}: ${compact(number)}`).join(", ")})` : "0"],
          ["Time", health ? `p50 ${duration(health.p50)} · p95 ${duration(health.p95)}` : "–"],
          ["Speaks", <span key="formats" title={of.formats.join(", ")}>{of.formats.slice(0, 5).join(", ")}{of.formats.length > 5 ? ` and ${of.formats.length - 5} more` : ""}</span>],
        ]}
      />
      <Headroom of={of} now={now} />
      {of.problem ? null : (
        <div className="mt-3 space-y-3 border-t border-line pt-3">
          {writes ? <ProbeButton provider={of.name} model={of.lists_models === false ? of.deployments[0]?.model : undefined} /> : null}
          {calls ? <TestCall of={of.name} /> : null}
        </div>
      )}
      <Link to="/models" search={{ provider: of.name }} className="mt-3 inline-block text-accent-strong hover:underline">
        Its models and prices
      </Link>
    </ManagedCard>
  );
}
