// The first page: what was spent and asked, by day and by whom, how providers do, and the latest requests.
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useMay } from "@/api/permissions";
import type { Usage } from "@/api/types";
import { Button } from "@/ui/button";
import { DayChart, Meter, type Series } from "@/ui/chart";
import { useNow } from "@/ui/clock";
import { SelectField } from "@/ui/fields";
import { compact, count, duration, percent, usd } from "@/ui/format";
import { Badge, Empty, Failed, Figure, Loading, PageHead, Panel } from "@/ui/panels";
import { daysOf, RANGES, since } from "@/ui/range";
import { fetchMetrics, healthOf } from "./metrics";
import { RecentRequests } from "./RecentRequests";
import { DIMENSIONS, idOf, nameOf, totals, useUsage } from "./usage";

const LIVE_MS = 10_000;
const TOP_ROWS = 8;
const page = getRouteApi("/");

/** The dimensions by which requests can be filtered. */
const FILTERS: Record<string, string> = { model: "model", team: "team", key: "key", organization: "organization", project: "project", user: "user", customer: "customer", tag: "tag" };

function Figures({ rows }: { rows: Usage[] | undefined }) {
  const sum = totals(rows ?? []);
  const shown = (value: string) => (rows === undefined ? <span className="pulse text-faint">···</span> : value);
  return (
    <div className="mb-4 grid grid-cols-2 gap-3 md:grid-cols-3 xl:grid-cols-6">
      <Figure name="Spend" value={shown(usd(sum.cost))} note={rows ? `${usd(sum.requests === 0 ? 0 : sum.cost / sum.requests)} a request` : ""} />
      <Figure name="Requests" value={shown(compact(sum.requests))} note={rows ? `${count(sum.requests - sum.errors)} answered` : ""} />
      <Figure name="Errors" value={shown(compact(sum.errors))} note={rows ? `${percent(sum.errors, sum.requests)} of requests` : ""} tone={sum.errors > 0 ? "bad" : undefined} />
      <Figure name="Input tokens" value={shown(compact(sum.input))} note={rows ? `${percent(sum.cached, sum.input)} cached by providers` : ""} />
      <Figure name="Output tokens" value={shown(compact(sum.output))} note={rows ? `${sum.requests === 0 ? 0 : Math.round(sum.output / sum.requests)} a request` : ""} />
      <Figure name="Saved by the cache" value={shown(usd(sum.saved))} note={rows ? `${percent(sum.saved, sum.saved + sum.cost)} of what it would be` : ""} tone={sum.saved > 0 ? "good" : undefined} />
    </div>
  );
}

const MEASURES = {
  spend: { label: "Spend", format: (value: number) => usd(value) },
  requests: { label: "Requests", format: (value: number) => compact(value) },
  tokens: { label: "Tokens", format: (value: number) => compact(value) },
};
type Measure = keyof typeof MEASURES;

function seriesOf(measure: Measure, days: string[], rows: Usage[]): Series[] {
  const by = new Map(rows.map((row) => [row.day as string, row]));
  const values = (read: (row: Usage) => number) => days.map((day) => (by.has(day) ? read(by.get(day) as Usage) : 0));
  if (measure === "spend") return [{ name: "Spend", colour: 1, values: values((row) => Number(row.cost_usd)) }];
  if (measure === "requests") {
    return [
      { name: "Requests", colour: 3, values: values((row) => row.requests) },
      { name: "Errors", colour: 1, values: values((row) => row.errors) },
    ];
  }
  return [
    { name: "Input", colour: 2, values: values((row) => row.input_tokens) },
    { name: "Output", colour: 4, values: values((row) => row.output_tokens) },
  ];
}

function ByDay({ range, rows, now }: { range: string; rows: Usage[]; now: number }) {
  const [measure, setMeasure] = useState<Measure>("spend");
  const today = new Date(now).toISOString().slice(0, 10);
  const days = useMemo(() => daysOf(range, Date.parse(`${today}T12:00:00Z`)), [range, today]);
  const series = useMemo(() => seriesOf(measure, days, rows), [measure, days, rows]);
  const buttons = (
    <div role="group" aria-label="What the chart shows" className="flex gap-1">
      {(Object.keys(MEASURES) as Measure[]).map((one) => (
        <Button key={one} small look={one === measure ? "plain" : "quiet"} aria-pressed={one === measure} onClick={() => setMeasure(one)}>
          {MEASURES[one].label}
        </Button>
      ))}
    </div>
  );
  return (
    <Panel title="By day" side={buttons} className="xl:col-span-2">
      <DayChart label={`${MEASURES[measure].label} by day`} days={days} series={series} format={MEASURES[measure].format} bars={measure !== "tokens" && days.length <= 31} />
    </Panel>
  );
}

