// A provider's invoice beside what was metered there, day by day and model by model. The file stays in the browser and in the one
// request that compares it: nothing of it is kept.
import { getRouteApi } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { post } from "@/api/change";
import { ApiError } from "@/api/client";
import { useAll } from "@/api/lists";
import { useMay } from "@/api/permissions";
import { Button } from "@/ui/button";
import { Segments } from "@/ui/controls";
import { CheckField, SelectField, TextArea, TextField } from "@/ui/fields";
import { compact, count, usd, words } from "@/ui/format";
import { Badge, Empty, Figure, Note, PageHead, Panel } from "@/ui/panels";
import { guessed, headings, LABELS, type Says, SAYS } from "./columns";

type Amounts = Partial<Record<Says, string | number | null>>;
type Sides = { invoice: Amounts; gateway: Amounts; difference: Amounts };
type Line = Sides & { day: string; model: string | null; status: "agrees" | "differs" | "only_invoice" | "only_gateway" };
type Report = { provider: string; from: string; to: string; agrees: boolean; lines: number; differing: number; total: Sides; data: Line[]; read_lines: number; unread_lines: number; unread: { line: number; message: string }[] };

const PATH = "/api/v1/reports/reconcile";
/** The API takes no larger body. */
const MOST_BYTES = 1_500_000;
const MOST_ROWS = 500;
const TONES = { agrees: "good", differs: "bad", only_invoice: "warn", only_gateway: "warn" } as const;

const page = getRouteApi("/invoice");

const shownAs = (says: Says, value: string | number | null | undefined) => (value === null || value === undefined ? "–" : says === "cost_usd" ? usd(value) : compact(Number(value)));

