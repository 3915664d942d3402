// The first page: what a time cost and how it went beside the time before, where the month leads, what is behind it, and the latest
// requests. All figures come from the gateway's sums.
import { getRouteApi, Link } from "@tanstack/react-router";
import { type ReactNode, useMemo } from "react";
import { Change } from "@/features/analytics/Change";
import { type Line, type Overview as Figures, type Sums, useOverview, useTimeseries } from "@/features/analytics/figures";
import { measureOf, numberOf } from "@/features/analytics/measures";
import { useMay } from "@/api/permissions";
import { Spark, TimeChart } from "@/ui/chart";
import type { Colour, Series } from "@/ui/chart/plot";
import { useNow } from "@/ui/clock";
import { Segments, TimePicker } from "@/ui/controls";
import { compact, duration, percent, usd } from "@/ui/format";
import { Empty, Failed, Loading, PageHead, Panel } from "@/ui/panels";
import { before, fitting, type Span, spanOf } from "@/ui/range";
import { Endings } from "./Endings";
import { Forecast } from "./Forecast";
import { Providers } from "./Providers";
import { RecentRequests } from "./RecentRequests";
import { Top } from "./Top";

const LIVE_MS = 10_000;
const page = getRouteApi("/");
const METRICS = ["cost_usd", "requests", "errors", "total_tokens", "saved_usd", "latency_p50_ms", "latency_p95_ms", "latency_p99_ms"];

const tokens = (sums: Sums) => sums.input_tokens + sums.output_tokens;
const rate = (sums: Sums) => (sums.requests === 0 ? null : sums.errors / sums.requests);

type Tile = { id: string; name: string; colour: Colour; metric: string; value: (sums: Sums) => number | null; shown: (sums: Sums) => string; note: (sums: Sums) => string };
const TILES: Tile[] = [
  { id: "cost_usd", name: "Spend", colour: 1, metric: "cost_usd", value: (of) => Number(of.cost_usd), shown: (of) => usd(of.cost_usd), note: (of) => `${usd(of.requests === 0 ? 0 : Number(of.cost_usd) / of.requests)} a request` },
  { id: "requests", name: "Requests", colour: 3, metric: "requests", value: (of) => of.requests, shown: (of) => compact(of.requests), note: (of) => `${compact(of.requests - of.errors)} answered` },
  { id: "error_rate", name: "Error rate", colour: 7, metric: "errors", value: rate, shown: (of) => percent(of.errors, of.requests), note: (of) => `${compact(of.errors)} errors` },
  { id: "latency", name: "Latency, p95", colour: 4, metric: "latency_p95_ms", value: (of) => of.latency_p95_ms, shown: (of) => duration(of.latency_p95_ms), note: (of) => `p50 ${duration(of.latency_p50_ms)}` },
  { id: "total_tokens", name: "Tokens", colour: 2, metric: "total_tokens", value: tokens, shown: (of) => compact(tokens(of)), note: (of) => `${compact(of.input_tokens)} in · ${compact(of.output_tokens)} out` },
  { id: "saved_usd", name: "Saved by the cache", colour: 5, metric: "saved_usd", value: (of) => Number(of.saved_usd), shown: (of) => usd(of.saved_usd), note: (of) => `${percent(of.cache_hits, of.requests)} of requests` },
];

const valuesOf = (line: Line | undefined, metric: string) => (line?.points ?? []).map((point) => numberOf(point[metric]));

function Tiles({ figures, line, search }: { figures: Figures | undefined; line: Line | undefined; search: Record<string, string | undefined> }) {
  return (
    <div className="mb-4 grid grid-cols-2 gap-3 md:grid-cols-3 2xl:grid-cols-6">
      {TILES.map((tile) => (
        <Link key={tile.id} to="/analytics" search={{ ...search, metric: tile.id === "cost_usd" ? undefined : tile.id, compare: "1" }} className="block min-w-0 overflow-hidden rounded-lg border border-line bg-panel shadow-panel hover:border-line-strong">
          <div className="px-4 pt-3">
            <div className="flex items-baseline justify-between gap-2">
              <span className="truncate text-[0.92rem] text-soft">{tile.name}</span>
              {figures ? <Change now={tile.value(figures.current)} before={tile.value(figures.previous)} of={tile.id} than="in the time before" /> : null}
            </div>
            <div className="num mt-0.5 h-8 truncate text-[1.5rem] leading-8 font-semibold tracking-tight">{figures ? tile.shown(figures.current) : <span className="pulse text-faint">···</span>}</div>
            <div className="num h-5 truncate text-[0.86rem] text-faint">{figures ? tile.note(figures.current) : ""}</div>
          </div>
          <div className="mt-2 h-7">
            <Spark values={valuesOf(line, tile.metric)} colour={tile.colour} />
          </div>
        </Link>
      ))}
    </div>
  );
}

