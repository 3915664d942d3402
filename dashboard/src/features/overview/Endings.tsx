// How calls ended: by outcome as one bar, and which errors there were.
import { Link } from "@tanstack/react-router";
import type { Overview } from "@/features/analytics/figures";
import { count, percent, words } from "@/ui/format";
import { Meter } from "@/ui/meter";
import { Empty, Loading, Panel } from "@/ui/panels";

const FILLS: Record<string, string> = { success: "fill-good", refused: "fill-warn", upstream_error: "fill-bad", stream_cut: "fill-bad", client_disconnect: "fill-info", shutdown: "fill-faint", lost: "fill-bad" };
type Time = { range?: string; from?: string; to?: string };

/** The panel. */
export function Endings({ of, time }: { of: Overview | undefined; time: Time }) {
  const outcomes = [...(of?.endings.outcomes ?? [])].sort((a, b) => b.requests - a.requests);
  const errors = [...(of?.endings.errors ?? [])].filter((row) => row.value !== "").sort((a, b) => b.requests - a.requests);
  const all = outcomes.reduce((sum, row) => sum + row.requests, 0);
  const most = Math.max(...errors.map((row) => row.requests), 1);
  const parts = outcomes.map((row, at) => ({ row, from: outcomes.slice(0, at).reduce((sum, one) => sum + one.requests, 0) }));
  return (
    <Panel title="How calls ended">
      {of === undefined ? <Loading rows={6} /> : null}
      {of !== undefined && all === 0 ? <Empty icon="requests" title="No call in this time" /> : null}
      {all > 0 ? (
        <div className="num space-y-4">
          <svg role="img" aria-label={outcomes.map((row) => `${words(row.value)} ${percent(row.requests, all)}`).join(", ")} viewBox="0 0 100 6" preserveAspectRatio="none" className="block h-2.5 w-full overflow-hidden rounded-full">
            {parts.map(({ row, from }) => (
              <rect key={row.value} x={(100 * from) / all} width={Math.max(0.4, (100 * row.requests) / all - 0.3)} height="6" className={FILLS[row.value] ?? "fill-faint"} />
            ))}
          </svg>
          <ul className="grid grid-cols-2 gap-x-4 gap-y-1">
            {outcomes.map((row) => (
              <li key={row.value} className="flex items-center gap-2">
                <svg aria-hidden="true" width="8" height="8" className="shrink-0">
                  <rect width="8" height="8" rx="2" className={FILLS[row.value] ?? "fill-faint"} />
                </svg>
                <Link to="/requests" search={{ outcome: row.value, ...time }} className="min-w-0 truncate text-soft hover:text-accent-strong hover:underline">
                  {words(row.value)}
                </Link>
                <span className="ml-auto">{percent(row.requests, all)}</span>
              </li>
            ))}
          </ul>
          <div className="border-t border-line pt-3">
            <h3 className="mb-2 text-[0.92rem] text-soft">Errors</h3>
            {errors.length === 0 ? <p className="text-faint">None.</p> : null}
            <ul className="space-y-2">
              {errors.slice(0, 6).map((row) => (
                <li key={row.value}>
                  <div className="mb-1 flex justify-between gap-3">
                    <Link to="/requests" search={{ error: row.value, ...time }} className="min-w-0 truncate hover:text-accent-strong hover:underline">
                      {words(row.value)}
                    </Link>
                    <span className="shrink-0">{count(row.requests)}</span>
                  </div>
                  <Meter tone="bad" share={row.requests / most} label={`${words(row.value)}: ${count(row.requests)}`} />
                </li>
              ))}
            </ul>
          </div>
        </div>
      ) : null}
    </Panel>
  );
}
