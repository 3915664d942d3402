// How a chart over time is drawn: its scales, axes and paths. No React here; the component gives it what to draw and where.
import uPlot from "uplot";
import type { Interval } from "../range";

/** A colour of the palette; 0 is the grey of what is only there to compare with. */
export type Colour = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;
export type Series = { name: string; colour: Colour; /** `null` where there is nothing to draw. */ values: (number | null)[]; /** Drawn as a dashed line, and never stacked: the time before, a forecast, an even pace. */ dashed?: boolean };
export type Look = "line" | "stack" | "bars";

/** Bars stand for that many points at most; beyond it they are too thin to see. */
const MOST_BARS = 100;
const LABEL_PX = 64;

/** The palette's name of a colour. */
export const colourName = (colour: Colour) => (colour === 0 ? "faint" : `series-${colour}`);

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const two = (value: number) => String(value).padStart(2, "0");

/** A point's time in words. Days are the gateway's, by UTC; hours and minutes the reader's. */
export function pointName(time: number, interval: Interval, whole = false): string {
  const date = new Date(time);
  if (interval === "day") return `${MONTHS[date.getUTCMonth()]} ${date.getUTCDate()}`;
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}`;
  return whole || clock === "00:00" ? `${MONTHS[date.getMonth()]} ${date.getDate()}${whole ? `, ${clock}` : ""}` : clock;
}

/** Sums from the lowest series up; what is dashed stays as it is. */
export function stacked(series: Series[]): (number | null)[][] {
  const sums: number[] = [];
  return series.map((one) => (one.dashed ? one.values : one.values.map((value, at) => (sums[at] = (sums[at] ?? 0) + (value ?? 0)))));
}

/** What is drawn, in order: of a stack the highest sums first, so that each covers what lies below it. */
export function drawn(series: Series[], look: Look): { of: Series; values: (number | null)[] }[] {
  if (look !== "stack") return series.map((of) => ({ of, values: of.values }));
  const sums = stacked(series);
  const all = series.map((of, at) => ({ of, values: sums[at] ?? [] }));
  return [...all.filter(({ of }) => !of.dashed).reverse(), ...all.filter(({ of }) => of.dashed)];
}

/** Points that have no neighbour, which no line would show. */
export const lonely = (values: (number | null)[]): number[] => values.flatMap((value, at) => (value !== null && (values[at - 1] ?? null) === null && (values[at + 1] ?? null) === null ? [at] : []));

type Given = { times: number[]; interval: Interval; series: Series[]; format: (value: number) => string; look: Look; width: number; height: number; onPoint: (at: number | null, left: number) => void };

/** Places of labels below the axis: at whole days of an hourly chart where there are several, else evenly. */
function places({ times, interval, width }: Given): number[] {
  const most = Math.max(2, Math.floor((width - 60) / LABEL_PX));
  const midnights = interval === "hour" ? times.flatMap((time, at) => (new Date(time).getHours() === 0 ? [at] : [])) : [];
  const from = midnights.length >= 3 ? midnights : times.map((_, at) => at);
  const steps = midnights.length >= 3 ? [1, 2, 7, 14] : interval === "minute" ? [1, 2, 5, 10, 15, 30, 60, 120] : interval === "hour" ? [1, 2, 3, 6, 12] : [1, 2, 7, 14, 28];
  const step = steps.find((one) => from.length / one <= most) ?? Math.ceil(from.length / most);
  if (midnights.length >= 3 || interval === "day") return from.filter((_, at) => (from.length - 1 - at) % step === 0);
  const unit = interval === "minute" ? 60_000 : 3_600_000;
  const shift = new Date().getTimezoneOffset() * 60_000;
  return from.filter((at) => Math.round(((times[at] ?? 0) - shift) / unit) % step === 0);
}

/** The options of the drawing library. */
export function options(given: Given): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(`--c-${name}`).trim();
  const { times, interval, format, look, width, height } = given;
  const asBars = look === "bars" || (look === "stack" && times.length <= MOST_BARS);
  const axis = { stroke: colour("faint"), ticks: { show: false }, font: "11px system-ui, sans-serif", gap: 6 };
  const bars = uPlot.paths.bars?.({ size: [0.72, 36], gap: 1, radius: look === "bars" ? 0.12 : 0 });
  return {
    width,
    height,
    legend: { show: false },
    cursor: { y: false, points: { show: !asBars, size: 7 }, drag: { x: false, y: false } },
    padding: [10, 18, 0, 0],
    scales: { x: { time: false, range: (_, from, to) => [from - 0.5, to + 0.5] }, y: { range: (_, __, to) => [0, to > 0 ? to * 1.08 : 1] } },
    axes: [
      { ...axis, size: 28, grid: { show: false }, splits: () => places(given), values: (_, splits) => splits.map((at) => pointName(times[at] ?? 0, interval)) },
      { ...axis, space: 36, grid: { stroke: colour("line"), width: 1, dash: [2, 3] }, size: (_, values) => Math.max(30, 14 + 6.3 * Math.max(...(values ?? [""]).map((text) => text.length))), values: (_, splits) => splits.map((value) => format(value)) },
    ],
    hooks: { setCursor: [(plot) => given.onPoint(plot.cursor.idx ?? null, plot.cursor.left ?? 0)] },
    series: [
      {},
      ...drawn(given.series, look).map(({ of, values }) => {
        const line = colour(colourName(of.colour));
        if (of.dashed) return { stroke: of.colour === 0 ? colour("soft") : line, width: 1.5, dash: [4, 4], points: { show: false } };
        if (asBars) return { stroke: line, fill: line, width: 0, paths: bars, points: { show: false } };
        const alone = given.series.filter((one) => !one.dashed).length === 1;
        return { stroke: line, width: look === "stack" ? 1 : 1.75, fill: look === "stack" ? line : alone ? `${line}1f` : undefined, points: { show: true, size: 6, fill: line, filter: () => lonely(values) } };
      }),
    ],
  };
}
