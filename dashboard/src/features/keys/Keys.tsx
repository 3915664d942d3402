// Virtual keys: who has one, what it may, what it was used for, and what can be done with it.
import { getRouteApi } from "@tanstack/react-router";
import { useCallback, useMemo, useState } from "react";
import { useAccounts, useNames, useRows } from "@/api/lists";
import { useMay } from "@/api/permissions";
import type { Key, NewKey } from "@/api/types";
import { Button } from "@/ui/button";
import { useNow } from "@/ui/clock";
import { SelectField, TextField } from "@/ui/fields";
import { ago, usd } from "@/ui/format";
import { Empty, Failed, ListBox, ListFoot, Loading, PageHead } from "@/ui/panels";
import { Apart, RowName } from "@/ui/table";
import { VirtualTable, type VirtualColumn } from "@/ui/virtual";
import { KeyDrawer } from "./KeyDrawer";
import { KeyForm } from "./KeyForm";
import { KeyMenu } from "./KeyMenu";
import { KeyState } from "./KeyState";
import { ShownOnce } from "./ShownOnce";

const page = getRouteApi("/keys");

function useColumns(open: (id: string) => void, now: number, onNew: (key: NewKey) => void) {
  const name = useNames(["team", "project", "user", "plan"]);
  return useMemo(
    (): VirtualColumn<Key>[] => [
      {
        id: "name",
        head: "Name",
        width: "minmax(10rem,1.6fr)",
        by: (key) => key.name.toLowerCase(),
        cell: (key) => (
          <RowName onOpen={() => open(key.id)} sub={key.last4 ? `…${key.last4}` : undefined}>
            {key.name || key.id}
          </RowName>
        ),
      },
      { id: "state", head: "State", width: "6.5rem", cell: (key) => <KeyState of={key} now={now} /> },
      { id: "owner", head: "Belongs to", wide: true, width: "minmax(8rem,1fr)", by: (key) => name(key.project_id ?? key.team_id ?? key.user_id), cell: (key) => <span className="text-soft">{name(key.project_id ?? key.team_id ?? key.user_id) || "the gateway"}</span> },
      { id: "models", head: "Models", wide: true, width: "minmax(8rem,1fr)", by: (key) => key.models.join(), cell: (key) => (key.models.includes("*") ? <span className="text-soft">all</span> : <span title={key.models.join(", ")}>{key.models.join(", ") || <span className="text-faint">none</span>}</span>) },
      {
        id: "budget",
        head: "Budget",
        wide: true,
        right: true,
        width: "8rem",
        by: (key) => Number(key.budgets[0]?.limit_usd ?? 0),
        cell: (key) => {
          const [first, ...more] = key.budgets;
          return first ? `${usd(first.limit_usd)} / ${first.period}${more.length > 0 ? ` +${more.length}` : ""}` : <span className="text-faint">–</span>;
        },
      },
      { id: "used", head: "Last used", right: true, wide: true, width: "6.5rem", by: (key) => key.last_used_at ?? "", cell: (key) => <span className="text-soft">{ago(key.last_used_at || null, now)}</span> },
      { id: "do", head: "", right: true, width: "2.5rem", cell: (key) => <Apart><KeyMenu of={key} onNew={onNew} /></Apart> },
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
  const keys = useRows<Key>("/api/v1/keys", { team_id: search.team }, search.name !== undefined || search.state !== undefined || search.sort !== undefined);
  const teams = useAccounts("team", useMay("teams:read")).data;
  const rows = useMemo(() => {
    const typed = (search.name ?? "").toLowerCase();
    return keys.rows.filter((key) => {
      const fits = typed === "" || key.name.toLowerCase().includes(typed) || key.id === search.name || key.last4 === search.name;
      return fits && (search.state === undefined || (search.state === "disabled" ? key.disabled : !key.disabled));
    });
  }, [keys.rows, search.name, search.state]);
  const open = useCallback((id: string) => void navigate({ search: (old) => ({ ...old, key: id }) }), [navigate]);
  const columns = useColumns(open, now, setShown);
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
      <ListBox label="Keys">
        {keys.isPending ? <Loading rows={8} /> : null}
        {keys.error ? <Failed error={keys.error} retry={() => void keys.refetch()} /> : null}
        {keys.isSuccess && rows.length === 0 && !keys.loading ? (
          <Empty icon="keys" title={filtered ? "No key fits" : "No key yet"}>
            {filtered ? <Button onClick={() => void navigate({ search: {} })}>Clear the filters</Button> : "Create one for an application, and call the gateway with it."}
          </Empty>
        ) : null}
        {rows.length > 0 ? <VirtualTable label="Keys" rows={rows} columns={columns} id={(key) => key.id} onOpen={(key) => open(key.id)} selected={search.key} sort={search.sort} onSort={(sort) => set({ sort })} tall onEnd={keys.more} foot={<ListFoot of={keys} shown={rows.length} what={["key", "keys"]} />} /> : null}
      </ListBox>
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
