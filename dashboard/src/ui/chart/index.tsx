// Charts over time: lines, stacks or bars, with a legend that can hide a line and a reading of the point below the cursor. A chart
// has its numbers as a table for those who do not see it, while that table stays of a size that one can listen to.
import { useEffect, useMemo, useRef, useState } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useTheme } from "@/shell/theme";
import type { Interval } from "../range";
import { type Colour, colourName, drawn, type Look, options, pointName, type Series } from "./plot";

export type { Colour, Look, Series };

type Props = {
  label: string;
  times: number[];
  interval: Interval;
  series: Series[];
  format: (value: number) => string;
  look?: Look;
  height?: number;
  /** What stands behind a name of the legend. */
  sums?: string[];
  /** Names below the chart. */
  legend?: boolean;
};

const HEIGHT_PX = 240;
/** Cells of the table for those who do not see the chart. */
const MOST_CELLS = 400;

/** The colour of a line, as a little square. */
export function Swatch({ colour, dashed = false }: { colour: Colour; dashed?: boolean }) {
  return (
    <svg aria-hidden="true" width="10" height="10" className="shrink-0">
      {dashed ? <path d="M0 5h4M6 5h4" stroke={`var(--c-${colourName(colour)})`} strokeWidth="2" /> : <rect width="10" height="10" rx="2.5" fill={`var(--c-${colourName(colour)})`} />}
    </svg>
  );
}

type Reading = { at: number; /** The cursor is in the right half. */ right: boolean } | null;

function Tip({ of, reading }: { of: Props; reading: NonNullable<Reading> }) {
  const rows = of.series.map((one) => ({ one, value: one.values[reading.at] ?? null }));
  const shown = rows.length > 6 ? rows.filter(({ one, value }) => one.dashed || (value !== null && value !== 0)) : rows;
  return (
    <div className={`pointer-events-none absolute top-1 z-20 max-w-72 min-w-40 rounded-md border border-line bg-panel px-2.5 py-2 text-[0.86rem] shadow-pop ${reading.right ? "left-14" : "right-2"}`}>
      <div className="mb-1 font-medium">{pointName(of.times[reading.at] ?? 0, of.interval, true)}</div>
      {shown.map(({ one, value }) => (
        <div key={one.name} className="num flex items-center gap-2 leading-5">
          <Swatch colour={one.colour} dashed={one.dashed} />
          <span className="min-w-0 flex-1 truncate text-soft">{one.name}</span>
          <span>{value === null ? "–" : of.format(value)}</span>
        </div>
      ))}
      {shown.length === 0 ? <div className="text-faint">nothing</div> : null}
    </div>
  );
}

function Numbers({ label, times, interval, series, format }: Props) {
  if (times.length * series.length > MOST_CELLS) return null;
  return (
    <table className="sr-only">
      <caption>{label}</caption>
      <thead>
        <tr>
          <th scope="col">Time</th>
          {series.map((one, at) => (
            <th key={`${one.name}${at}`} scope="col">
              {one.name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {times.map((time, at) => (
          <tr key={time}>
            <th scope="row">{pointName(time, interval, true)}</th>
            {series.map((one, of) => {
              const value = one.values[at];
              return <td key={`${one.name}${of}`}>{typeof value === "number" ? format(value) : "–"}</td>;
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Values over time. Keeps its height before it is drawn, so that nothing moves. */
export function TimeChart(props: Props) {
  const { label, times, interval, series, format, look = "line", height = HEIGHT_PX, sums, legend = true } = props;
  const box = useRef<HTMLDivElement>(null);
  const theme = useTheme();
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [reading, setReading] = useState<Reading>(null);
  const shown = useMemo(() => series.filter((one) => !hidden.has(one.name)), [series, hidden]);
  useEffect(() => {
    const place = box.current;
    if (!place || times.length === 0) return;
    const onPoint = (at: number | null, left: number) => setReading(at === null || left < 0 ? null : { at, right: left > place.clientWidth / 2 });
    const draw = () => {
      const data = [times.map((_, at) => at), ...drawn(shown, look).map(({ values }) => values)] as uPlot.AlignedData;
      return new uPlot(options({ times, interval, series: shown, format, look, width: place.clientWidth, height, onPoint }), data, place);
    };
    let plot = draw();
    let width = place.clientWidth;
    const watch = new ResizeObserver(() => {
      if (place.clientWidth === width || place.clientWidth === 0) return;
      width = place.clientWidth;
      plot.destroy();
      plot = draw();
    });
    watch.observe(place);
    return () => {
      watch.disconnect();
      plot.destroy();
      setReading(null);
    };
    // The theme's colours are drawn into the canvas.
  }, [times, interval, shown, format, look, height, theme]);
  const toggle = (name: string) =>
    setHidden((old) => {
      const next = new Set(old);
      if (!next.delete(name)) next.add(name);
      return next;
    });
  return (
    <figure aria-label={label} className="relative">
      <div ref={box} aria-hidden="true" className="overflow-hidden" style={{ height }} />
      {reading ? <Tip of={{ ...props, series: shown }} reading={reading} /> : null}
      {legend ? (
        <ul aria-label="Lines" className="mt-2 flex flex-wrap gap-x-1 gap-y-0.5 text-[0.86rem]">
          {series.map((one, at) => (
            <li key={`${one.name}${at}`} className="min-w-0 max-w-full">
              <button type="button" aria-pressed={!hidden.has(one.name)} onClick={() => toggle(one.name)} title={hidden.has(one.name) ? `Show ${one.name}` : `Hide ${one.name}`} className={`flex max-w-full items-center gap-1.5 rounded px-1.5 py-0.5 hover:bg-sunken ${hidden.has(one.name) ? "line-through opacity-70" : ""}`}>
                <Swatch colour={one.colour} dashed={one.dashed} />
                <span className="truncate text-soft">{one.name}</span>
                {sums?.[at] ? <span className="num">{sums[at]}</span> : null}
              </button>
            </li>
          ))}
        </ul>
      ) : null}
      <Numbers {...props} />
    </figure>
  );
}

/** A line without axes, for the side of a figure: the way it went, no more. */
export function Spark({ values, colour = 1 }: { values: (number | null)[]; colour?: Colour }) {
  const most = Math.max(...values.map((value) => value ?? 0), 0);
  if (values.length < 2 || most === 0) return <svg aria-hidden="true" className="h-7 w-full" />;
  const x = (at: number) => ((100 * at) / (values.length - 1)).toFixed(2);
  const y = (value: number) => (27 - (24 * value) / most).toFixed(2);
  const line = values.map((value, at) => `${x(at)},${y(value ?? 0)}`).join(" ");
  return (
    <svg aria-hidden="true" viewBox="0 0 100 28" preserveAspectRatio="none" className="block h-7 w-full overflow-visible">
      <polygon points={`0,28 ${line} 100,28`} fill={`var(--c-${colourName(colour)})`} opacity="0.12" />
      <polyline points={line} fill="none" stroke={`var(--c-${colourName(colour)})`} strokeWidth="1.5" vectorEffect="non-scaling-stroke" strokeLinejoin="round" />
    </svg>
  );
}
