// How a budget was used up day by day since its period began, beside an even pace, and where it leads if it goes on so.
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import type { Budget } from "@/api/types";
import { useTimeseries } from "@/features/analytics/figures";
import { TimeChart } from "@/ui/chart";
import type { Series } from "@/ui/chart/plot";
import { moment, usd } from "@/ui/format";
import { Drawer } from "@/ui/overlays";
import { Facts, Failed, Loading, Note } from "@/ui/panels";
import { BudgetBar } from "./BudgetBar";
import { burn, burnDown } from "./burn";

/** By what the API's sums are filtered for a level; customers and tags are picked out of all. */
const FILTERS: Record<string, string> = { key: "key_id", team: "team_id", organization: "organization_id", project: "project_id", user: "user_id" };
const NOTHING = new Map<string, number>();
const DAY_MS = 86_400_000;

/** Can it be shown for this budget? */
export const hasBurnDown = (of: Budget, now: number) => burnDown(of, NOTHING, now) !== null;

function Body({ of, now }: { of: Budget; now: number }) {
  const today = Math.floor(now / 60_000) * 60_000;
  const empty = useMemo(() => burnDown(of, NOTHING, today), [of, today]);
  const from = `${empty?.days[0] ?? "1970-01-01"}T00:00:00Z`;
  const to = new Date((Math.floor(today / DAY_MS) + 1) * DAY_MS).toISOString();
  const filter = FILTERS[of.level];
  const ask = { metrics: ["cost_usd"], span: { from, to }, interval: "day" as const };
  const usage = useTimeseries(filter ? { ...ask, filters: { [filter]: of.id } } : { ...ask, by: of.level, filters: { value: of.id } }, empty !== null);
  const found = useMemo(() => {
    const line = filter ? usage.data?.data[0] : usage.data?.data.find((one) => one.value === of.id);
    const days = new Map((line?.points ?? []).map((point) => [point.time.slice(0, 10), Number(point.cost_usd)]));
    return usage.data && burnDown(of, days, today);
  }, [of, usage.data, today, filter]);
  const times = useMemo(() => (found?.days ?? []).map((day) => Date.parse(`${day}T00:00:00Z`)), [found]);
  const series = useMemo(
    (): Series[] =>
      found
        ? [
            { name: "left", colour: 1, values: found.left },
            { name: "at this pace", colour: 1, dashed: true, values: found.ahead },
            { name: "an even pace", colour: 0, dashed: true, values: found.even },
          ]
        : [],
    [found],
  );
  const { emptyAt } = burn(of, now);
  return (
    <div className="space-y-5">
      <BudgetBar of={of} now={now} />
      {emptyAt !== null ? <Note tone="warn">At this pace nothing is left on {moment(new Date(emptyAt).toISOString())}.</Note> : null}
      {usage.isPending ? <div className="h-[276px]"><Loading rows={8} /></div> : null}
      {usage.isError ? <Failed error={usage.error} retry={() => void usage.refetch()} /> : null}
      {found ? <TimeChart label="What is left by day" times={times} interval="day" series={series} format={usd} /> : null}
      <Facts
        rows={[
          ["Limit", `${usd(of.limit_usd)} a ${of.period}`],
          ["Spent", `$${of.spent_usd}`],
          ["Held by calls in flight", `$${of.reserved_usd}`],
          ["Begins anew", moment(of.resets_at)],
        ]}
      />
      <Link to="/requests" search={{ [of.level]: of.id }} className="text-accent-strong hover:underline">
        Its requests
      </Link>
    </div>
  );
}

/** The drawer; open while there is a budget. */
export function BurnDownDrawer({ of, now, onClose }: { of: Budget | undefined; now: number; onClose: () => void }) {
  return (
    <Drawer open={of !== undefined} onClose={onClose} title={of ? `Budget of ${of.name || of.id}` : ""} about={of ? of.level : null}>
      {of ? <Body of={of} now={now} /> : null}
    </Drawer>
  );
}
