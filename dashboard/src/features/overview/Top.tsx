// The models, providers, teams and keys behind most of the cost.
import { Link } from "@tanstack/react-router";
import type { Overview } from "@/features/analytics/figures";
import { valueName } from "@/features/analytics/measures";
import { Segments } from "@/ui/controls";
import { compact, percent, usd } from "@/ui/format";
import { Meter } from "@/ui/meter";
import { Empty, Loading, Panel } from "@/ui/panels";

const LISTS = { models: { label: "Models", one: "model" }, teams: { label: "Teams", one: "team" }, keys: { label: "Keys", one: "key" }, providers: { label: "Providers", one: "provider" } } as const;
type List = keyof typeof LISTS;
type Time = { range?: string; from?: string; to?: string };

/** The panel. */
export function Top({ of, by, time, onBy }: { of: Overview | undefined; by: string | undefined; time: Time; onBy: (by: string) => void }) {
  const list = (Object.keys(LISTS) as List[]).find((one) => one === by) ?? "models";
  const rows = of?.top[list] ?? [];
  const most = Math.max(...rows.map((row) => Number(row.cost_usd)), 0);
  const { one } = LISTS[list];
  return (
    <Panel title="Where it goes" side={<Segments label="Spend by" value={list} options={(Object.keys(LISTS) as List[]).map((value) => ({ value, label: LISTS[value].label }))} onChange={onBy} />} flush>
      {of === undefined ? <Loading rows={6} /> : null}
      {of !== undefined && rows.length === 0 ? <Empty icon="budget" title="Nothing in this time" /> : null}
      <ul className="divide-y divide-line">
        {rows.map((row) => {
          const name = valueName(row, one);
          return (
            <li key={row.value} className="num px-4 py-2.5">
              <div className="flex items-baseline justify-between gap-3">
                {row.value ? (
                  <Link to="/requests" search={{ [one]: row.value, ...time }} className="min-w-0 truncate font-medium hover:text-accent-strong hover:underline">
                    {name}
                  </Link>
                ) : (
                  <span className="min-w-0 truncate text-soft">{name}</span>
                )}
                <span className="shrink-0 font-medium">{usd(row.cost_usd)}</span>
              </div>
              <div className="my-1.5">
                <Meter share={most === 0 ? 0 : Number(row.cost_usd) / most} label={`${name}: ${usd(row.cost_usd)}`} />
              </div>
              <div className="flex gap-3 text-[0.86rem] text-faint">
                <span>{compact(row.requests)} requests</span>
                <span>{compact(row.input_tokens + row.output_tokens)} tokens</span>
                {row.errors > 0 ? <span className="ml-auto text-bad">{percent(row.errors, row.requests)} errors</span> : null}
              </div>
            </li>
          );
        })}
      </ul>
      {rows.length > 0 ? (
        <div className="border-t border-line px-4 py-2.5">
          <Link to="/analytics" search={{ ...time, by: one }} className="text-accent-strong hover:underline">
            All {LISTS[list].label.toLowerCase()} over time
          </Link>
        </div>
      ) : null}
    </Panel>
  );
}
