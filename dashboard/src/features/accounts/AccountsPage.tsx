// A list of accounts of one level: found by name, made, opened.
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { ACCOUNT_PATHS, useNames, useRows } from "@/api/lists";
import { useMay } from "@/api/permissions";
import type { Account } from "@/api/types";
import { Button } from "@/ui/button";
import { useNow } from "@/ui/clock";
import { placeOptions } from "@/features/tokens/places";
import { SelectField, TextField } from "@/ui/fields";
import { ago, compact, usd } from "@/ui/format";
import { Badge, Empty, Failed, ListBox, ListFoot, Loading, PageHead } from "@/ui/panels";
import { RowName } from "@/ui/table";
import { VirtualTable, type VirtualColumn } from "@/ui/virtual";
import { AccountDrawer } from "./AccountDrawer";
import { AccountForm } from "./AccountForm";
import { type LevelPage, memberFor, ownerOf } from "./levels";
import { useOwners } from "./owners";
import { Roles } from "./Roles";

function limitText({ limits }: Account): string {
  const parts = [
    limits.rpm ? `${compact(limits.rpm)} req/min` : "",
    limits.tpm ? `${compact(limits.tpm)} tok/min` : "",
    limits.max_parallel ? `${compact(limits.max_parallel)} at a time` : "",
  ];
  return parts.filter(Boolean).join(" · ");
}

function useColumns(of: LevelPage, open: (id: string) => void, now: number) {
  const name = useNames([...new Set([...of.parents.map((parent) => parent.level), ...(of.takesPlan ? (["plan"] as const) : []), ...(of.level === "user" ? (["organization", "team", "project"] as const) : [])])]);
  return useMemo(
    (): VirtualColumn<Account>[] => [
      {
        id: "name",
        head: "Name",
        width: "minmax(10rem,1.4fr)",
        by: (row) => row.name.toLowerCase(),
        cell: (row) => (
          <RowName onOpen={() => open(row.id)} sub={row.email ?? undefined}>
            {row.name || row.id}
          </RowName>
        ),
      },
      ...(of.parents.length > 0 || of.kind === "service" ? [{ id: "parent", head: "Belongs to", width: "minmax(7rem,1fr)", by: (row: Account) => name(ownerOf(row)?.id), cell: (row: Account) => <span className="text-soft">{name(ownerOf(row)?.id) || "–"}</span> }] : []),
      ...(of.level === "user" ? [{ id: "roles", head: "Roles", width: "minmax(9rem,1.4fr)", by: (row: Account) => row.gateway_role ?? row.memberships?.map((one) => one.role).join() ?? "", cell: (row: Account) => <Roles of={row} name={name} /> }] : []),
      { id: "state", head: "State", wide: true, width: "5.5rem", cell: (row) => (row.disabled ? <Badge>disabled</Badge> : <Badge tone="good">active</Badge>) },
      ...(of.takesPlan ? [{ id: "plan", head: "Plan", wide: true, width: "minmax(6rem,0.8fr)", by: (row: Account) => name(row.plan_id), cell: (row: Account) => <span className="text-soft">{name(row.plan_id) || "–"}</span> }] : []),
      { id: "limits", head: "Limits", wide: true, width: "minmax(7rem,1.2fr)", cell: (row) => <span className="text-soft" title={limitText(row)}>{limitText(row) || "–"}</span> },
      {
        id: "budget",
        head: "Budget",
        right: true,
        width: "7rem",
        by: (row) => Number(row.budgets[0]?.limit_usd ?? 0),
        cell: (row) => {
          const [first, ...more] = row.budgets;
          return first ? `${usd(first.limit_usd)} / ${first.period}${more.length > 0 ? ` +${more.length}` : ""}` : <span className="text-faint">–</span>;
        },
      },
      { id: "changed", head: "Changed", right: true, wide: true, width: "6rem", by: (row) => row.updated_at, cell: (row) => <span className="text-soft">{ago(row.updated_at, now)}</span> },
    ],
    [of, name, open, now],
  );
}

