// One provider: how it does, which of its models are out of use and why, its credentials, and a test call.
import { Link } from "@tanstack/react-router";
import type { Provider, ProviderCredential } from "@/api/types";
import type { Deployment, Health } from "@/features/overview/metrics";
import { useNow } from "@/ui/clock";
import { ago, compact, count, duration, percent } from "@/ui/format";
import { Badge, Facts, Note } from "@/ui/panels";
import { TestCall } from "./TestCall";

function Doing({ of }: { of: Health | undefined }) {
  if (!of || of.requests === 0) return <Badge>not asked yet</Badge>;
  const share = of.errors / of.requests;
  return <Badge tone={share > 0.2 ? "bad" : share > 0.02 ? "warn" : "good"}>{percent(of.requests - of.errors, of.requests)} answered</Badge>;
}

const STATES: Record<Deployment["state"], { tone: "bad" | "warn" | "good"; text: string }> = {
  down: { tone: "bad", text: "down: the breaker is open" },
  paused: { tone: "warn", text: "paused: the provider asked for it" },
  ejected: { tone: "warn", text: "behind its peers" },
  up: { tone: "good", text: "in use again" },
};

const times = (number: number) => (number === 1 ? "once" : `${count(number)} times`);

/** Models that the breaker took out, or has. */
function Deployments({ of }: { of: Deployment[] }) {
  if (of.length === 0) return null;
  return (
    <section className="mt-3 border-t border-line pt-3">
      <h3 className="mb-1.5 font-medium">Models that had trouble</h3>
      <ul className="space-y-1">
        {of.map((one) => (
          <li key={one.model} className="num flex flex-wrap items-baseline gap-x-2">
            <span className="min-w-0 truncate font-medium">{one.model}</span>
            <Badge tone={STATES[one.state].tone}>{STATES[one.state].text}</Badge>
            <span className="ml-auto text-[0.86rem] text-faint">
              {([["down", one.trips], ["paused", one.pauses], ["ejected", one.ejections]] as const).filter(([, number]) => number > 0).map(([deed, number]) => `${deed} ${times(number)}`).join(", ")}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
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

/** The card; `calls` where whoever looks may make calls. */
export function ProviderCard({ of, health, marked, calls }: { of: Provider; health: Health | undefined; marked: boolean; calls: boolean }) {
  const now = useNow();
  const reasons = Object.entries(health?.reasons ?? {}).sort(([, a], [, b]) => b - a);
  return (
    <li className={`min-w-0 rounded-lg border bg-panel p-4 shadow-panel ${marked ? "border-accent" : "border-line"}`}>
      <div className="mb-3 flex items-start justify-between gap-2">
        <div className="min-w-0">
          <h2 className="truncate font-semibold">{of.name}</h2>
          <p className="truncate text-[0.9rem] text-faint" title={of.base_url}>
            {of.base_url}
          </p>
        </div>
        <Doing of={health} />
      </div>
      <Facts
        rows={[
          ["Kind", `${of.kind}${of.region ? `, ${of.region}` : ""}`],
          ["Credential", of.credentials.length > 0 ? <ul key="credentials">{of.credentials.map((one) => <CredentialLine key={one.name} of={one} now={now} />)}</ul> : of.has_credential ? "from the configuration" : "none"],
          ["Requests", health ? `${count(health.requests)}, ${count(health.inFlight)} in flight` : "0"],
          ["Failed tries", health && health.failedTries > 0 ? `${count(health.failedTries)} (${reasons.map(([reason, number]) => `${reason}: ${compact(number)}`).join(", ")})` : "0"],
          ["Time", health ? `p50 ${duration(health.p50)} · p95 ${duration(health.p95)}` : "–"],
          ["Speaks", <span key="formats" title={of.formats.join(", ")}>{of.formats.slice(0, 5).join(", ")}{of.formats.length > 5 ? ` and ${of.formats.length - 5} more` : ""}</span>],
        ]}
      />
      <Deployments of={health?.deployments ?? []} />
      <div className="mt-3 border-t border-line pt-3">{calls ? <TestCall provider={of.name} /> : null}</div>
      <Link to="/models" search={{ provider: of.name }} className="mt-3 inline-block text-accent-strong hover:underline">
        Its models and prices
      </Link>
    </li>
  );
}