function Top({ by, range, from }: { by: string; range: string; from: string | undefined }) {
  const navigate = page.useNavigate();
  const usage = useUsage(by, from, LIVE_MS * 3);
  const rows = [...(usage.data ?? [])].sort((a, b) => Number(b.cost_usd) - Number(a.cost_usd) || b.requests - a.requests);
  const most = Math.max(...rows.map((row) => Number(row.cost_usd)), 0);
  const side = (
    <div className="w-40">
      <SelectField label="Spend by" hideLabel value={by} options={DIMENSIONS.map((one) => ({ value: one.value, label: `By ${one.label.toLowerCase()}` }))} onChange={(event) => void navigate({ search: (old) => ({ ...old, by: event.target.value }), replace: true })} />
    </div>
  );
  return (
    <Panel title="Where it goes" side={side} flush>
      {usage.isPending ? <Loading rows={6} /> : null}
      {usage.isError ? <Failed error={usage.error} retry={() => void usage.refetch()} /> : null}
      {usage.isSuccess && rows.length === 0 ? <Empty icon="budget" title="Nothing in this time" /> : null}
      <ul className="divide-y divide-line">
        {rows.slice(0, TOP_ROWS).map((row) => {
          const id = idOf(row, by);
          const filter = FILTERS[by];
          const name = nameOf(row, by);
          return (
            <li key={`${id ?? ""}${name}`} className="px-4 py-2">
              <div className="num flex items-baseline justify-between gap-3">
                {filter && id ? (
                  <Link to="/requests" search={{ [filter]: id, range }} className="min-w-0 truncate font-medium hover:text-accent-strong hover:underline">
                    {name}
                  </Link>
                ) : (
                  <span className="min-w-0 truncate text-soft">{name}</span>
                )}
                <span className="shrink-0">
                  {usd(row.cost_usd)} <span className="text-faint">· {compact(row.requests)} req</span>
                  {row.errors > 0 ? <span className="text-bad"> · {compact(row.errors)} err</span> : null}
                </span>
              </div>
              <div className="mt-1.5">
                <Meter share={most === 0 ? 0 : Number(row.cost_usd) / most} label={`${name}: ${usd(row.cost_usd)}`} />
              </div>
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}

function Providers() {
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
          return (
            <li key={one.provider} className="num flex items-center justify-between gap-3 px-4 py-2.5">
              <div className="min-w-0">
                <Link to="/providers" search={{ name: one.provider }} className="font-medium hover:text-accent-strong hover:underline">
                  {one.provider}
                </Link>
                <div className="truncate text-[0.86rem] text-faint">
                  {compact(one.requests)} requests · {compact(one.failedTries)} failed tries · {one.inFlight} in flight
                </div>
              </div>
              <div className="shrink-0 text-right">
                <Badge tone={share > 0.2 ? "bad" : share > 0.02 ? "warn" : "good"}>{percent(one.requests - one.errors, one.requests)} ok</Badge>
                <div className="text-[0.86rem] text-faint">
                  p50 {duration(one.p50)} · p95 {duration(one.p95)}
                </div>
              </div>
            </li>
          );
        })}
      </ul>
    </Panel>
  );
}

/** The page. */
export function Overview() {
  const search = page.useSearch();
  const navigate = page.useNavigate();
  const now = useNow();
  const range = search.range ?? "7d";
  const by = search.by ?? "model";
  const from = since(range, now);
  const seesLogs = useMay("logs:read");
  const usage = useUsage("day", from, LIVE_MS);
  const rows = usage.data;
  const isNew = usage.isSuccess && rows?.length === 0 && range !== "1h";
  return (
    <>
      <PageHead title="Overview" about="What goes through this gateway, what it costs and how it does.">
        <div className="w-40">
          <SelectField label="Time" hideLabel value={range} options={RANGES.filter((one) => one.value !== "1h").map(({ value, label }) => ({ value, label }))} onChange={(event) => void navigate({ search: (old) => ({ ...old, range: event.target.value }) })} />
        </div>
      </PageHead>
      {usage.isError ? (
        <Panel>
          <Failed error={usage.error} retry={() => void usage.refetch()} />
        </Panel>
      ) : (
        <>
          <Figures rows={rows} />
          {isNew ? (
            <Panel className="mb-4">
              <Empty icon="start" title="No request yet in this time">
                <Link to="/start" className="text-accent-strong underline">
                  Send the first one
                </Link>{" "}
                and watch it come in here.
              </Empty>
            </Panel>
          ) : null}
          <div className="grid gap-4 xl:grid-cols-3">
            <ByDay range={range} rows={rows ?? []} now={now} />
            <Providers />
            <div className="min-w-0 xl:col-span-2">{seesLogs ? <RecentRequests /> : null}</div>
            <Top by={by} range={range} from={from} />
          </div>
        </>
      )}
    </>
  );
}
