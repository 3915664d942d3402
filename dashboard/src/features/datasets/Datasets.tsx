// Datasets: calls that are worth keeping, one's own and those that others share.
import { getRouteApi } from "@tanstack/react-router";
import { createColumnHelper } from "@tanstack/react-table";
import { useMemo } from "react";
import { useAll, useNames } from "@/api/lists";
import { useMay } from "@/api/permissions";
import { Button } from "@/ui/button";
import { useNow } from "@/ui/clock";
import { TextField } from "@/ui/fields";
import { ago, count } from "@/ui/format";
import { Badge, Empty, Failed, Loading, PageHead, Panel } from "@/ui/panels";
import { RowName, Table } from "@/ui/table";
import { DatasetDrawer } from "./DatasetDrawer";
import { DatasetForm } from "./Forms";
import { type Dataset, PATH } from "./kinds";

const page = getRouteApi("/datasets");
const helper = createColumnHelper<Dataset>();
/** From so many on there is a field to find one by its name. */
const FINDS = 9;

/** The page. */
export function Datasets() {
  const search = page.useSearch();
  const navigate = page.useNavigate();
  const now = useNow();
  const writes = useMay("datasets:write");
  const list = useAll<Dataset>(PATH);
  const name = useNames(["organization", "team", "project"]);
  const set = (change: Partial<typeof search>, replace = false) => void navigate({ search: (old) => ({ ...old, ...change }), replace });
  const typed = (search.find ?? "").toLowerCase();
  const rows = (list.data ?? []).filter((one) => one.name.toLowerCase().includes(typed));
  const columns = useMemo(
    () => [
      helper.accessor("name", { header: "Name", cell: (cell) => <RowName sub={cell.row.original.description || undefined} onOpen={() => set({ open: cell.row.original.id })}>{cell.getValue()}</RowName> }),
      helper.accessor("items", { header: "Items", cell: (cell) => count(cell.getValue()), meta: { right: true } }),
      helper.accessor((row) => name(row.account_id), { id: "shared", header: "Shared with", cell: (cell) => (cell.getValue() ? <Badge>{cell.getValue()}</Badge> : <span className="text-faint">nobody</span>), meta: { wide: true } }),
      helper.accessor("updated_at", { header: "Changed", cell: (cell) => <span className="text-soft">{ago(cell.getValue(), now)}</span>, meta: { right: true } }),
    ],
    [now, name],
  );
  const empty = (
    <Empty icon="dataset" title={typed ? "No dataset is called so" : "No dataset yet"}>
      {typed ? <Button onClick={() => set({ find: undefined })}>Show all</Button> : "Collect calls in the explorer, or make one and bring items along. Evaluations put them to models."}
    </Empty>
  );
  return (
    <>
      <PageHead title="Datasets" about="Calls that are worth keeping: what was asked, and what a good answer says.">
        {(list.data?.length ?? 0) >= FINDS ? (
          <div className="w-48">
            <TextField label="Find a dataset" hideLabel placeholder="Name" value={search.find ?? ""} onChange={(event) => set({ find: event.target.value || undefined }, true)} />
          </div>
        ) : null}
        {writes ? (
          <Button look="primary" icon="plus" onClick={() => set({ create: "1" })}>
            New dataset
          </Button>
        ) : null}
      </PageHead>
      <Panel flush>
        {list.isPending ? <Loading rows={6} /> : null}
        {list.isError ? <Failed error={list.error} retry={() => void list.refetch()} /> : null}
        {list.isSuccess ? <Table label="Datasets" rows={rows} columns={columns} id={(row) => row.id} onOpen={(row) => set({ open: row.id })} empty={empty} /> : null}
      </Panel>
      {search.create !== undefined && writes ? <DatasetForm onClose={() => set({ create: undefined })} onDone={(made) => set({ create: undefined, open: made.id })} /> : null}
      <DatasetDrawer id={search.open} onClose={() => set({ open: undefined })} />
    </>
  );
}
