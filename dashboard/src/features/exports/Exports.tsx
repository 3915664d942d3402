// Exports of records: those that somebody asked for and those of schedules, what became of them, and their files.
import { getRouteApi } from "@tanstack/react-router";
import { createColumnHelper } from "@tanstack/react-table";
import { useEffect, useMemo, useState } from "react";
import { post, useRenew } from "@/api/change";
import { usePages } from "@/api/lists";
import { useMay } from "@/api/permissions";
import { nameOf } from "@/api/session";
import { FIELDS } from "@/features/filters/fields";
import { Button } from "@/ui/button";
import { useNow } from "@/ui/clock";
import { ago, bytes, count } from "@/ui/format";
import { Confirm } from "@/ui/overlays";
import { Badge, Empty, Failed, Loading, PageHead, Panel } from "@/ui/panels";
import { Table } from "@/ui/table";
import { toast } from "@/ui/toast";
import { ExportForm } from "./ExportForm";
import { type Export, isOpen, PATH, stateTone, whichOf } from "./kinds";

const LIVE_MS = 2_000;
const ROWS = 100;
const page = getRouteApi("/exports");
const helper = createColumnHelper<Export>();
const NO_FILTERS = Object.fromEntries(FIELDS.map(({ name }) => [name, undefined]));

/** What can be done with one: fetched, or ended. */
function Deed({ of, downloads, writes, onCancel }: { of: Export; downloads: boolean; writes: boolean; onCancel: () => void }) {
  if (isOpen(of.state)) {
    return writes ? (
      <Button small onClick={onCancel}>
        Cancel
      </Button>
    ) : null;
  }
  if (of.state !== "done" || of.to !== "directory" || !downloads) return null;
  return (
    <a href={`${PATH}/${of.id}/download`} download={of.name} className="inline-flex h-7 items-center rounded-md border border-line-strong px-2 text-[0.86rem] font-medium hover:bg-sunken">
      Download<span className="sr-only"> {of.name}</span>
    </a>
  );
}

/** The page. */
export function Exports() {
  const search = page.useSearch();
  const navigate = page.useNavigate();
  const now = useNow();
  const renew = useRenew();
  const sees = useMay("logs:read");
  const bodies = useMay("bodies:read");
  const writes = useMay("exports:write") && sees;
  const [live, setLive] = useState(false);
  const [ending, setEnding] = useState<Export | null>(null);
  const list = usePages<Export>(PATH, {}, ROWS, live ? LIVE_MS : false);
  const rows = useMemo(() => list.data?.pages.flatMap((one) => one.data) ?? [], [list.data]);
  const busy = rows.some((one) => isOpen(one.state));
  useEffect(() => setLive(busy), [busy]);
  const columns = useMemo(
    () => [
      helper.accessor("name", {
        header: "File",
        cell: (cell) => (
          <div className="max-sm:w-32">
            <div className="truncate font-medium" title={cell.getValue()}>{cell.getValue()}</div>
            <div className="truncate text-[0.86rem] text-faint" title={whichOf(cell.row.original)}>{whichOf(cell.row.original)}</div>
          </div>
        ),
      }),
      helper.accessor("state", {
        header: "State",
        cell: (cell) => {
          const { error, tries } = cell.row.original;
          return (
            <>
              <Badge tone={stateTone(cell.getValue())} title={error ?? undefined}>{cell.getValue()}</Badge>
              {error ? <span className="block max-w-56 truncate max-sm:max-w-24 text-[0.86rem] text-bad" title={error}>{tries > 1 ? `after ${count(tries)} tries: ` : ""}{error}</span> : null}
            </>
          );
        },
      }),
      helper.accessor("records", { header: "Records", cell: (cell) => count(cell.getValue()), meta: { right: true, wide: true } }),
      helper.accessor("bytes", { header: "Size", cell: (cell) => bytes(cell.getValue()), meta: { right: true, wide: true } }),
      helper.accessor("to", { header: "Where", cell: (cell) => <span className="text-soft">{cell.getValue() === "s3" ? "object storage" : "here"}{cell.row.original.with_bodies ? ", with bodies" : ""}</span>, meta: { wide: true } }),
      helper.accessor((row) => row.schedule ?? row.by, { id: "by", header: "By", cell: (cell) => <span className="text-soft">{cell.row.original.schedule ? `schedule ${cell.row.original.schedule}` : nameOf(cell.row.original.by)}</span>, meta: { wide: true } }),
      helper.accessor("created_at", { header: "Asked for", cell: (cell) => <span className="text-soft">{ago(cell.getValue(), now)}</span>, meta: { right: true, wide: true } }),
      helper.display({ id: "do", header: "", cell: (cell) => <Deed of={cell.row.original} downloads={sees && (bodies || !cell.row.original.with_bodies)} writes={writes} onCancel={() => setEnding(cell.row.original)} />, meta: { right: true } }),
    ],
    [now, sees, bodies, writes],
  );
  const close = () => void navigate({ search: {} });
  const { create, from, to, ...chosen } = search;
  return (
    <>
      <PageHead title="Exports" about="Records of requests as files: asked for here, or written each hour or day by schedules of the configuration.">
        {writes ? (
          <Button look="primary" icon="plus" onClick={() => void navigate({ search: { create: "1" } })}>
            Export records
          </Button>
        ) : null}
      </PageHead>
      <Panel flush>
        {list.isPending ? <Loading rows={6} /> : null}
        {list.isError && rows.length === 0 ? <Failed error={list.error} retry={() => void list.refetch()} /> : null}
        {list.isSuccess ? <Table label="Exports" rows={rows} columns={columns} id={(row) => row.id} empty={<Empty icon="export" title="No export yet">Records can be written as Parquet or as JSON, one to a line.</Empty>} /> : null}
        {list.hasNextPage ? (
          <div className="border-t border-line p-3 text-center">
            <Button small busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
              Earlier ones
            </Button>
          </div>
        ) : null}
      </Panel>
      {create !== undefined && writes ? <ExportForm chosen={{ ...NO_FILTERS, ...chosen }} from={from} to={to} onChoose={(change) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true })} onClose={close} onMade={close} /> : null}
      <Confirm
        open={ending !== null}
        onClose={() => setEnding(null)}
        title={`Cancel ${ending?.name ?? ""}?`}
        action="Cancel the export"
        onConfirm={async () => {
          await post(`${PATH}/${ending?.id}/cancel`, {});
          await renew(PATH);
          toast("Cancelled");
        }}
      >
        What was written of it is removed.
      </Confirm>
    </>
  );
}
