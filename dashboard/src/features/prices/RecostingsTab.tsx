// Re-costings of past calls, the latest first.
import { createColumnHelper } from "@tanstack/react-table";
import { useEffect, useMemo, useState } from "react";
import { usePages } from "@/api/lists";
import { nameOf } from "@/api/session";
import { Button } from "@/ui/button";
import { useNow } from "@/ui/clock";
import { ago, count } from "@/ui/format";
import { Meter } from "@/ui/meter";
import { Badge, Empty, Failed, Loading, Panel } from "@/ui/panels";
import { RowName, Table } from "@/ui/table";
import { difference } from "./prices";
import { isOpen, PATH, progress, type Recosting, scope, span, stateTone } from "./recostings";

const LIVE_MS = 3_000;
const ROWS = 100;
const helper = createColumnHelper<Recosting>();

/** The list of them, asked anew while one waits or runs. */
export function useRecostings() {
  const [live, setLive] = useState(false);
  const pages = usePages<Recosting>(PATH, {}, ROWS, live ? LIVE_MS : false);
  const rows = useMemo(() => pages.data?.pages.flatMap((one) => one.data) ?? [], [pages.data]);
  const open = rows.find((one) => isOpen(one.state));
  useEffect(() => setLive(open !== undefined), [open]);
  return { ...pages, rows, open };
}

/** The tab. */
export function RecostingsTab({ of, onOpen, onCreate }: { of: ReturnType<typeof useRecostings>; onOpen: (id: string) => void; onCreate?: () => void }) {
  const now = useNow();
  const columns = useMemo(
    () => [
      helper.accessor((row) => scope(row), { id: "calls", header: "Calls", cell: (cell) => (
          <div className="max-sm:w-36">
            <RowName sub={span(cell.row.original)} onOpen={() => onOpen(cell.row.original.id)}>{cell.getValue()}</RowName>
          </div>
        ),
      }),
      helper.accessor("state", {
        header: "State",
        cell: (cell) => (
          <div className="sm:w-28">
            <Badge tone={stateTone(cell.getValue())} title={cell.row.original.error ?? undefined}>{cell.getValue()}</Badge>
            {isOpen(cell.getValue()) ? <Meter share={progress(cell.row.original)} tone="info" label={`${Math.round(100 * progress(cell.row.original))} % of the time looked at`} /> : null}
          </div>
        ),
      }),
      helper.accessor((row) => (row.dry_run ? "dry run" : "change"), { id: "sort", header: "Mode", cell: (cell) => <span className={cell.row.original.dry_run ? "text-soft" : "font-medium"}>{cell.getValue()}</span>, meta: { wide: true } }),
      helper.accessor("records", { header: "Calls changed", cell: (cell) => <>{count(cell.getValue())} <span className="text-faint">of {count(cell.row.original.seen)}</span></>, meta: { right: true, wide: true } }),
      helper.accessor((row) => Number(row.difference_usd), { id: "difference", header: "Difference", cell: (cell) => difference(cell.row.original.difference_usd), meta: { right: true } }),
      helper.accessor("by", { header: "By", cell: (cell) => <span className="text-soft">{nameOf(cell.getValue())}</span>, meta: { wide: true } }),
      helper.accessor("created_at", { header: "Asked for", cell: (cell) => <span className="text-soft">{ago(cell.getValue(), now)}</span>, meta: { right: true, wide: true } }),
    ],
    [now, onOpen],
  );
  const empty = (
    <Empty icon="price" title="No call was corrected yet">
      {onCreate ? <Button onClick={onCreate}>See what calls should have cost</Button> : "Whoever manages this gateway does that, where a price was wrong."}
    </Empty>
  );
  return (
    <Panel flush>
      {of.isPending ? <Loading rows={6} /> : null}
      {of.isError && of.rows.length === 0 ? <Failed error={of.error} retry={() => void of.refetch()} /> : null}
      {of.isSuccess ? <Table label="Re-costings" rows={of.rows} columns={columns} id={(row) => row.id} onOpen={(row) => onOpen(row.id)} empty={empty} /> : null}
      {of.hasNextPage ? (
        <div className="border-t border-line p-3 text-center">
          <Button small busy={of.isFetchingNextPage} onClick={() => void of.fetchNextPage()}>
            Earlier ones
          </Button>
        </div>
      ) : null}
    </Panel>
  );
}