function Table({ report, says }: { report: Report; says: Says[] }) {
  const [all, setAll] = useState(false);
  const rows = report.data.filter((line) => all || line.status !== "agrees");
  const shown = rows.slice(0, MOST_ROWS);
  return (
    <Panel
      title="Day by day"
      side={<Segments label="Lines" value={all ? "all" : "differing"} options={[{ value: "differing", label: "What differs" }, { value: "all", label: "Everything" }]} onChange={(value) => setAll(value === "all")} />}
      flush
    >
      {shown.length === 0 ? (
        <Empty icon="check" title="Every line agrees">
          {count(report.lines)} compared.
        </Empty>
      ) : (
        <div className="overflow-x-auto" tabIndex={0} role="region" aria-label="Invoice and gateway">
          <table className="num w-full text-left">
            <thead>
              <tr className="border-b border-line text-[0.86rem] text-faint">
                {["Day", "Model", "", ...says.flatMap((one) => [`${LABELS[one]}, invoice`, "gateway", "difference"])].map((head, at) => (
                  <th key={`${head}${at}`} scope="col" className={`h-9 px-3 font-medium whitespace-nowrap first:pl-4 last:pr-4 ${at > 2 ? "text-right" : ""}`}>
                    {head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {shown.map((line) => (
                <tr key={`${line.day} ${line.model ?? ""}`} className="border-b border-line hover:bg-raised">
                  <th scope="row" className="h-10 px-3 pl-4 font-medium whitespace-nowrap">
                    {line.day}
                  </th>
                  <td className="max-w-72 truncate px-3" title={line.model ?? undefined}>
                    {line.model ?? <span className="text-soft">all</span>}
                  </td>
                  <td className="px-3">
                    <Badge tone={TONES[line.status]}>{words(line.status)}</Badge>
                  </td>
                  {says.flatMap((one) =>
                    (["invoice", "gateway", "difference"] as const).map((side) => (
                      <td key={`${one} ${side}`} className={`px-3 text-right whitespace-nowrap last:pr-4 ${side === "difference" ? "font-medium" : "text-soft"}`}>
                        {shownAs(one, line[side][one])}
                      </td>
                    )),
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {rows.length > shown.length ? <p className="px-4 py-2 text-soft">and {count(rows.length - shown.length)} more: ask for less time.</p> : null}
    </Panel>
  );
}

function Result({ report }: { report: Report }) {
  const says = SAYS.filter((one) => one in report.total.invoice);
  return (
    <div className="space-y-4">
      <div className="grid grid-cols-2 gap-3 md:grid-cols-4">
        <Figure name="Verdict" value={report.agrees ? "agrees" : "differs"} tone={report.agrees ? "good" : "bad"} note={`${count(report.differing)} of ${count(report.lines)} lines differ`} />
        <Figure name="Invoice" value={shownAs("cost_usd", report.total.invoice.cost_usd)} note={`${count(report.read_lines)} lines read`} />
        <Figure name="Gateway" value={shownAs("cost_usd", report.total.gateway.cost_usd)} note={`${report.from.slice(0, 10)} to ${report.to.slice(0, 10)}`} />
        <Figure name="Difference" value={shownAs("cost_usd", report.total.difference.cost_usd)} note="the invoice without ours" />
      </div>
      {report.unread_lines > 0 ? (
        <Note tone="warn">
          <b>{count(report.unread_lines)} lines could not be read.</b>
          <ul className="mt-1 list-disc pl-5">
            {report.unread.map((one) => (
              <li key={one.line}>
                line {one.line}: {one.message}
              </li>
            ))}
          </ul>
        </Note>
      ) : null}
      <Table report={report} says={says} />
    </div>
  );
}

/** The page. */
export function Invoice() {
  const search = page.useSearch();
  const navigate = page.useNavigate();
  const seesProviders = useMay("providers:read");
  const configured = (useAll<{ name: string }>("/api/v1/providers", {}, seesProviders).data ?? []).map(({ name }) => name);
  const [csv, setCsv] = useState("");
  const [columns, setColumns] = useState<Partial<Record<Says, string>>>({});
  const [report, setReport] = useState<Report | null>(null);
  const [fault, setFault] = useState<Error | null>(null);
  const [busy, setBusy] = useState(false);
  const names = headings(csv);
  const provider = search.provider ?? configured[0] ?? "";
  // One that is configured no more has its records all the same.
  const known = provider === "" || configured.includes(provider) ? configured : [provider, ...configured];
  const set = (change: Partial<typeof search>) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true });
  const take = (text: string) => {
    setCsv(text);
    setColumns(guessed(headings(text)));
    setReport(null);
    setFault(null);
  };
  const field = fault instanceof ApiError ? fault.field : null;
  const faultOf = (name: string) => (field === name ? (fault?.message ?? null) : null);
  const open = async (file: File | undefined) => {
    if (file === undefined) return;
    if (file.size > MOST_BYTES) setFault(new Error("The file has more than 1.5 MB: take a part of it."));
    else take(await file.text());
  };
  const go = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFault(null);
    try {
      const given = Object.fromEntries(Object.entries(columns).filter(([, name]) => name !== undefined && name !== ""));
      setReport(await post<Report>(PATH, { provider, csv, columns: given, tolerance_percent: search.tolerance, input_excludes_cached: search.without === "1" }));
    } catch (error) {
      setReport(null);
      setFault(error instanceof Error ? error : new Error(String(error)));
    }
    setBusy(false);
  };
  return (
    <>
      <PageHead title="Invoice" about="A provider's invoice beside what was metered there, by day (UTC) and model. Nothing of the file is kept." />
      <Panel title="The invoice" className="mb-4">
        <form onSubmit={go} className="space-y-4">
          <div className="grid items-start gap-3 sm:grid-cols-3">
            {seesProviders ? (
              <SelectField label="Provider" value={provider} options={known.map((name) => ({ value: name, label: name }))} fault={faultOf("provider")} onChange={(event) => set({ provider: event.target.value })} />
            ) : (
              <TextField label="Provider" value={provider} hint="its name in the configuration" fault={faultOf("provider")} onChange={(event) => set({ provider: event.target.value === "" ? undefined : event.target.value })} />
            )}
            <TextField label="File" type="file" accept=".csv,.tsv,.txt,text/csv" hint="CSV, with a line of headings" onChange={(event) => void open(event.target.files?.[0])} />
            <TextField label="Tolerance" inputMode="decimal" placeholder="0" value={search.tolerance ?? ""} hint="per cent of the larger amount" fault={faultOf("tolerance_percent")} onChange={(event) => set({ tolerance: event.target.value === "" ? undefined : event.target.value })} />
          </div>
          <TextArea label="Or its text" rows={4} value={csv} fault={faultOf("csv")} className="font-mono text-[0.88rem]" onChange={(event) => take(event.target.value)} />
          {names.length > 0 ? (
            <fieldset>
              <legend className="mb-1 font-medium">What its columns say</legend>
              <div className="grid grid-cols-2 gap-3 sm:grid-cols-3 lg:grid-cols-6">
                {SAYS.map((says) => (
                  <SelectField key={says} label={LABELS[says]} value={columns[says] ?? ""} options={[{ value: "", label: "–" }, ...names.map((name) => ({ value: name, label: name }))]} onChange={(event) => setColumns({ ...columns, [says]: event.target.value || undefined })} />
                ))}
              </div>
              {faultOf("columns") ? <p className="mt-1 text-[0.9rem] text-bad">{faultOf("columns")}</p> : null}
            </fieldset>
          ) : null}
          <CheckField label="Its input tokens are without those that were read from a cache" checked={search.without === "1"} onChange={(on) => set({ without: on ? "1" : undefined })} />
          {fault && !["provider", "csv", "columns", "tolerance_percent"].includes(field ?? "") ? <Note tone="bad">{fault.message}</Note> : null}
          <div className="flex justify-end">
            <Button type="submit" look="primary" busy={busy} disabled={csv.trim() === "" || provider === ""}>
              Compare
            </Button>
          </div>
        </form>
      </Panel>
      {report ? <Result report={report} /> : null}
    </>
  );
}
