// Charts over time, and bars for shares. A chart has its numbers as a table for those who do not see it.
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useTheme } from "@/shell/theme";

export type Series = { name: string; colour: 1 | 2 | 3 | 4 | 5; /** `null` where there is nothing to draw. */ values: (number | null)[] };
type Props = { label: string; days: string[]; series: Series[]; format: (value: number) => string; bars?: boolean };

const HEIGHT_PX = 208;

function colours(): (name: string) => string {
  const style = getComputedStyle(document.documentElement);
  return (name) => style.getPropertyValue(`--c-${name}`).trim();
}

function options({ days, series, format, bars }: Props, width: number): uPlot.Options {
  const colour = colours();
  const axis = { stroke: colour("faint"), grid: { stroke: colour("line"), width: 1 }, ticks: { show: false }, font: "11px system-ui" };
  return {
    width,
    height: HEIGHT_PX,
    legend: { show: true, live: true },
    cursor: { points: { size: 6 }, y: false },
    padding: [8, 8, 0, 0],
    scales: { x: { time: false, range: (_, from, to) => [from - 0.5, to + 0.5] }, y: { range: (_, __, to) => [0, to > 0 ? to * 1.12 : 1] } },
    axes: [
      {
        ...axis,
        grid: { show: false },
        splits: (_, __, from, to) => {
          const step = Math.max(1, Math.ceil((to - from) / Math.max(2, Math.floor(width / 76))));
          return days.map((_, at) => at).filter((at) => at % step === 0);
        },
        values: (_, splits) => splits.map((at) => days[at]?.slice(5) ?? ""),
      },
      { ...axis, size: 58, values: (_, splits) => splits.map(format) },
    ],
    series: [
      { label: "Day", value: (_, at) => (at === null ? "" : (days[at] ?? "")) },
      ...series.map((one) => ({
        label: one.name,
        stroke: colour(`series-${one.colour}`),
        fill: bars ? colour(`series-${one.colour}`) : undefined,
        width: bars ? 0 : 2,
        paths: bars ? uPlot.paths.bars?.({ size: [0.62, 44], radius: 0.12 }) : undefined,
        points: { show: !bars && days.length < 32 },
        value: (_: uPlot, value: number | null) => (value === null ? "–" : format(value)),
      })),
    ],
  };
}

/** Values by day. Keeps its height before it is drawn, so that nothing moves. */
export function DayChart(props: Props) {
  const box = useRef<HTMLDivElement>(null);
  const { label, days, series, format } = props;
  const theme = useTheme();
  useEffect(() => {
    const place = box.current;
    if (!place || days.length === 0) return;
    const data: uPlot.AlignedData = [days.map((_, at) => at), ...series.map((one) => one.values)];
    const plot = new uPlot(options(props, place.clientWidth), data, place);
    const watch = new ResizeObserver(() => plot.setSize({ width: place.clientWidth, height: HEIGHT_PX }));
    watch.observe(place);
    return () => {
      watch.disconnect();
      plot.destroy();
    };
    // The theme's colours are drawn into the canvas.
  }, [days, series, theme]);
  return (
    <figure aria-label={label}>
      <div ref={box} aria-hidden="true" className="h-[244px] overflow-hidden text-[0.86rem] text-soft" />
      <table className="sr-only">
        <caption>{label}</caption>
        <thead>
          <tr>
            <th scope="col">Day</th>
            {series.map((one) => (
              <th key={one.name} scope="col">
                {one.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {days.map((day, at) => (
            <tr key={day}>
              <th scope="row">{day}</th>
              {series.map((one) => (
                <td key={one.name}>{typeof one.values[at] === "number" ? format(one.values[at]) : "–"}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  );
}

/** A bar below a value that says what share it is of the largest, or of its limit. */
export function Meter({ share, tone = "accent", label }: { share: number; tone?: "accent" | "good" | "warn" | "bad"; label: string }) {
  const width = Math.max(0, Math.min(1, share));
  const colour = { accent: "fill-accent", good: "fill-good", warn: "fill-warn", bad: "fill-bad" }[tone];
  return (
    <svg role="img" aria-label={label} viewBox="0 0 100 4" preserveAspectRatio="none" className="block h-1.5 w-full overflow-hidden rounded-full">
      <rect width="100" height="4" className="fill-sunken" />
      <rect width={width * 100} height="4" className={colour} />
    </svg>
  );
}
