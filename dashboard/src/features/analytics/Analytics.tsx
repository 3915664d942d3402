// Any figure by any dimension over time, beside the time before, as a chart and as a table. The address holds what is asked.
import { getRouteApi } from "@tanstack/react-router";
import { useMemo } from "react";
import { asked, FIGURE_FIELDS } from "@/features/filters/fields";
import { FilterBuilder } from "@/features/filters/FilterBuilder";
import { TimeChart } from "@/ui/chart";
import type { Series } from "@/ui/chart/plot";
import { useNow } from "@/ui/clock";
import { Segments, TimePicker } from "@/ui/controls";
import { SelectField } from "@/ui/fields";
import { moment } from "@/ui/format";
import { Empty, Failed, Loading, Note, PageHead, Panel } from "@/ui/panels";
import { before, fitting, type Interval, possible, spanOf } from "@/ui/range";
import { Breakdown } from "./Breakdown";
import { Change } from "./Change";
import { type Line, useTimeseries } from "./figures";
import { colourAt, DIMENSIONS, isOfAccounts, MEASURES, type Measure, measureOf, MOST_LINES, numberOf, valueName } from "./measures";

const page = getRouteApi("/analytics");
const TABLE_METRICS = ["cost_usd", "requests", "errors", "total_tokens", "saved_usd", "latency_p95_ms"];
const LIVE_MS = 30_000;
const MORE_LINES = 50;

const valuesOf = (line: Line | undefined, metric: string) => (line?.points ?? []).map((point) => numberOf(point[metric]));

/** What the chart draws. `stack` where the parts add up to a whole. */
function seriesOf(measure: Measure, by: string | undefined, main: string, lines: Line[], whole: Line | undefined, earlier: Line | undefined): Series[] {
  const past: Series[] = earlier ? [{ name: "the time before", colour: 0, dashed: true, values: valuesOf(earlier, main) }] : [];
  if (by === undefined) {
    const own = measure.metrics.map((metric, at): Series => ({ name: metric.label, colour: colourAt(at), values: valuesOf(whole, metric.name) }));
    return [...own, ...past];
  }
  const drawn = lines.filter((line) => !line.is_rest).slice(0, MOST_LINES);
  const others = lines.filter((line) => !drawn.includes(line));
  const series = drawn.map((line, at): Series => ({ name: valueName(line, by), colour: colourAt(at), values: valuesOf(line, main) }));
  if (measure.adds && others.length > 0) {
    const sum = (at: number) => others.reduce((all, line) => all + (numberOf(line.points[at]?.[main]) ?? 0), 0);
    series.push({ name: "all others", colour: 0, values: (drawn[0]?.points ?? []).map((_, at) => sum(at)) });
  }
  return [...distinct(series), ...past];
}

/** Two things may have one name. */
function distinct(series: Series[]): Series[] {
  const seen = new Map<string, number>();
  return series.map((one) => {
    const times = (seen.get(one.name) ?? 0) + 1;
    seen.set(one.name, times);
    return times === 1 ? one : { ...one, name: `${one.name} (${times})` };
  });
}

const INTERVALS: Record<Interval, string> = { minute: "Minute", hour: "Hour", day: "Day" };

