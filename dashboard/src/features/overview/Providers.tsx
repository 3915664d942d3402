// How providers do, by this gateway's own counts.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { compact, duration, percent } from "@/ui/format";
import { Badge, Empty, Failed, Loading, Panel } from "@/ui/panels";
import { fetchMetrics, healthOf } from "./metrics";

const LIVE_MS = 10_000;

/** The panel. */
export function Providers() {
  const metrics = useQuery({ queryKey: ["/metrics"], queryFn: ({ signal }) => fetchMetrics(signal), refetchInterval: LIVE_MS, select: healthOf });
  return (
    <Panel title="Providers" side={<span className="text-[0.86rem] text-faint">this gateway, since it started</span>} flush>
      {metrics.isPending ? <Loading rows={3} /> : null}
      {metrics.isError ? <Failed error={metrics.error} retry={() => void metrics.refetch()} /> : null}
      {metrics.data?.length === 0 ? (
        <Empty icon="provider" title="No provider was asked yet">
          What they answer and how fast is shown here.
        </Empty>
      ) : null}
      <ul className="divide-y divide-line">
        {metrics.data?.map((one) => {
          const share = one.requests === 0 ? 0 : one.errors / one.requests;
          const out = one.deployments.filter(({ state }) => state !== "up");
          return (
            <li key={one.provider} className="num px-4 py-2.5">
              <div className="flex items-baseline justify-between gap-3">
                <Link to="/providers" search={{ name: one.provider }} className="min-w-0 truncate font-medium hover:text-accent-strong hover:underline">
                  {one.provider}
                </Link>
                <Badge tone={share > 0.2 ? "bad" : share > 0.02 ? "warn" : "good"}>{percent(one.requests - one.errors, one.requests)} answered</Badge>
              </div>
              <div className="mt-1 flex flex-wrap gap-x-3 text-[0.86rem] text-faint">
                <span>{compact(one.requests)} requests</span>
                {one.failedTries > 0 ? <span>{compact(one.failedTries)} failed tries</span> : null}
                {one.inFlight > 0 ? <span>{one.inFlight} in flight</span> : null}
                <span className="ml-auto">
                  p50 {duration(one.p50)} · p95 {duration(one.p95)}
                </span>
              </div>
              {out.length > 0 ? <div className="mt-1 truncate text-[0.86rem] text-bad">out of use: {out.map(({ model }) => model).join(", ")}</div> : null}
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}
