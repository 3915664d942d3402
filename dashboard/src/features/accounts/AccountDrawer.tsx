// One account: what it is allowed, where its budgets stand, what is below it, and what can be done with it.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { get, patch, useRenew } from "@/api/change";
import { ACCOUNT_PATHS, useNames } from "@/api/lists";
import { useMay } from "@/api/permissions";
import type { Account, Budget, Page } from "@/api/types";
import { BudgetBar } from "@/features/budgets/BudgetBar";
import { Button } from "@/ui/button";
import { useNow } from "@/ui/clock";
import { CodeBlock, Id } from "@/ui/code";
import { count, moment } from "@/ui/format";
import { Drawer } from "@/ui/overlays";
import { Badge, Facts, Failed, Loading } from "@/ui/panels";
import { toast, toastError } from "@/ui/toast";
import { AccountForm } from "./AccountForm";
import { Roles } from "./Roles";
import { Access } from "./Access";
import { Remove } from "./Remove";
import { PasswordLink } from "./PasswordLink";
import { type LevelPage, OWNERS, ownerOf } from "./levels";

function Body({ page, of }: { page: LevelPage; of: Account }) {
  const now = useNow();
  const service = page.kind === "service";
  const name = useNames([...(page.level === "user" ? (["organization", "team", "project"] as const) : []), ...page.parents.map((parent) => parent.level), ...(page.takesPlan ? (["plan"] as const) : [])]);
  const sees = useMay("budgets:read");
  const budgets = useQuery({
    queryKey: ["/api/v1/budgets", page.level, of.id],
    queryFn: async ({ signal }) => (await get<Page<Budget>>("/api/v1/budgets", signal, { level: page.level, id: of.id })).data,
    enabled: sees && page.level !== "plan" && of.budgets.length > 0,
    refetchInterval: 10_000,
  });
  const unlimited = "no limit";
  const rows: [string, ReactNode][] = [
    ["State", of.disabled ? <Badge key="state">disabled</Badge> : <Badge key="state" tone="good">active</Badge>],
    ["Id", <Id key="id" text={of.id} />],
    ["Models", of.models?.join(", ") ?? "whatever is allowed above"],
    ["Requests a minute", of.limits.rpm ? count(of.limits.rpm) : unlimited],
    ["Tokens a minute", of.limits.tpm ? count(of.limits.tpm) : unlimited],
    ["At the same time", of.limits.max_parallel ? count(of.limits.max_parallel) : unlimited],
  ];
  if (of.requests_in_flight !== undefined && of.requests_in_flight !== null) rows.push(["In flight", count(of.requests_in_flight)]);
  if (of.email) rows.push(["E-mail", of.email]);
  const owner = service ? ownerOf(of) : null;
  if (owner) rows.splice(1, 0, ["Belongs to", `${name(owner.id)} (${owner.member.replace("_id", "")})`]);
  if (page.level === "user") rows.splice(service ? 2 : 1, 0, ["Roles", <Roles key="roles" of={of} name={name} wrap />]);
  for (const [label, id] of [["Organization", of.organization_id], ["Team", of.team_id], ["Plan", of.plan_id]] as const) if (id && !service) rows.push([label, name(id)]);
  if (service && of.plan_id) rows.push(["Plan", name(of.plan_id)]);
  if (page.level === "organization") {
    const days = (kept: number | null | undefined) => (kept ? `${count(kept)} ${kept === 1 ? "day" : "days"}` : "as long as the gateway does");
    rows.push(["Records kept", days(of.record_retention_days)], ["Messages kept", days(of.body_retention_days)]);
  }
  rows.push(["Made", moment(of.created_at)], ["Changed", moment(of.updated_at)]);
  return (
    <div className="space-y-6">
      <Facts rows={rows} />
      {budgets.data && budgets.data.length > 0 ? (
        <section>
          <h3 className="mb-2 font-semibold">Budgets</h3>
          <div className="space-y-3">
            {budgets.data.map((budget, at) => (
              <BudgetBar key={`${budget.period}${at}`} of={budget} now={now} />
            ))}
          </div>
        </section>
      ) : null}
      {page.level === "user" ? <Access of={of} /> : null}
      {Object.keys(of.metadata).length > 0 ? (
        <section>
          <h3 className="mb-2 font-semibold">Metadata</h3>
          <CodeBlock text={JSON.stringify(of.metadata, null, 2)} label="metadata" />
        </section>
      ) : null}
    </div>
  );
}

/** The drawer; open while there is an id. */
export function AccountDrawer({ page, id, onClose }: { page: LevelPage; id: string | undefined; onClose: () => void }) {
  const [editing, setEditing] = useState(false);
  const [deleting, setDeleting] = useState(false);
  const renew = useRenew();
  const writes = useMay(`${page.permission}:write`);
  const seesUsers = useMay("users:read");
  const path = ACCOUNT_PATHS[page.level];
  const account = useQuery({ queryKey: [path, "one", id], queryFn: ({ signal }) => get<Account>(`${path}/${id}`, signal), enabled: id !== undefined });
  const of = account.data;
  const toggle = async () => {
    try {
      await patch(`${path}/${id}`, { disabled: !of?.disabled }, of?.revision);
      await renew(path);
      toast(of?.disabled ? "Works again" : page.level === "user" ? "Disabled: its keys and tokens are refused" : "Disabled: calls below it are refused");
    } catch (error) {
      toastError(error);
    }
  };
  return (
    <Drawer open={id !== undefined} onClose={onClose} title={of?.name ?? `${page.one[0]?.toUpperCase()}${page.one.slice(1)}`}>
      {of ? (
        <>
          <div className="mb-4 flex flex-wrap gap-2">
            {writes ? <Button onClick={() => setEditing(true)}>Change</Button> : null}
            {writes && page.level !== "plan" ? <Button onClick={() => void toggle()}>{of.disabled ? "Enable" : "Disable"}</Button> : null}
            {page.level !== "plan" ? (
              <Link to="/requests" search={{ [page.level]: of.id }} className="inline-flex h-8.5 items-center rounded-md border border-line-strong px-3 font-medium hover:bg-sunken">
                Its requests
              </Link>
            ) : null}
            {page.level === "team" ? (
              <Link to="/keys" search={{ team: of.id }} className="inline-flex h-8.5 items-center rounded-md border border-line-strong px-3 font-medium hover:bg-sunken">
                Its keys
              </Link>
            ) : null}
            {page.level !== "user" && OWNERS.some((one) => one === page.level) && seesUsers ? (
              <Link to="/service-accounts" search={{ at: of.id }} className="inline-flex h-8.5 items-center rounded-md border border-line-strong px-3 font-medium hover:bg-sunken">
                Its service accounts
              </Link>
            ) : null}
            {writes && page.level === "user" && page.kind !== "service" ? <PasswordLink of={of} /> : null}
            {writes ? (
              <Button look="danger" icon="trash" onClick={() => setDeleting(true)}>
                Delete
              </Button>
            ) : null}
          </div>
          <Body page={page} of={of} />
          <AccountForm page={page} open={editing} of={of} onClose={() => setEditing(false)} onDone={() => setEditing(false)} />
          <Remove page={page} of={of} open={deleting} onClose={() => setDeleting(false)} onGone={onClose} />
        </>
      ) : account.isError ? (
        <Failed error={account.error} retry={() => void account.refetch()} />
      ) : (
        <Loading rows={10} />
      )}
    </Drawer>
  );
}
