// Evaluations: datasets put to models, the latest first.
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { createColumnHelper } from "@tanstack/react-table";
import { useMemo } from "react";
import { page as listPage } from "@/api/lists";
import { useMay } from "@/api/permissions";
import { Button } from "@/ui/button";
import { useNow } from "@/ui/clock";
import { ago, count, percent, usd } from "@/ui/format";
import { Meter } from "@/ui/meter";
import { Badge, Empty, Failed, Loading, PageHead, Panel } from "@/ui/panels";
import { RowName, Table } from "@/ui/table";
import { EvaluationDrawer } from "./EvaluationDrawer";
import { EvaluationForm } from "./EvaluationForm";
import { type Evaluation, isOpen, stateTone } from "./kinds";

const PATH = "/api/v1/evaluations";
const LIVE_MS = 3_000;
const SHOWN = 200;
const route = getRouteApi("/evaluations");
const helper = createColumnHelper<Evaluation>();

/** The page. */
export function Evaluations() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const now = useNow();
  const writes = useMay("datasets:write");
  const list = useQuery({ queryKey: [PATH], queryFn: async ({ signal }) => (await listPage<Evaluation>(PATH, { limit: SHOWN }, signal)).data, refetchInterval: (query) => (query.state.data?.some((one) => isOpen(one.state)) ? LIVE_MS : false) });
  const set = (change: Partial<typeof search>) => void navigate({ search: (old) => ({ ...old, ...change }) });
  const columns = useMemo(
    () => [
      helper.accessor("name", { header: "Name", cell: (cell) => <RowName sub={cell.row.original.dataset_name} onOpen={() => set({ open: cell.row.original.id })}>{cell.getValue()}</RowName> }),
      helper.accessor("state", { header: "State", cell: (cell) => <Badge tone={stateTone(cell.getValue())}>{cell.getValue()}</Badge> }),
      helper.accessor((row) => row.targets.map((one) => one.name).join(", "), { id: "models", header: "Models", cell: (cell) => <span className="text-soft" title={cell.getValue()}>{cell.getValue()}</span>, meta: { wide: true } }),
      helper.accessor((row) => row.progress.done, {
        id: "done",
        header: "Done",
        cell: (cell) => {
          const { done, total, passed } = cell.row.original.progress;
          return (
            <div className="w-32">
              <div className="flex justify-between gap-2 text-[0.86rem]"><span>{count(done)} / {count(total)}</span><span className="text-faint">{done > 0 ? `${percent(passed, done)} good` : ""}</span></div>
              <Meter share={total === 0 ? 0 : done / total} label={`${done} of ${total} done`} />
            </div>
          );
        },
      }),
      helper.accessor((row) => Number(row.spent_usd), { id: "spent", header: "Cost", cell: (cell) => usd(cell.row.original.spent_usd), meta: { right: true, wide: true } }),
      helper.accessor("created_at", { header: "Made", cell: (cell) => <span className="text-soft">{ago(cell.getValue(), now)}</span>, meta: { right: true, wide: true } }),
    ],
    [now],
  );
  return (
    <>
      <PageHead title="Evaluations" about="Datasets put to models: which does better, and at what cost.">
        {writes ? (
          <Button look="primary" icon="plus" onClick={() => set({ create: "1" })}>
            New evaluation
          </Button>
        ) : null}
      </PageHead>
      <Panel flush>
        {list.isPending ? <Loading rows={6} /> : null}
        {list.isError ? <Failed error={list.error} retry={() => void list.refetch()} /> : null}
        {list.isSuccess ? <Table label="Evaluations" rows={list.data} columns={columns} id={(row) => row.id} onOpen={(row) => set({ open: row.id })} empty={<Empty icon="check" title="No evaluation yet">Collect calls into a <Link to="/datasets" className="underline">dataset</Link>, and put it to two models.</Empty>} /> : null}
      </Panel>
      {search.create !== undefined && writes ? <EvaluationForm dataset={search.dataset} onClose={() => set({ create: undefined, dataset: undefined })} onMade={(id) => set({ create: undefined, dataset: undefined, open: id })} /> : null}
      <EvaluationDrawer id={search.open} onClose={() => set({ open: undefined })} onOther={(id) => set({ open: id })} />
    </>
  );
}
