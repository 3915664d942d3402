// The latest requests, renewed every few seconds.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { page } from "@/api/lists";
import type { Log } from "@/api/types";
import { Outcome } from "@/features/requests/Outcome";
import { useNow } from "@/ui/clock";
import { ago, compact, duration, usd } from "@/ui/format";
import { Empty, Failed, Loading, Panel } from "@/ui/panels";

const ROWS = 8;
const LIVE_MS = 5_000;

/** The panel. */
export function RecentRequests() {
  const now = useNow(LIVE_MS);
  const logs = useQuery({
    queryKey: ["/api/v1/logs", "recent"],
    queryFn: ({ signal }) => page<Log>("/api/v1/logs", { limit: ROWS }, signal),
    refetchInterval: LIVE_MS,
  });
  const rows = logs.data?.data ?? [];
  const all = (
    <Link to="/requests" className="text-accent-strong hover:underline">
      All requests
    </Link>
  );
  return (
    <Panel title="Latest requests" side={all} flush>
      {logs.isPending ? <Loading rows={ROWS} /> : null}
      {logs.isError ? <Failed error={logs.error} retry={() => void logs.refetch()} /> : null}
      {logs.isSuccess && rows.length === 0 ? (
        <Empty icon="requests" title="No request yet">
          <Link to="/start" className="text-accent-strong underline">
            Send the first one
          </Link>
        </Empty>
      ) : null}
      <ul className="divide-y divide-line">
        {rows.map((row) => (
          <li key={row.id}>
            <Link to="/requests" search={{ open: row.id }} className="num grid grid-cols-[7.5rem_minmax(0,1fr)_auto] items-center gap-3 px-4 py-2 hover:bg-raised sm:grid-cols-[8.5rem_minmax(0,1fr)_6rem_5.5rem_6rem]">
              <span className="min-w-0">
                <Outcome log={row} />
              </span>
              <span className="min-w-0 truncate">
                <span className="font-medium">{row.model || "–"}</span>
                {row.provider ? <span className="text-faint"> {row.provider}/{row.upstream_model}</span> : null}
              </span>
              <span className="text-right text-soft max-sm:hidden">{compact(row.input_tokens + row.output_tokens)} tok</span>
              <span className="text-right max-sm:hidden">{duration(row.total_ms)}</span>
              <span className="text-right whitespace-nowrap text-soft" title={usd(row.cost_usd)}>
                {ago(row.time, now)}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