/** The page. */
export function Analytics() {
  const search = page.useSearch();
  const navigate = page.useNavigate();
  const now = useNow();
  const set = (change: Partial<typeof search>) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true });

  const measure = measureOf(search.metric);
  const by = DIMENSIONS.find((one) => one.value === search.by)?.value;
  const ofAccounts = isOfAccounts(by);
  const rough = spanOf(search, now).ms;
  const intervals = possible(rough).filter((one) => !ofAccounts || one !== "minute");
  const fit = fitting(rough);
  const chosen = intervals.find((one) => one === search.interval) ?? intervals.find((one) => one === fit) ?? intervals[0] ?? "hour";
  const written = spanOf(search, now, chosen);
  const span = useMemo(() => written, [written.from, written.to]);
  const filters = asked(FIGURE_FIELDS, search);
  const main = by !== undefined && measure.metrics.length > 1 ? (measure.metrics.find((one) => one.label === search.p)?.name ?? measure.main) : measure.main;
  const compares = search.compare === "1";
  const metrics = [...new Set([main, ...TABLE_METRICS])].filter((name) => !ofAccounts || !name.endsWith("_ms"));
  const limit = search.rows === "50" ? MORE_LINES : MOST_LINES;
  const fits = !ofAccounts || measure.ofAccounts;

  const ask = { span, interval: chosen, filters };
  const whole = useTimeseries({ ...ask, metrics: measure.metrics.map((one) => one.name).concat(measure.metrics.some((one) => one.name === main) ? [] : main) }, true, LIVE_MS);
  const earlierWhole = useTimeseries({ ...ask, span: before(span), metrics: [measure.main, main] }, compares);
  const grouped = useTimeseries({ ...ask, metrics, by, limit }, by !== undefined && fits, LIVE_MS);
  const earlier = useTimeseries({ ...ask, span: before(span), metrics, by, limit: MORE_LINES }, compares && by !== undefined && fits);

  const lines = by === undefined || grouped.data?.group_by !== by ? [] : grouped.data.data;
  const total = whole.data?.data[0];
  const past = compares ? earlierWhole.data?.data[0] : undefined;
  const stackable = measure.adds && by !== undefined;
  const look = stackable && search.look !== "line" ? "stack" : measure.adds && by === undefined && search.look !== "line" && span.ms / (chosen === "day" ? 86_400_000 : chosen === "hour" ? 3_600_000 : 60_000) <= 100 ? "bars" : "line";
  const data = by === undefined ? whole.data : grouped.data;
  const times = useMemo(() => (data?.data[0]?.points ?? []).map((point) => Date.parse(point.time)), [data]);
  const series = useMemo(() => seriesOf(measure, by, main, lines, total, past), [measure, by, main, grouped.data, total, past]);
  const sums = useMemo(() => series.map((one, at) => (one.dashed ? "" : by === undefined ? format(measure, numberOf(total?.total[measure.metrics[at]?.name ?? ""])) : lines[at] && at < MOST_LINES && !lines[at].is_rest ? format(measure, numberOf(lines[at].total[main])) : "")), [series, total, lines]);
  const error = whole.error ?? (by !== undefined && fits ? grouped.error : null);
  const pending = whole.isPending || (by !== undefined && fits && grouped.isPending);
  const headline = numberOf(total?.total[main]);
  const empty = !pending && series.every((one) => one.values.every((value) => value === null || value === 0));
  const pastName = `${moment(before(span).from).slice(0, 16)} to ${moment(span.from).slice(0, 16)}`;

  return (
    <>
      <PageHead title="Analytics" about="Any figure by any dimension, over any time.">
        <TimePicker value={{ range: search.from || search.to ? undefined : (search.range ?? "7d"), from: search.from, to: search.to }} onChange={(time) => set({ ...time, interval: undefined })} />
      </PageHead>
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <div className="w-52">
          <SelectField label="Measure" hideLabel value={measure.id} options={MEASURES.filter((one) => !ofAccounts || one.ofAccounts || one.id === measure.id).map((one) => ({ value: one.id, label: one.label }))} onChange={(event) => set({ metric: event.target.value === "cost_usd" ? undefined : event.target.value, p: undefined })} />
        </div>
        <div className="w-44">
          <SelectField label="By" hideLabel value={by ?? ""} options={[{ value: "", label: "All together" }, ...DIMENSIONS.map((one) => ({ value: one.value, label: `By ${one.label.toLowerCase()}` }))]} onChange={(event) => set({ by: event.target.value || undefined, rows: undefined })} />
        </div>
        <Segments label="Interval" value={chosen} options={(["minute", "hour", "day"] as const).map((value) => ({ value, label: INTERVALS[value], disabled: !intervals.includes(value) }))} onChange={(value) => set({ interval: value })} />
        {measure.metrics.length > 1 && by !== undefined ? <Segments label="Percentile" value={measure.metrics.find((one) => one.name === main)?.label ?? "p95"} options={measure.metrics.map(({ label }) => ({ value: label, label }))} onChange={(value) => set({ p: value })} /> : null}
        {measure.adds ? <Segments label="Chart" value={search.look === "line" ? "line" : "stack"} options={[{ value: "stack", label: stackable ? "Stacked" : "Bars" }, { value: "line", label: "Lines" }]} onChange={(value) => set({ look: value === "line" ? "line" : undefined })} /> : null}
        <Segments label="Compare" value={compares ? "1" : "0"} options={[{ value: "0", label: "This time" }, { value: "1", label: "and the time before", title: pastName }]} onChange={(value) => set({ compare: value === "1" ? "1" : undefined })} />
      </div>
      <div className="mb-4 flex flex-wrap items-center gap-2">
        <FilterBuilder fields={FIGURE_FIELDS} chosen={search} onChange={(change) => set(change)} />
      </div>
      {fits ? null : (
        <div className="mb-4">
          <Note tone="warn">
            {measure.label} is not kept by {by}. Requests, errors, tokens and money are.
          </Note>
        </div>
      )}
      <Panel className="mb-4">
        <div className="mb-3 flex flex-wrap items-baseline gap-x-3">
          <h2 className="text-soft">
            {measure.label}
            {measure.metrics.length > 1 ? ` ${measure.metrics.find((one) => one.name === main)?.label ?? ""}` : ""}
          </h2>
          <span className="num text-[1.7rem] leading-9 font-semibold tracking-tight">{whole.isPending ? <span className="pulse text-faint">···</span> : format(measure, headline)}</span>
          {past ? <Change now={headline} before={numberOf(past.total[main])} of={measure.id} than={pastName} /> : null}
          <span className="num ml-auto text-[0.86rem] text-faint">
            {moment(span.from).slice(0, 16)} to {moment(span.to).slice(0, 16)}
          </span>
        </div>
        {error ? <Failed error={error} retry={() => void whole.refetch()} /> : null}
        {!error && pending ? <div className="h-[316px]"><Loading rows={9} /></div> : null}
        {!error && !pending && empty ? <div className="h-[316px]"><Empty icon="overview" title="Nothing in this time">Choose another time, or fewer filters.</Empty></div> : null}
        {!error && !pending && !empty && fits ? <TimeChart label={`${measure.label} over time`} times={times} interval={chosen} series={series} format={measure.format} look={look} height={280} sums={sums} /> : null}
      </Panel>
      {by !== undefined && fits && !error && lines.length > 0 ? (
        <Breakdown by={by} measure={measure} main={main} lines={lines} earlier={compares ? earlier.data?.data : undefined} whole={headline} search={search} more={limit < MORE_LINES && lines.some((line) => line.is_rest) ? () => set({ rows: "50" }) : undefined} />
      ) : null}
    </>
  );
}

const format = (measure: Measure, value: number | null) => (value === null ? "–" : measure.format(value));
