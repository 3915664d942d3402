// The table below a chart: each value of the dimension with what it used, and a file of it.
import { Link, useNavigate } from "@tanstack/react-router";
import { Swatch } from "@/ui/chart";
import { Button } from "@/ui/button";
import { csv, download } from "@/ui/csv";
import { compact, count, duration, percent, usd } from "@/ui/format";
import { Menu } from "@/ui/overlays";
import { Panel } from "@/ui/panels";
import { Meter } from "@/ui/meter";
import { Change } from "./Change";
import type { Line } from "./figures";
import { colourAt, type Measure, MOST_LINES, numberOf, valueName } from "./measures";

/** The explorer's filter for a dimension. */
const EXPLORES: Record<string, string> = { model: "model", provider: "provider", team: "team", project: "project", organization: "organization", key: "key", user: "user", customer: "customer", tag: "tag", outcome: "outcome", error: "error", status: "status", cache: "cache", format: "format", endpoint: "endpoint", upstream_model: "upstream_model", region: "region", guardrail: "guardrail" };
/** By which figures can be filtered. */
const NARROWS = new Set(Object.keys(EXPLORES));

type Search = Record<string, string | undefined>;
type Props = { by: string; measure: Measure; main: string; lines: Line[]; earlier: Line[] | undefined; whole: number | null; search: Search; more?: () => void };

const COLUMNS = [
  { metric: "cost_usd", head: "Spend" },
  { metric: "requests", head: "Requests" },
  { metric: "errors", head: "Errors" },
  { metric: "total_tokens", head: "Tokens" },
  { metric: "latency_p95_ms", head: "p95" },
  { metric: "saved_usd", head: "Saved" },
];

function told(metric: string, line: Line): string {
  const value = line.total[metric];
  if (value === undefined || value === null) return "–";
  if (metric.endsWith("_usd")) return usd(value);
  if (metric.endsWith("_ms")) return duration(Number(value));
  return compact(Number(value));
}

function tableFile(by: string, lines: Line[]): string {
  const metrics = Object.keys(lines[0]?.total ?? {});
  return csv([["id", by, ...metrics], ...lines.map((line) => [line.value ?? "", valueName(line, by), ...metrics.map((metric) => line.total[metric] ?? null)])]);
}

function pointsFile(by: string, lines: Line[], metric: string): string {
  const times = lines[0]?.points.map((point) => point.time) ?? [];
  return csv([["time", ...lines.map((line) => valueName(line, by))], ...times.map((time, at) => [time, ...lines.map((line) => line.points[at]?.[metric] ?? null)])]);
}

/** The table. */
export function Breakdown({ by, measure, main, lines, earlier, whole, search, more }: Props) {
  const navigate = useNavigate();
  const time = { range: search.range ?? (search.from || search.to ? undefined : "7d"), from: search.from, to: search.to };
  const shares = measure.adds && whole !== null && whole > 0;
  const most = Math.max(...lines.map((line) => numberOf(line.total[main]) ?? 0), 0);
  const name = `gatewright-${main}-by-${by}`;
  const files = (
    <Menu
      label="Download as CSV"
      items={[
        { label: "This table", icon: "down", onSelect: () => download(`${name}.csv`, tableFile(by, lines)) },
        { label: `${measure.label} over time`, icon: "down", onSelect: () => download(`${name}-over-time.csv`, pointsFile(by, lines, main)) },
      ]}
    >
      <Button small icon="down">
        CSV
      </Button>
    </Menu>
  );
  return (
    <Panel title={`By ${by}`} side={files} flush>
      <div className="overflow-x-auto" tabIndex={0} role="region" aria-label={`Figures by ${by}`}>
        <table className="num w-full text-left">
          <thead>
            <tr className="border-b border-line text-[0.86rem] text-faint">
              <th scope="col" className="h-9 px-4 font-medium">
                {by[0]?.toUpperCase()}
                {by.slice(1)}
              </th>
              <th scope="col" className="h-9 w-40 px-3 font-medium">
                {shares ? "Share" : ""}
                <span className="sr-only">{shares ? "" : "size"}</span>
              </th>
              {COLUMNS.map((column) => (
                <th key={column.metric} scope="col" className={`h-9 px-3 text-right font-medium whitespace-nowrap ${column.metric === main ? "text-ink" : ""}`}>
                  {column.head}
                </th>
              ))}
              {earlier ? (
                <th scope="col" className="h-9 px-4 text-right font-medium whitespace-nowrap">
                  Change
                </th>
              ) : null}
            </tr>
          </thead>
          <tbody>
            {lines.map((line, at) => {
              const value = numberOf(line.total[main]) ?? 0;
              const was = earlier?.find((one) => one.value === line.value && one.is_rest === line.is_rest);
              const title = valueName(line, by);
              const explores = EXPLORES[by];
              return (
                <tr key={`${line.value ?? ""}${line.is_rest}`} className="group border-b border-line last:border-0 hover:bg-raised">
                  <th scope="row" className="h-10 max-w-72 min-w-44 px-4 font-normal">
                    <span className="flex items-center gap-2">
                      <Swatch colour={colourAt(at, line.is_rest || at >= MOST_LINES)} />
                      {line.value && explores && !line.is_rest ? (
                        <Link to="/requests" search={{ [explores]: line.value, ...time }} className="truncate font-medium hover:text-accent-strong hover:underline" title={`Requests of ${title}`}>
                          {title}
                        </Link>
                      ) : (
                        <span className="truncate text-soft">{title}</span>
                      )}
                      {line.value && NARROWS.has(by) && !line.is_rest ? (
                        <button type="button" title={`Figures of ${title} alone`} aria-label={`Figures of ${title} alone`} onClick={() => void navigate({ to: "/analytics", search: { ...search, [by]: line.value ?? undefined, by: undefined, rows: undefined } })} className="rounded px-1 text-[0.86rem] text-faint opacity-0 group-hover:opacity-100 hover:text-ink focus-visible:opacity-100">
                          only
                        </button>
                      ) : null}
                    </span>
                  </th>
                  <td className="px-3">
                    <div className="flex items-center gap-2">
                      <div className="w-24">
                        <Meter share={most === 0 ? 0 : value / most} label={`${title}: ${measure.format(value)}`} />
                      </div>
                      {shares ? <span className="w-12 text-right text-[0.9rem] text-soft">{percent(value, whole)}</span> : null}
                    </div>
                  </td>
                  {COLUMNS.map((column) => (
                    <td key={column.metric} title={column.metric.endsWith("_usd") ? `$${line.total[column.metric] ?? ""}` : typeof line.total[column.metric] === "number" ? count(Number(line.total[column.metric])) : undefined} className={`px-3 text-right whitespace-nowrap ${column.metric === main ? "font-medium" : "text-soft"}`}>
                      {told(column.metric, line)}
                    </td>
                  ))}
                  {earlier ? (
                    <td className="px-4 text-right whitespace-nowrap">
                      <Change now={value} before={was ? numberOf(was.total[main]) : null} of={measure.id} than="in the time before" />
                    </td>
                  ) : null}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {more ? (
        <div className="border-t border-line px-4 py-2 text-center">
          <Button small look="quiet" onClick={more}>
            Up to 50 of them
          </Button>
        </div>
      ) : null}
    </Panel>
  );
}
