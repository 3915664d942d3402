// What each team, project or customer used and what it cost, month by month, to read or to take along as a file.
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo } from "react";
import { get } from "@/api/change";
import { Button } from "@/ui/button";
import { Segments } from "@/ui/controls";
import { download } from "@/ui/csv";
import { SelectField } from "@/ui/fields";
import { compact, count, percent, usd } from "@/ui/format";
import { Meter } from "@/ui/meter";
import { Empty, Failed, Figure, Loading, PageHead, Panel } from "@/ui/panels";
import { toastError } from "@/ui/toast";
import { nanos } from "./money";
import { useNow } from "@/ui/clock";

type Row = { month: string; id: string; name: string | null; requests: number; errors: number; input_tokens: number; output_tokens: number; cached_tokens: number; cost_usd: string; saved_usd: string };
type Report = { data: Row[]; group_by: string; from: string; to: string };

const page = getRouteApi("/chargeback");
const PATH = "/api/v1/reports/chargeback";
const BY = ["team", "project", "customer", "organization", "user", "key", "tag"] as const;
const MONTHS_BACK = 12;

/** The first moment of a month, `back` months before that of `now`, by UTC. */
function monthAt(now: number, back: number): Date {
  const date = new Date(now);
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - back, 1));
}

const dayOf = (date: Date) => date.toISOString().slice(0, 10);
const monthName = (date: Date) => date.toLocaleDateString("en-US", { month: "long", year: "numeric", timeZone: "UTC" });

async function csvOf(query: Record<string, string>): Promise<string> {
  const answer = await fetch(`${PATH}?${new URLSearchParams({ ...query, format: "csv" })}`);
  if (!answer.ok) throw new Error(`the report answers with status ${answer.status}`);
  return answer.text();
}

function Table({ month, rows, by, total }: { month: string; rows: Row[]; by: string; total: bigint }) {
  const sum = (read: (row: Row) => number) => compact(rows.reduce((all, row) => all + read(row), 0));
  return (
    <Panel title={monthName(new Date(`${month}-01T00:00:00Z`))} side={<span className="num font-semibold">{usd(Number(total) / 1e9)}</span>} flush className="mb-4">
      <div className="overflow-x-auto" tabIndex={0} role="region" aria-label={`Chargeback of ${month}`}>
        <table className="num w-full text-left">
          <thead>
            <tr className="border-b border-line text-[0.86rem] text-faint">
              {[by[0]?.toUpperCase() + by.slice(1), "Share", "Requests", "Errors", "Input tokens", "Output tokens", "Saved", "Cost"].map((head, at) => (
                <th key={head} scope="col" className={`h-9 px-3 font-medium whitespace-nowrap first:pl-4 last:pr-4 ${at > 1 ? "text-right" : ""} ${WIDE.includes(at) ? "max-md:hidden" : ""}`}>
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.id} className="border-b border-line hover:bg-raised">
                <th scope="row" className="h-10 max-w-72 min-w-36 truncate px-3 pl-4 font-medium" title={row.id}>
                  {row.name ?? (row.id === "" ? <span className="font-normal text-soft">no {by}</span> : row.id)}
                </th>
                <td className="w-44 px-3 max-md:hidden">
                  <div className="flex items-center gap-2">
                    <div className="w-24">
                      <Meter share={total === 0n ? 0 : Number(nanos(row.cost_usd)) / Number(total)} label={`${percent(Number(nanos(row.cost_usd)), Number(total))} of the month`} />
                    </div>
                    <span className="w-12 text-right text-[0.9rem] text-soft">{percent(Number(nanos(row.cost_usd)), Number(total))}</span>
                  </div>
                </td>
                {[compact(row.requests), compact(row.errors), compact(row.input_tokens), compact(row.output_tokens), usd(row.saved_usd)].map((text, at) => (
                  <td key={at} className={`px-3 text-right whitespace-nowrap text-soft ${WIDE.includes(at + 2) ? "max-md:hidden" : ""}`}>
                    {text}
                  </td>
                ))}
                <td className="px-3 pr-4 text-right font-medium whitespace-nowrap" title={`$${row.cost_usd}`}>
                  {usd(row.cost_usd)}
                </td>
              </tr>
            ))}
          </tbody>
          <tfoot>
            <tr className="font-medium">
              <th scope="row" className="h-10 px-3 pl-4">
                Together
              </th>
              <td className="max-md:hidden" />
              {[sum((row) => row.requests), sum((row) => row.errors), sum((row) => row.input_tokens), sum((row) => row.output_tokens), usd(Number(rows.reduce((all, row) => all + nanos(row.saved_usd), 0n)) / 1e9), usd(Number(total) / 1e9)].map((text, at) => (
                <td key={at} className={`px-3 text-right whitespace-nowrap last:pr-4 ${WIDE.includes(at + 2) ? "max-md:hidden" : ""}`}>
                  {text}
                </td>
              ))}
            </tr>
          </tfoot>
        </table>
      </div>
    </Panel>
  );
}

