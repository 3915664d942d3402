// The session, how the dashboard looks, and admin tokens for scripts and pipelines.
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { createColumnHelper } from "@tanstack/react-table";
import { type FormEvent, useMemo, useState } from "react";
import { get, post, remove, useRenew } from "@/api/change";
import { ApiError } from "@/api/client";
import { useAccounts, useAll, useNames } from "@/api/lists";
import { may, useMay, useSession } from "@/api/permissions";
import type { AdminToken, Me, NewAdminToken } from "@/api/types";
import { setTheme, useTheme } from "@/shell/theme";
import { Button } from "@/ui/button";
import { useNow } from "@/ui/clock";
import { CodeBlock, Id } from "@/ui/code";
import { SelectField, TextField } from "@/ui/fields";
import { ago } from "@/ui/format";
import { Confirm, Dialog, Menu } from "@/ui/overlays";
import { Badge, Empty, Facts, Failed, Loading, Note, PageHead, Panel } from "@/ui/panels";
import { Apart, Table } from "@/ui/table";
import { toast } from "@/ui/toast";
import { OwnSignIn } from "./OwnSignIn";

const page = getRouteApi("/settings");
const ROLES = ["viewer", "member", "auditor", "billing", "admin", "owner"];

function TokenForm({ open, onClose, onMade }: { open: boolean; onClose: () => void; onMade: (token: NewAdminToken) => void }) {
  const [form, setForm] = useState({ name: "", role: "viewer", account: "", scopes: "", expires: "" });
  const [error, setError] = useState<ApiError | null>(null);
  const renew = useRenew();
  const now = useSession();
  const organizations = useAccounts("organization", open && may(now, "organizations:read")).data ?? [];
  const teams = useAccounts("team", open && may(now, "teams:read")).data ?? [];
  const set = (change: Partial<typeof form>) => setForm({ ...form, ...change });
  const fault = (field: string) => (error?.field === field ? error.message : null);
  const save = async (event: FormEvent) => {
    event.preventDefault();
    setError(null);
    const scopes = form.scopes.split(/[\s,]+/).filter(Boolean);
    try {
      const made = await post<NewAdminToken>("/api/v1/admin-tokens", {
        name: form.name.trim(),
        role: form.role,
        ...(form.account ? { account_id: form.account } : {}),
        ...(scopes.length > 0 ? { scopes } : {}),
        ...(form.expires ? { expires_at: new Date(form.expires).toISOString() } : {}),
      });
      await renew("/api/v1/admin-tokens");
      onMade(made);
    } catch (caught) {
      setError(caught instanceof ApiError ? caught : new ApiError(0, "error", String(caught)));
    }
  };
  const places = [{ value: "", label: "The whole gateway" }, ...organizations.map(({ id, name }) => ({ value: id, label: `${name} (organization)` })), ...teams.map(({ id, name }) => ({ value: id, label: `${name} (team)` }))];
  return (
    <Dialog open={open} onClose={onClose} title="New admin token" about="For scripts and pipelines that use the admin API.">
      <form onSubmit={save} className="space-y-4">
        <TextField label="Name" required value={form.name} onChange={(event) => set({ name: event.target.value })} fault={fault("name")} />
        <div className="grid gap-3 sm:grid-cols-2">
          <SelectField label="Role" value={form.role} options={ROLES.map((value) => ({ value, label: value }))} onChange={(event) => set({ role: event.target.value })} fault={fault("role")} />
          <SelectField label="At" value={form.account} options={places} onChange={(event) => set({ account: event.target.value })} fault={fault("account_id")} />
        </div>
        <TextField label="Scopes" value={form.scopes} onChange={(event) => set({ scopes: event.target.value })} placeholder="keys:read, keys:write" hint="what of the role it may be used for; empty for all of it" fault={fault("scopes")} />
        <TextField label="Ends" type="datetime-local" value={form.expires} onChange={(event) => set({ expires: event.target.value })} hint="empty for never" fault={fault("expires_at")} />
        {error && !["name", "role", "account_id", "scopes", "expires_at"].includes(error.field ?? "") ? <Note tone="bad">{error.message}</Note> : null}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary">
            Create
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

const helper = createColumnHelper<AdminToken>();

function Tokens() {
  const search = page.useSearch();
  const navigate = page.useNavigate();
  const now = useNow();
  const writes = useMay("admin_tokens:write");
  const renew = useRenew();
  const [made, setMade] = useState<NewAdminToken | null>(null);
  const [asked, setAsked] = useState<{ of: AdminToken; deed: "rotate" | "revoke" } | null>(null);
  const tokens = useAll<AdminToken>("/api/v1/admin-tokens");
  const columns = useMemo(
    () => [
      helper.accessor("name", { header: "Name", cell: (cell) => <span className="font-medium">{cell.getValue()}</span> }),
      helper.accessor((row) => row.role ?? "", { id: "role", header: "Role", cell: (cell) => (cell.getValue() ? <Badge>{cell.getValue()}</Badge> : <span className="text-soft">as a person</span>) }),
      helper.accessor("last4", { header: "Secret", cell: (cell) => <code className="font-mono text-[0.88rem]">{cell.row.original.prefix}…{cell.getValue()}</code>, meta: { wide: true } }),
      helper.accessor((row) => row.scopes.join(", "), { id: "scopes", header: "Scopes", cell: (cell) => <span className="text-soft" title={cell.getValue()}>{cell.getValue() || "all"}</span>, meta: { wide: true } }),
      helper.accessor((row) => row.expires_at ?? "", { id: "ends", header: "Ends", cell: (cell) => <span className="text-soft">{cell.getValue() ? ago(cell.getValue(), now) : "never"}</span>, meta: { right: true } }),
      helper.display({
        id: "do",
        header: "",
        cell: (cell) =>
          writes ? (
            <Apart>
              <Menu
                label={`Actions for ${cell.row.original.name}`}
                items={[
                  { label: "Rotate", icon: "refresh", onSelect: () => setAsked({ of: cell.row.original, deed: "rotate" }) },
                  { label: "Revoke", icon: "trash", danger: true, onSelect: () => setAsked({ of: cell.row.original, deed: "revoke" }) },
                ]}
              />
            </Apart>
          ) : null,
        meta: { right: true },
      }),
    ],
    [now, writes],
  );
  const close = () => void navigate({ search: {} });
  return (
    <Panel title="Admin tokens" side={writes ? <Button small icon="plus" onClick={() => void navigate({ search: { create: "1" } })}>Create one</Button> : null} flush>
      {tokens.isPending ? <Loading rows={3} /> : null}
      {tokens.isError ? <Failed error={tokens.error} retry={() => void tokens.refetch()} /> : null}
      {tokens.isSuccess ? <Table label="Admin tokens" rows={tokens.data} columns={columns} id={(row) => row.id} empty={<Empty icon="keys" title="No admin token">Scripts and pipelines get one each, with no more than they need.</Empty>} /> : null}
      <TokenForm
        open={search.create !== undefined && writes}
        onClose={close}
        onMade={(token) => {
          close();
          setMade(token);
        }}
      />
      <Dialog open={made !== null} onClose={() => setMade(null)} title={`The token ${made?.name ?? ""}`}>
        <div className="space-y-4">
          <Note tone="warn">Copy it now: it is shown this once.</Note>
          <CodeBlock text={made?.token ?? ""} label="the token" />
          <CodeBlock text={`curl ${window.location.origin}/api/v1/me -H "Authorization: Bearer ${made?.token ?? ""}"`} label="a try" />
        </div>
      </Dialog>
      <Confirm
        open={asked !== null}
        onClose={() => setAsked(null)}
        title={asked?.deed === "rotate" ? `Rotate ${asked.of.name}?` : `Revoke ${asked?.of.name ?? ""}?`}
        action={asked?.deed === "rotate" ? "Rotate" : "Revoke"}
        onConfirm={async () => {
          const path = `/api/v1/admin-tokens/${asked?.of.id}`;
          if (asked?.deed === "rotate") setMade(await post<NewAdminToken>(`${path}/rotate`, { grace_seconds: 3600 }));
          else {
            await remove(path);
            toast("Revoked");
          }
          await renew("/api/v1/admin-tokens");
        }}
      >
        {asked?.deed === "rotate" ? "The old secret ends in an hour." : "Whoever uses it is refused from the next request on."}
      </Confirm>
    </Panel>
  );
}

/** The page. */
export function Settings() {
  const theme = useTheme();
  const sees = useMay("admin_tokens:read");
  const session = useSession();
  const name = useNames(["organization", "team", "project"]);
  const me = useQuery({ queryKey: ["/api/v1/me"], queryFn: ({ signal }) => get<Me>("/api/v1/me", signal) });
  return (
    <>
      <PageHead title="Settings" about="Your session, and how scripts get in. Everything else of a gateway stands in its configuration." />
      <div className="grid items-start gap-4 xl:grid-cols-[24rem_minmax(0,1fr)]">
        <div className="min-w-0 space-y-4">
          <Panel title="You">
            {me.isPending ? <Loading rows={3} /> : null}
            {me.isError ? <Failed error={me.error} /> : null}
            {me.data ? (
              <Facts
                rows={[
                  ["Signed in as", session.kind === "cookie" ? session.name : me.data.actor],
                  ["Id", me.data.user_id ? <Id key="id" text={me.data.user_id} /> : me.data.actor],
                  ["Roles", me.data.roles.map(({ role, account_id: at }) => (at ? `${role} of ${name(at)}` : `${role} of the gateway`)).join(", ") || "none"],
                  ["Scopes", me.data.scopes.includes("*") ? "all" : me.data.scopes.join(", ")],
                ]}
              />
            ) : null}
          </Panel>
          <Panel title="Appearance">
            <div role="group" aria-label="Theme" className="flex gap-2">
              {(["light", "dark"] as const).map((one) => (
                <Button key={one} icon={one === "light" ? "sun" : "moon"} look={theme === one ? "primary" : "plain"} aria-pressed={theme === one} onClick={() => setTheme(one)}>
                  {one === "light" ? "Light" : "Dark"}
                </Button>
              ))}
            </div>
          </Panel>
        </div>
        <div className="min-w-0 space-y-4">
          <OwnSignIn />
          {sees ? <Tokens /> : null}
        </div>
      </div>
    </>
  );
}
