// A list of accounts of one level: found by name, made, opened.
import { useNavigate, useSearch } from "@tanstack/react-router";
import { createColumnHelper } from "@tanstack/react-table";
import { useMemo } from "react";
import { ACCOUNT_PATHS, useAll, useNames } from "@/api/lists";
import { useMay } from "@/api/permissions";
import type { Account } from "@/api/types";
import { Button } from "@/ui/button";
import { useNow } from "@/ui/clock";
import { TextField } from "@/ui/fields";
import { ago, compact, usd } from "@/ui/format";
import { Badge, Empty, Failed, Loading, PageHead, Panel } from "@/ui/panels";
import { RowName, Table } from "@/ui/table";
import { AccountDrawer } from "./AccountDrawer";
import { AccountForm } from "./AccountForm";
import type { LevelPage } from "./levels";

const helper = createColumnHelper<Account>();

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
    () => [
      helper.accessor("name", {
        header: "Name",
        cell: (cell) => (
          <RowName onOpen={() => open(cell.row.original.id)} sub={cell.row.original.email ?? undefined}>
            {cell.getValue() || cell.row.original.id}
          </RowName>
        ),
      }),
      ...(of.parents.length > 0 ? [helper.accessor((row) => name(row.team_id ?? row.organization_id), { id: "parent", header: "Belongs to", cell: (cell) => <span className="text-soft">{cell.getValue() || "–"}</span> })] : []),
      ...(of.level === "user"
        ? [
            helper.accessor((row) => row.gateway_role ?? row.memberships?.map((one) => one.role).join(", ") ?? "", {
              id: "roles",
              header: "Roles",
              cell: (cell) => {
                const { gateway_role: everywhere, memberships } = cell.row.original;
                return (
                  <span className="flex flex-wrap gap-1">
                    {everywhere ? <Badge tone="accent">{everywhere} of the gateway</Badge> : null}
                    {memberships?.map((one) => (
                      <Badge key={one.account_id}>
                        {one.role} of {name(one.account_id)}
                      </Badge>
                    ))}
                  </span>
                );
              },
            }),
          ]
        : []),
      helper.display({ id: "state", header: "State", cell: (cell) => (cell.row.original.disabled ? <Badge>disabled</Badge> : <Badge tone="good">active</Badge>), meta: { wide: true } }),
      ...(of.takesPlan ? [helper.accessor((row) => name(row.plan_id), { id: "plan", header: "Plan", cell: (cell) => <span className="text-soft">{cell.getValue() || "–"}</span>, meta: { wide: true } })] : []),
      helper.accessor((row) => limitText(row), { id: "limits", header: "Limits", cell: (cell) => <span className="text-soft">{cell.getValue() || "–"}</span>, meta: { wide: true } }),
      helper.accessor((row) => Number(row.budgets[0]?.limit_usd ?? 0), {
        id: "budget",
        header: "Budget",
        cell: (cell) => {
          const [first, ...more] = cell.row.original.budgets;
          return first ? `${usd(first.limit_usd)} / ${first.period}${more.length > 0 ? ` +${more.length}` : ""}` : <span className="text-faint">–</span>;
        },
        meta: { right: true },
      }),
      helper.accessor("updated_at", { header: "Changed", cell: (cell) => <span className="text-soft">{ago(cell.getValue(), now)}</span>, meta: { right: true, wide: true } }),
    ],
    [of, name, open, now],
  );
}

/** The page. */
export function AccountsPage({ of }: { of: LevelPage }) {
  const search = useSearch({ strict: false }) as { name?: string; id?: string; create?: string };
  const go = useNavigate();
  const now = useNow();
  const writes = useMay(`${of.permission}:write`);
  const set = (change: Partial<typeof search>, replace = false) => void go({ to: of.path as "/teams", search: { ...search, ...change }, replace });
  const list = useAll<Account>(ACCOUNT_PATHS[of.level]);
  const columns = useColumns(of, (id) => set({ id }), now);
  const rows = useMemo(() => {
    const typed = (search.name ?? "").toLowerCase();
    return (list.data ?? []).filter((row) => typed === "" || row.name.toLowerCase().includes(typed) || (row.email ?? "").toLowerCase().includes(typed) || row.id === search.name);
  }, [list.data, search.name]);
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
      <div className="mb-3 w-56">
        <TextField label={`Find ${of.many}`} hideLabel placeholder={of.level === "user" ? "Name, e-mail or id" : "Name or id"} value={search.name ?? ""} onChange={(event) => set({ name: event.target.value || undefined }, true)} />
      </div>
      <Panel flush>
        {list.isPending ? <Loading rows={8} /> : null}
        {list.isError ? <Failed error={list.error} retry={() => void list.refetch()} /> : null}
        {list.isSuccess ? (
          <Table
            label={title}
            rows={rows}
            columns={columns}
            id={(row) => row.id}
            onOpen={(row) => set({ id: row.id })}
            empty={
              <Empty icon={of.icon} title={search.name ? `No ${of.one} is called so` : `No ${of.one} yet`}>
                {search.name ? <Button onClick={() => set({ name: undefined })}>Show all</Button> : of.about}
              </Empty>
            }
          />
        ) : null}
      </Panel>
      <AccountForm page={of} open={search.create !== undefined && writes} onClose={() => set({ create: undefined })} onDone={(made) => set({ create: undefined, id: made.id })} />
      <AccountDrawer page={of} id={search.id} onClose={() => set({ id: undefined })} />
    </>
  );
}
