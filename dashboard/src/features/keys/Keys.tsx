// Virtual keys: who has one, what it may, what it was used for, and what can be done with it.
import { getRouteApi } from "@tanstack/react-router";
import { createColumnHelper } from "@tanstack/react-table";
import { useMemo, useState } from "react";
import { useAll, useNames } from "@/api/lists";
import { useMay } from "@/api/permissions";
import type { Key, NewKey } from "@/api/types";
import { Button } from "@/ui/button";
import { useNow } from "@/ui/clock";
import { SelectField, TextField } from "@/ui/fields";
import { ago, usd } from "@/ui/format";
import { Badge, Empty, Failed, Loading, PageHead, Panel } from "@/ui/panels";
import { Apart, RowName, Table } from "@/ui/table";
import { KeyDrawer } from "./KeyDrawer";
import { KeyForm } from "./KeyForm";
import { KeyMenu } from "./KeyMenu";
import { ShownOnce } from "./ShownOnce";

const page = getRouteApi("/keys");

/** Whether it works, in a word. */
export function KeyState({ of, now }: { of: Key; now: number }) {
  if (of.disabled) return <Badge tone="neutral">disabled</Badge>;
  if (of.expires_at && new Date(of.expires_at).getTime() < now) return <Badge tone="bad">expired</Badge>;
  if (of.expires_at) return <Badge tone="warn">ends {ago(of.expires_at, now)}</Badge>;
  return <Badge tone="good">active</Badge>;
}

const helper = createColumnHelper<Key>();

function useColumns(open: (id: string) => void, now: number, onNew: (key: NewKey) => void) {
  const name = useNames(["team", "project", "user", "plan"]);
  return useMemo(
    () => [
      helper.accessor("name", {
        header: "Name",
        cell: (cell) => {
          const key = cell.row.original;
          return (
            <RowName onOpen={() => open(key.id)} sub={key.last4 ? `…${key.last4}` : undefined}>
              {key.name || key.id}
            </RowName>
          );
        },
      }),
      helper.display({ id: "state", header: "State", cell: (cell) => <KeyState of={cell.row.original} now={now} /> }),
      helper.accessor((key) => name(key.project_id ?? key.team_id ?? key.user_id), { id: "owner", header: "Belongs to", cell: (cell) => <span className="text-soft">{cell.getValue() || "the gateway"}</span>, meta: { wide: true } }),
      helper.accessor((key) => key.models.join(", "), {
        id: "models",
        header: "Models",
        cell: (cell) => (cell.row.original.models.includes("*") ? <span className="text-soft">all</span> : <span title={cell.getValue()}>{cell.getValue() || <span className="text-faint">none</span>}</span>),
        meta: { wide: true },
      }),
      helper.accessor((key) => Number(key.budgets[0]?.limit_usd ?? 0), {
        id: "budget",
        header: "Budget",
        cell: (cell) => {
          const [first, ...more] = cell.row.original.budgets;
          return first ? `${usd(first.limit_usd)} / ${first.period}${more.length > 0 ? ` +${more.length}` : ""}` : <span className="text-faint">–</span>;
        },
        meta: { wide: true, right: true },
      }),
      helper.accessor((key) => key.last_used_at ?? "", { id: "used", header: "Last used", cell: (cell) => <span className="text-soft">{ago(cell.getValue() || null, now)}</span>, meta: { right: true } }),
      helper.display({
        id: "do",
        header: "",
        cell: (cell) => (
          <Apart>
            <KeyMenu of={cell.row.original} onNew={onNew} />
          </Apart>
        ),
        meta: { right: true },
      }),
    ],
    [name, now, open, onNew],
  );
}

/** The page. */
export function Keys() {
  const search = page.useSearch();
  const navigate = page.useNavigate();
  const now = useNow();
  const writes = useMay("keys:write");
  const [shown, setShown] = useState<NewKey | null>(null);
  const set = (change: Partial<typeof search>) => void navigate({ search: (old) => ({ ...old, ...change }) });
  const keys = useAll<Key>("/api/v1/keys");
  const teams = useAll<{ id: string; name: string }>("/api/v1/teams", {}, useMay("teams:read")).data;
  const rows = useMemo(() => {
    const typed = (search.name ?? "").toLowerCase();
    return (keys.data ?? []).filter((key) => {
      const fits = typed === "" || key.name.toLowerCase().includes(typed) || key.id === search.name || key.last4 === search.name;
      const state = search.state === undefined || (search.state === "disabled" ? key.disabled : !key.disabled);
      return fits && state && (search.team === undefined || key.team_id === search.team);
    });
  }, [keys.data, search.name, search.team, search.state]);
  const columns = useColumns((id) => set({ key: id }), now, setShown);
  const filtered = search.name !== undefined || search.team !== undefined || search.state !== undefined;
  return (
    <>
      <PageHead title="Keys" about="Virtual keys are what applications call the gateway with. Each has its own models, limits and budgets.">
        {writes ? (
          <Button look="primary" icon="plus" onClick={() => set({ create: "1" })}>
            Create a key
          </Button>
        ) : null}
      </PageHead>
      <div className="mb-3 flex flex-wrap gap-2">
        <div className="w-56">
          <TextField label="Find a key" hideLabel placeholder="Name, id or last four" value={search.name ?? ""} onChange={(event) => void navigate({ search: (old) => ({ ...old, name: event.target.value || undefined }), replace: true })} />
        </div>
        <div className="w-44">
          <SelectField label="Team" hideLabel value={search.team ?? ""} options={[{ value: "", label: "Any team" }, ...(teams ?? []).map((team) => ({ value: team.id, label: team.name }))]} onChange={(event) => set({ team: event.target.value || undefined })} />
        </div>
        <div className="w-36">
          <SelectField label="State" hideLabel value={search.state ?? ""} options={[{ value: "", label: "Any state" }, { value: "active", label: "Enabled" }, { value: "disabled", label: "Disabled" }]} onChange={(event) => set({ state: event.target.value || undefined })} />
        </div>
      </div>
      <Panel flush>
        {keys.isPending ? <Loading rows={8} /> : null}
        {keys.isError ? <Failed error={keys.error} retry={() => void keys.refetch()} /> : null}
        {keys.isSuccess ? (
          <Table
            label="Keys"
            rows={rows}
            columns={columns}
            id={(key) => key.id}
            onOpen={(key) => set({ key: key.id })}
            empty={
              <Empty icon="keys" title={filtered ? "No key fits" : "No key yet"}>
                {filtered ? <Button onClick={() => void navigate({ search: {} })}>Clear the filters</Button> : "Create one for an application, and call the gateway with it."}
              </Empty>
            }
          />
        ) : null}
      </Panel>
      <KeyForm
        open={search.create !== undefined && writes}
        onClose={() => set({ create: undefined })}
        onDone={(key) => {
          set({ create: undefined });
          if ("key" in key) setShown(key);
        }}
      />
      <KeyDrawer id={search.key} onClose={() => set({ key: undefined })} onNew={setShown} />
      <ShownOnce of={shown} onClose={() => setShown(null)} />
    </>
  );
}
