// Every budget and where it stands, the ones that are nearest to their end first.
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useRows } from "@/api/lists";
import type { Budget } from "@/api/types";
import { useNow } from "@/ui/clock";
import { Button } from "@/ui/button";
import { SelectField } from "@/ui/fields";
import { count } from "@/ui/format";
import { Badge, Empty, Failed, Loading, PageHead, Panel } from "@/ui/panels";
import { BudgetBar } from "./BudgetBar";
import { burn } from "./burn";

const page = getRouteApi("/budgets");
/** Drawn at once; the rest on demand, so that thousands of budgets do not make the page slow. */
const SHOWN = 60;
const LEVELS = ["key", "organization", "team", "project", "user", "customer", "tag"];

function Holder({ of }: { of: Budget }) {
  const look = "truncate font-medium hover:text-accent-strong hover:underline";
  if (of.level === "key") {
    return (
      <Link to="/keys" search={{ key: of.id }} className={look}>
        {of.name}
      </Link>
    );
  }
  return (
    <Link to={`/${of.level}s` as "/teams"} search={{ id: of.id }} className={look}>
      {of.name || of.id}
    </Link>
  );
}

/** The page. */
export function Budgets() {
  const search = page.useSearch();
  const navigate = page.useNavigate();
  const now = useNow(10_000);
  const [most, setMost] = useState(SHOWN);
  // The nearest to its end may be the last one of the list, so all are asked for.
  const budgets = useRows<Budget>("/api/v1/budgets", { level: search.level }, true);
  const rows = useMemo(() => budgets.rows.map((of) => ({ of, used: burn(of, now).used })).sort((a, b) => b.used - a.used), [budgets.rows, now]);
  return (
    <>
      <PageHead title="Budgets" about="What keys and accounts may spend, and what is left. The mark in a bar is how much of its time is over." >
        <div className="w-44">
          <SelectField label="Level" hideLabel value={search.level ?? ""} options={[{ value: "", label: "Any level" }, ...LEVELS.map((value) => ({ value, label: `${value[0]?.toUpperCase()}${value.slice(1)}s` }))]} onChange={(event) => void navigate({ search: { level: event.target.value || undefined } })} />
        </div>
      </PageHead>
      {budgets.isPending ? <Panel><Loading rows={8} /></Panel> : null}
      {budgets.error ? <Panel><Failed error={budgets.error} retry={() => void budgets.refetch()} /></Panel> : null}
      {budgets.isSuccess && rows.length === 0 ? (
        <Panel>
          <Empty icon="budget" title="No budget">
            Give a key, a team or a customer one where it is made or changed.
          </Empty>
        </Panel>
      ) : null}
      <ul className="grid gap-3 md:grid-cols-2 2xl:grid-cols-3">
        {rows.slice(0, most).map(({ of: budget }, at) => (
          <li key={`${budget.id}${budget.period}${at}`} className="min-w-0 rounded-lg border border-line bg-panel p-4 shadow-panel">
            <div className="mb-2 flex items-center justify-between gap-2">
              <Holder of={budget} />
              <span className="flex shrink-0 gap-1">
                {budget.strict ? <Badge tone="info">strict</Badge> : null}
                {budget.shadow ? <Badge tone="neutral">watched only</Badge> : null}
                <Badge>{budget.level}</Badge>
              </span>
            </div>
            <BudgetBar of={budget} now={now} />
          </li>
        ))}
      </ul>
      {rows.length > most ? (
        <div className="mt-4 text-center">
          <Button onClick={() => setMost(most + SHOWN)}>
            {count(rows.length - most)} more, further from their end
          </Button>
        </div>
      ) : null}
    </>
  );
}
