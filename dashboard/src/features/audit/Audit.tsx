// The audit log: who changed what, with what it was before and after; and whether the chain of entries is whole.
import { getRouteApi } from "@tanstack/react-router";
import { useCallback, useMemo, useState } from "react";
import { credentials, errorOf } from "@/api/client";
import { get } from "@/api/change";
import { usePages } from "@/api/lists";
import type { AuditEntry, AuditReport } from "@/api/types";
import { Button } from "@/ui/button";
import { useNow } from "@/ui/clock";
import { CodeBlock, Id } from "@/ui/code";
import { SelectField, TextField } from "@/ui/fields";
import { ago, count, moment } from "@/ui/format";
import { Dialog, Drawer } from "@/ui/overlays";
import { Badge, Empty, Facts, Failed, Loading, Note, PageHead } from "@/ui/panels";
import { RANGES, since } from "@/ui/range";
import { toastError } from "@/ui/toast";
import { VirtualTable, type VirtualColumn } from "@/ui/virtual";
import { ChangeList } from "./ChangeList";
import { changes } from "./changes";

const ROWS_A_PAGE = 200;
const page = getRouteApi("/audit");

const columnsAt = (now: number): VirtualColumn<AuditEntry>[] => [
  { id: "number", head: "No.", wide: true, width: "4.5rem", cell: (entry) => <span className="text-faint">{entry.number}</span> },
  { id: "time", head: "When", width: "5.5rem", cell: (entry) => <span title={moment(entry.time)}>{ago(entry.time, now)}</span> },
  { id: "actor", head: "Who", wide: true, width: "minmax(9rem,1fr)", cell: (entry) => <span title={entry.actor}>{entry.actor}</span> },
  { id: "action", head: "Did", width: "minmax(7rem,1fr)", cell: (entry) => <code className="font-mono text-[0.88rem]">{entry.action}</code> },
  { id: "thing", head: "To", width: "minmax(7rem,1.6fr)", cell: (entry) => <><span className="font-medium">{entry.name || entry.id || "–"}</span> <span className="text-faint">{entry.kind}</span></> },
  { id: "outcome", head: "Outcome", wide: true, width: "7rem", cell: (entry) => <Badge tone={entry.outcome === "success" ? "good" : "bad"}>{entry.outcome}</Badge> },
  { id: "from", head: "From", wide: true, width: "8rem", cell: (entry) => <span className="text-soft">{entry.address || "–"}</span> },
];

function Detail({ of }: { of: AuditEntry }) {
  const rows = changes(of.before, of.after);
  return (
    <div className="space-y-6">
      <Facts
        rows={[
          ["When", moment(of.time)],
          ["Who", of.actor],
          ["Did", of.action],
          ["To", `${of.kind} ${of.name}`],
          ["Id", of.id ? <Id key="id" text={of.id} /> : "–"],
          ["Outcome", of.outcome],
          ["From", of.address || "–"],
          ["With", of.user_agent || "–"],
          ["Hash", <Id key="hash" text={of.hash} />],
        ]}
      />
      {rows.length > 0 ? (
        <section>
          <h3 className="mb-2 font-semibold">What changed</h3>
          <ChangeList rows={rows} />
        </section>
      ) : null}
      <details>
        <summary className="cursor-pointer text-soft">The whole entry</summary>
        <div className="mt-2">
          <CodeBlock text={JSON.stringify(of, null, 2)} label="entry" high />
        </div>
      </details>
    </div>
  );
}

function Report({ of }: { of: AuditReport }) {
  return of.valid ? (
    <div className="space-y-4">
      <Note tone="good">The chain is whole: {count(of.entries)} entries, none changed, none missing.</Note>
      <Facts
        rows={[
          ["First", `${of.first_number ?? "–"}, ${moment(of.first_time)}`],
          ["Last", `${of.last_number ?? "–"}, ${moment(of.last_time)}`],
          ["Anchor", of.anchor ? <Id key="anchor" text={of.anchor} /> : "–"],
        ]}
      />
      <p className="text-soft">Keep the anchor elsewhere: given to a later check, it shows that nothing up to here was rewritten since.</p>
    </div>
  ) : (
    <div className="space-y-4">
      <Note tone="bad">The chain is broken: somebody changed the database beside the gateway.</Note>
      <CodeBlock text={JSON.stringify(of.fault, null, 2)} label="the fault" />
    </div>
  );
}

async function download(query: Record<string, string | undefined>) {
  const set = Object.entries(query).filter((one): one is [string, string] => one[1] !== undefined);
  const answer = await fetch(`/api/v1/audit/export?${new URLSearchParams(set)}`, { headers: credentials("GET") });
  if (!answer.ok) throw errorOf(answer.status, await answer.json().catch(() => null));
  const address = URL.createObjectURL(await answer.blob());
  const link = document.createElement("a");
  link.href = address;
  link.download = "gatewright-audit.jsonl";
  link.click();
  URL.revokeObjectURL(address);
}