/** The query for what belongs to the account of that id. */
function belonging(at: string | undefined): Record<string, string> {
  const member = memberFor(at);
  return at && member ? { [member]: at } : {};
}

/** Whose service accounts are looked at. */
function OwnerFilter({ value, onChange }: { value: string; onChange: (id: string | undefined) => void }) {
  const lists = useOwners(true);
  return (
    <div className="w-56">
      <SelectField label="Belongs to" hideLabel value={value} options={[{ value: "", label: "Belongs to any" }, ...placeOptions(lists)]} onChange={(event) => onChange(event.target.value || undefined)} />
    </div>
  );
}

/** The page. */
export function AccountsPage({ of }: { of: LevelPage }) {
  const search = useSearch({ strict: false }) as { name?: string; id?: string; create?: string; sort?: string; at?: string };
  const go = useNavigate();
  const now = useNow();
  const writes = useMay(`${of.permission}:write`);
  const set = (change: Partial<typeof search>, replace = false) => void go({ to: of.path as "/teams", search: { ...search, ...change }, replace });
  const list = useRows<Account>(ACCOUNT_PATHS[of.level], { kind: of.kind, ...belonging(search.at) }, search.name !== undefined || search.sort !== undefined);
  const open = useCallback((id: string) => void go({ to: of.path as "/teams", search: ((old: object) => ({ ...old, id })) as never }), [go, of.path]);
  const columns = useColumns(of, open, now);
  const rows = useMemo(() => {
    const typed = (search.name ?? "").toLowerCase();
    return list.rows.filter((row) => typed === "" || row.name.toLowerCase().includes(typed) || (row.email ?? "").toLowerCase().includes(typed) || row.id === search.name);
  }, [list.rows, search.name]);
  const title = `${of.many[0]?.toUpperCase()}${of.many.slice(1)}`;
  return (
    <>
      <PageHead title={title} about={of.about}>
        {writes ? (
          <Button look="primary" icon="plus" onClick={() => set({ create: "1" })}>
            Create {/^[aeo]/.test(of.one) ? "an" : "a"} {of.one}
          </Button>
        ) : null}
      </PageHead>
      <div className="mb-3 flex flex-wrap gap-2">
        <div className="w-56">
          <TextField label={`Find ${of.many}`} hideLabel placeholder={of.kind === "person" ? "Name, e-mail or id" : "Name or id"} value={search.name ?? ""} onChange={(event) => set({ name: event.target.value || undefined }, true)} />
        </div>
        {of.kind === "service" ? <OwnerFilter value={search.at ?? ""} onChange={(at) => set({ at })} /> : null}
      </div>
      <ListBox label={title}>
        {list.isPending ? <Loading rows={8} /> : null}
        {list.error ? <Failed error={list.error} retry={() => void list.refetch()} /> : null}
        {list.isSuccess && rows.length === 0 && !list.loading ? (
          <Empty icon={of.icon} title={search.name ? `No ${of.one} is called so` : search.at ? `No ${of.one} belongs to it` : `No ${of.one} yet`}>
            {search.name || search.at ? <Button onClick={() => set({ name: undefined, at: undefined })}>Show all</Button> : of.about}
          </Empty>
        ) : null}
        {rows.length > 0 ? <VirtualTable label={title} rows={rows} columns={columns} id={(row) => row.id} onOpen={(row) => open(row.id)} selected={search.id} sort={search.sort} onSort={(sort) => set({ sort }, true)} tall onEnd={list.more} foot={<ListFoot of={list} shown={rows.length} what={[of.one, of.many]} />} /> : null}
      </ListBox>
      <AccountForm page={of} open={search.create !== undefined && writes} onClose={() => set({ create: undefined })} onDone={(made) => set({ create: undefined, id: made.id })} />
      <AccountDrawer page={of} id={search.id} onClose={() => set({ id: undefined })} />
    </>
  );
}
