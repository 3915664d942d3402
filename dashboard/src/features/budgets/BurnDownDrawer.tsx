// How a budget was used up day by day since its period began, beside an even pace.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { all } from "@/api/lists";
import type { Budget, Usage } from "@/api/types";
import { DayChart } from "@/ui/chart";
import { moment, usd } from "@/ui/format";
import { Drawer } from "@/ui/overlays";
import { Facts, Failed, Loading, Note } from "@/ui/panels";
import { BudgetBar } from "./BudgetBar";
import { burn, burnDown } from "./burn";

/** Of which the API sums what was spent by day. */
const FILTERS: Record<string, "key_id" | "team_id"> = { key: "key_id", team: "team_id" };
const NOTHING = new Map<string, number>();

/** Can it be shown for this budget? */
export const hasBurnDown = (of: Budget, now: number) => of.level in FILTERS && burnDown(of, NOTHING, now) !== null;

function Body({ of, now }: { of: Budget; now: number }) {
  const today = Math.floor(now / 60_000) * 60_000;
  const empty = useMemo(() => burnDown(of, NOTHING, today), [of, today]);
  const from = empty?.days[0];
  const filter = FILTERS[of.level] ?? "key_id";
  const usage = useQuery({
    queryKey: ["/api/v1/usage", "burn-down", filter, of.id, from],
    queryFn: ({ signal }) => all<Usage>("/api/v1/usage", { group_by: "day", [filter]: of.id, from: `${from}T00:00:00Z` }, signal),
    enabled: from !== undefined,
  });
  const found = useMemo(() => usage.data && burnDown(of, new Map(usage.data.map((row) => [String(row.day), Number(row.cost_usd)])), today), [of, usage.data, today]);
  const series = useMemo(() => found && [{ name: "Left", colour: 1 as const, values: found.left }, { name: "Even pace", colour: 3 as const, values: found.even }], [found]);
  const { emptyAt } = burn(of, now);
  return (
    <div className="space-y-5">
      <BudgetBar of={of} now={now} />
      {emptyAt !== null ? <Note tone="warn">At this speed nothing is left on {moment(new Date(emptyAt).toISOString())}.</Note> : null}
      {usage.isPending ? <Loading rows={6} /> : null}
      {usage.isError ? <Failed error={usage.error} retry={() => void usage.refetch()} /> : null}
      {found && series ? <DayChart label="What is left by day" days={found.days} series={series} format={usd} /> : null}
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