const CHARTS = { cost_usd: "Spend", requests: "Requests", total_tokens: "Tokens", latency: "Latency" } as const;
type Chart = keyof typeof CHARTS;

function seriesOf(chart: Chart, now: Line | undefined, earlier: Line | undefined): Series[] {
  const past = (metric: string): Series[] => (earlier ? [{ name: "the time before", colour: 0, dashed: true, values: valuesOf(earlier, metric) }] : []);
  if (chart === "latency") return (["p50", "p95", "p99"] as const).map((name, at) => ({ name, colour: ([3, 4, 1] as const)[at] ?? 1, values: valuesOf(now, `latency_${name}_ms`) }));
  if (chart === "requests") {
    const errors = valuesOf(now, "errors");
    const answered = valuesOf(now, "requests").map((value, at) => (value ?? 0) - (errors[at] ?? 0));
    return [{ name: "answered", colour: 3, values: answered }, { name: "errors", colour: 7, values: errors }, ...past("requests")];
  }
  return [{ name: CHARTS[chart], colour: chart === "cost_usd" ? 1 : 2, values: valuesOf(now, chart) }, ...past(chart)];
}

function OverTime({ chart, span, onChart, className }: { chart: Chart; span: Span; onChart: (chart: Chart) => void; className: string }) {
  const interval = fitting(span.ms);
  const now = useTimeseries({ metrics: METRICS, span, interval }, true, LIVE_MS);
  const earlier = useTimeseries({ metrics: METRICS, span: before(span), interval });
  const [line, past] = [now.data?.data[0], earlier.data?.data[0]];
  const times = useMemo(() => (line?.points ?? []).map((point) => Date.parse(point.time)), [line]);
  const series = useMemo(() => seriesOf(chart, line, past), [chart, line, past]);
  const side = <Segments label="What the chart shows" value={chart} options={(Object.keys(CHARTS) as Chart[]).map((value) => ({ value, label: CHARTS[value] }))} onChange={onChart} />;
  return (
    <Panel title="Over time" side={side} className={className}>
      {now.isError ? <Failed error={now.error} retry={() => void now.refetch()} /> : null}
      {now.isPending ? <div className="h-[276px]"><Loading rows={8} /></div> : null}
      {now.isSuccess ? <TimeChart label={`${CHARTS[chart]} over time`} times={times} interval={interval} series={series} format={measureOf(chart).format} look={chart === "latency" ? "line" : times.length > 100 && chart !== "requests" ? "line" : chart === "requests" ? "stack" : "bars"} /> : null}
    </Panel>
  );
}

/** The page. */
export function Overview() {
  const search = page.useSearch();
  const navigate = page.useNavigate();
  const set = (change: Partial<typeof search>) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true });
  const now = useNow();
  const time = { range: search.from || search.to ? undefined : (search.range ?? "24h"), from: search.from, to: search.to };
  const written = spanOf(time, now);
  const span = useMemo(() => written, [written.from, written.to]);
  const interval = fitting(span.ms);
  const figures = useOverview(span, {}, LIVE_MS);
  const line = useTimeseries({ metrics: METRICS, span, interval }, true, LIVE_MS).data?.data[0];
  const chart = (Object.keys(CHARTS) as Chart[]).find((one) => one === search.chart) ?? "cost_usd";
  const seesLogs = useMay("logs:read");
  const seesProviders = useMay("providers:read");
  const isNew = figures.isSuccess && figures.data.current.requests === 0 && figures.data.previous.requests === 0;
  const failed: ReactNode = figures.isError ? (
    <Panel>
      <Failed error={figures.error} retry={() => void figures.refetch()} />
    </Panel>
  ) : null;
  return (
    <>
      <PageHead title="Overview" about="What goes through this gateway, what it costs and how it does.">
        <TimePicker value={time} onChange={set} />
      </PageHead>
      {failed ?? (
        <>
          <Tiles figures={figures.data} line={line} search={time} />
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
            <OverTime chart={chart} span={span} onChart={(value) => set({ chart: value === "cost_usd" ? undefined : value })} className="xl:col-span-2" />
            <Forecast of={figures.data?.forecast} now={now} />
            <Top of={figures.data} by={search.by} time={time} onBy={(by) => set({ by: by === "models" ? undefined : by })} />
            <Endings of={figures.data} time={time} />
            {seesProviders ? <Providers /> : null}
            {seesLogs ? <div className="min-w-0 xl:col-span-3"><RecentRequests /></div> : null}
          </div>
        </>
      )}
    </>
  );
}
