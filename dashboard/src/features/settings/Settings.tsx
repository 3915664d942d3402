// The session, how the dashboard looks, and admin tokens for scripts and pipelines; on a tab of its own, what the gateway is set to.
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { createColumnHelper } from "@tanstack/react-table";
import { useMemo, useState } from "react";
import { get } from "@/api/change";
import { useAll, useNames } from "@/api/lists";
import { useMay, useMayAtGateway, useSession } from "@/api/permissions";
import type { AdminToken, Me, NewAdminToken } from "@/api/types";
import { TokenForm } from "@/features/tokens/TokenForm";
import { TokenMenu, TokenShown } from "@/features/tokens/TokenMenu";
import { setTheme, useTheme } from "@/shell/theme";
import { Button } from "@/ui/button";
import { useNow } from "@/ui/clock";
import { Id } from "@/ui/code";
import { Segments } from "@/ui/controls";
import { ago } from "@/ui/format";
import { Badge, Empty, Facts, Failed, Loading, PageHead, Panel } from "@/ui/panels";
import { Apart, Table } from "@/ui/table";
import { GatewaySettings } from "./gateway/GatewaySettings";
import { OwnSignIn } from "./OwnSignIn";

const page = getRouteApi("/settings");

const helper = createColumnHelper<AdminToken>();

function Tokens() {
  const search = page.useSearch();
  const navigate = page.useNavigate();
  const now = useNow();
  const writes = useMay("admin_tokens:write");
  const [made, setMade] = useState<NewAdminToken | null>(null);
  const name = useNames(useMay("users:read") ? ["user"] : []);
  const tokens = useAll<AdminToken>("/api/v1/admin-tokens");
  const columns = useMemo(
    () => [
      helper.accessor("name", { header: "Name", cell: (cell) => <span className="font-medium">{cell.getValue()}</span> }),
      helper.accessor((row) => row.role ?? "", { id: "role", header: "Role", cell: (cell) => (cell.getValue() ? <Badge>{cell.getValue()}</Badge> : <span className="text-soft" title={cell.row.original.user_id ?? undefined}>as {name(cell.row.original.user_id) || "a person"}</span>) }),
      helper.accessor("last4", { header: "Secret", cell: (cell) => <code className="font-mono text-[0.88rem]">{cell.row.original.prefix}…{cell.getValue()}</code>, meta: { wide: true } }),
      helper.accessor((row) => row.scopes.join(", "), { id: "scopes", header: "Scopes", cell: (cell) => <span className="text-soft" title={cell.getValue()}>{cell.getValue() || "all"}</span>, meta: { wide: true } }),
      helper.accessor((row) => row.expires_at ?? "", { id: "ends", header: "Ends", cell: (cell) => <span className="text-soft">{cell.getValue() ? ago(cell.getValue(), now) : "never"}</span>, meta: { right: true } }),
      helper.display({
        id: "do",
        header: "",
        cell: (cell) =>
          writes ? (
            <Apart>
              <TokenMenu of={cell.row.original} onNew={setMade} />
            </Apart>
          ) : null,
        meta: { right: true },
      }),
    ],
    [now, writes, name],
  );
  const close = () => void navigate({ search: {} });
  return (
    <Panel title="Admin tokens" side={writes ? <Button small icon="plus" onClick={() => void navigate({ search: { create: "1" } })}>Create one</Button> : null} flush>
      {tokens.isPending ? <Loading rows={3} /> : null}
      {tokens.isError ? <Failed error={tokens.error} retry={() => void tokens.refetch()} /> : null}
      {tokens.isSuccess ? <Table label="Admin tokens" rows={tokens.data} columns={columns} id={(row) => row.id} empty={<Empty icon="keys" title="No admin token">Scripts and pipelines get one each, with no more than they need.</Empty>} /> : null}
      {search.create !== undefined && writes ? (
        <TokenForm
          onClose={close}
          onMade={(token) => {
            close();
            setMade(token);
          }}
        />
      ) : null}
      <TokenShown of={made} onClose={() => setMade(null)} />
    </Panel>
  );
}

/** What is one's own: who one is, how it looks, how one and one's scripts get in. */
function Own() {
  const theme = useTheme();
  const sees = useMay("admin_tokens:read");
  const session = useSession();
  const name = useNames(["organization", "team", "project"]);
  const me = useQuery({ queryKey: ["/api/v1/me"], queryFn: ({ signal }) => get<Me>("/api/v1/me", signal) });
  return (
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
  );
}

/** The page. */
export function Settings() {
  const search = page.useSearch();
  const navigate = page.useNavigate();
  const sees = useMayAtGateway("settings:read");
  const ofGateway = sees && search.tab === "gateway";
  return (
    <>
      <PageHead title="Settings" about={ofGateway ? "What this gateway is set to, and who says so. The file goes first." : "Your session, and how scripts get in."} />
      {sees ? (
        <div className="mb-4">
          <Segments label="Whose settings" value={ofGateway ? "gateway" : "own"} options={[{ value: "own", label: "Yours" }, { value: "gateway", label: "Gateway" }]} onChange={(value) => void navigate({ search: value === "gateway" ? { tab: value } : {} })} />
        </div>
      ) : null}
      {ofGateway ? <GatewaySettings /> : <Own />}
    </>
  );
}