/** Columns that a phone has no room for: what is left is who, how many requests, and the cost. */
const WIDE = [1, 3, 4, 5, 6];

/** The page. */
export function Chargeback() {
  const search = page.useSearch();
  const navigate = page.useNavigate();
  const now = useNow(600_000);
  const set = (change: Partial<typeof search>) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true });
  const by = BY.find((one) => one === search.by) ?? "team";
  const back = Math.min(MONTHS_BACK, Math.max(0, Number(search.back ?? 0) || 0));
  const months = search.months === "3" ? 3 : search.months === "12" ? 12 : 1;
  const query = { group_by: by, from: dayOf(monthAt(now, back + months - 1)), to: dayOf(monthAt(now, back - 1)) };
  const report = useQuery({ queryKey: [PATH, query], queryFn: ({ signal }) => get<Report>(PATH, signal, query) });
  const byMonth = useMemo(() => {
    const found = new Map<string, { rows: Row[]; total: bigint }>();
    for (const row of report.data?.data ?? []) {
      const of = found.get(row.month) ?? { rows: [], total: 0n };
      of.rows.push(row);
      of.total += nanos(row.cost_usd);
      found.set(row.month, of);
    }
    for (const { rows } of found.values()) rows.sort((a, b) => (nanos(b.cost_usd) > nanos(a.cost_usd) ? 1 : -1));
    return [...found.entries()].sort(([a], [b]) => b.localeCompare(a));
  }, [report.data]);
  const all = byMonth.reduce((sum, [, { total }]) => sum + total, 0n);
  const rows = report.data?.data ?? [];
  const save = () => csvOf(query).then((text) => download(`gatewright-chargeback-${by}-${query.from}.csv`, text), toastError);
  return (
    <>
      <PageHead title="Chargeback" about="Who used what, and what it cost, by calendar month (UTC).">
        <Button icon="down" onClick={() => void save()}>
          CSV
        </Button>
      </PageHead>
      <div className="mb-4 flex flex-wrap items-center gap-2">
        <div className="w-44">
          <SelectField label="By" hideLabel value={by} options={BY.map((value) => ({ value, label: `By ${value}` }))} onChange={(event) => set({ by: event.target.value })} />
        </div>
        <div className="w-44">
          <SelectField label="Last month" hideLabel value={String(back)} options={Array.from({ length: MONTHS_BACK + 1 }, (_, at) => ({ value: String(at), label: monthName(monthAt(now, at)) }))} onChange={(event) => set({ back: event.target.value === "0" ? undefined : event.target.value })} />
        </div>
        <Segments label="Months" value={String(months)} options={[{ value: "1", label: "One month" }, { value: "3", label: "Three" }, { value: "12", label: "Twelve" }]} onChange={(value) => set({ months: value === "1" ? undefined : value })} />
      </div>
      {report.isError ? <Panel><Failed error={report.error} retry={() => void report.refetch()} /></Panel> : null}
      {report.isPending ? <Panel><Loading rows={8} /></Panel> : null}
      {report.isSuccess && rows.length === 0 ? (
        <Panel>
          <Empty icon="budget" title="Nothing was used in this time">
            Choose another month.
          </Empty>
        </Panel>
      ) : null}
      {rows.length > 0 && months > 1 ? (
        <div className="mb-4 grid grid-cols-2 gap-3 md:grid-cols-4">
          <Figure name="Cost" value={usd(Number(all) / 1e9)} note={`${byMonth.length} months`} />
          <Figure name="Requests" value={compact(rows.reduce((sum, row) => sum + row.requests, 0))} note={`${count(rows.reduce((sum, row) => sum + row.errors, 0))} errors`} />
          <Figure name="Tokens" value={compact(rows.reduce((sum, row) => sum + row.input_tokens + row.output_tokens, 0))} note="input and output" />
          <Figure name="Saved by the cache" value={usd(Number(rows.reduce((sum, row) => sum + nanos(row.saved_usd), 0n)) / 1e9)} note="what its answers would have cost" />
        </div>
      ) : null}
      {byMonth.map(([month, { rows: own, total }]) => (
        <Table key={month} month={month} rows={own} by={by} total={total} />
      ))}
    </>
  );
}