/** The page. */
export function Audit() {
  const search = page.useSearch();
  const navigate = page.useNavigate();
  const now = useNow();
  const [report, setReport] = useState<AuditReport | null>(null);
  const [anchor, setAnchor] = useState("");
  const [checking, setChecking] = useState(false);
  const [busy, setBusy] = useState(false);
  const set = useCallback((change: Partial<typeof search>) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true }), [navigate]);
  const [asked] = useState(() => Date.now());
  const query = useMemo(
    () => ({ actor: search.actor, action: search.action, kind: search.kind, id: search.id, from: since(search.range, asked) }),
    [search.actor, search.action, search.kind, search.id, search.range, asked],
  );
  const entries = usePages<AuditEntry>("/api/v1/audit", query, ROWS_A_PAGE);
  const rows = useMemo(() => entries.data?.pages.flatMap((one) => one.data) ?? [], [entries.data]);
  const columns = useMemo(() => columnsAt(now), [now]);
  const more = useCallback(() => {
    if (entries.hasNextPage && !entries.isFetching) void entries.fetchNextPage();
  }, [entries]);
  const run = async (work: () => Promise<unknown>) => {
    setBusy(true);
    await work().catch(toastError);
    setBusy(false);
  };
  const check = () => run(async () => setReport(await get<AuditReport>("/api/v1/audit/verify", undefined, { anchor: anchor || undefined })));
  const open = rows.find((entry) => String(entry.number) === search.open);
  return (
    <>
      <PageHead title="Audit log" about="Every change of the control plane, chained so that nothing can be taken out unseen.">
        <Button icon="check" onClick={() => setChecking(true)}>
          Verify
        </Button>
        <Button busy={busy && !checking} onClick={() => void run(() => download(query))}>
          Export
        </Button>
      </PageHead>
      <div className="mb-3 flex flex-wrap gap-2">
        <div className="w-36">
          <SelectField label="Time" hideLabel value={search.range ?? ""} options={[{ value: "", label: "Any time" }, ...RANGES]} onChange={(event) => set({ range: event.target.value || undefined })} />
        </div>
        {(
          [
            ["actor", "Who: master"],
            ["action", "Action: key.create"],
            ["kind", "Kind: team"],
            ["id", "Id of a thing"],
          ] as const
        ).map(([name, hint]) => (
          <div key={name} className="w-48">
            <TextField key={search[name] ?? ""} label={name} hideLabel placeholder={hint} defaultValue={search[name] ?? ""} onBlur={(event) => set({ [name]: event.target.value.trim() || undefined })} onKeyDown={(event) => event.key === "Enter" && set({ [name]: event.currentTarget.value.trim() || undefined })} />
          </div>
        ))}
      </div>
      <section aria-label="Entries" className="flex h-[calc(100dvh-15.6rem)] min-h-96 flex-col overflow-hidden rounded-lg border border-line bg-panel shadow-panel">
        {entries.isPending ? <Loading rows={12} /> : null}
        {entries.isError && rows.length === 0 ? <Failed error={entries.error} retry={() => void entries.refetch()} /> : null}
        {entries.isSuccess && rows.length === 0 ? (
          <Empty icon="audit" title="No entry fits">
            <Button onClick={() => void navigate({ search: {} })}>Show all</Button>
          </Empty>
        ) : null}
        {rows.length > 0 ? <VirtualTable label="Audit log" rows={rows} columns={columns} id={(entry) => String(entry.number)} onOpen={(entry) => set({ open: String(entry.number) })} selected={search.open} onEnd={more} /> : null}
      </section>
      <Drawer open={search.open !== undefined} onClose={() => set({ open: undefined })} title={open ? `${open.action} ${open.name}` : "Entry"}>
        {open ? <Detail of={open} /> : entries.isPending ? <Loading /> : <Empty title="This entry is not in the list" />}
      </Drawer>
      <Dialog
        open={checking}
        onClose={() => {
          setChecking(false);
          setReport(null);
        }}
        title="Verify the audit log"
      >
        <div className="space-y-4">
          <TextField label="Anchor" value={anchor} onChange={(event) => setAnchor(event.target.value.trim())} hint="of an earlier check; may be empty" placeholder="24:809f…" />
          <Button look="primary" busy={busy} onClick={() => void check()}>
            Verify all entries
          </Button>
          {report ? <Report of={report} /> : null}
        </div>
      </Dialog>
    </>
  );
}
