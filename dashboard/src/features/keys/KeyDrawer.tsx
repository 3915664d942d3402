// One key: what it is, what it may in the end and who says so, where its budgets stand, and what it was used for.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { get } from "@/api/change";
import { useNames } from "@/api/lists";
import { useMay } from "@/api/permissions";
import type { Budget, Effective, From, Key, Limit, Narrowed, NewKey, Page } from "@/api/types";
import { BudgetBar } from "@/features/budgets/BudgetBar";
import { Button } from "@/ui/button";
import { useNow } from "@/ui/clock";
import { Id } from "@/ui/code";
import { ago, count, moment } from "@/ui/format";
import { Drawer } from "@/ui/overlays";
import { Badge, Facts, Failed, Loading, Note } from "@/ui/panels";
import { KeyForm } from "./KeyForm";
import { KeyMenu } from "./KeyMenu";
import { KeyState } from "./KeyState";

const said = (from: From | From[] | null): string => {
  const list = from === null ? [] : Array.isArray(from) ? from : [from];
  return list.map((one) => `${one.level} ${one.name}`).join(", ");
};

function Rule<T>({ name, rule, show, all }: { name: string; rule: Narrowed<T>; show: (value: T) => ReactNode; all: string }) {
  const narrowing = rule.considered.filter((one) => one.value !== null);
  return (
    <li className="py-2">
      <div className="flex flex-wrap items-baseline justify-between gap-2">
        <span className="font-medium">{name}</span>
        <span className="min-w-0 break-words">{rule.effective === null ? <span className="text-soft">{all}</span> : show(rule.effective)}</span>
      </div>
      {narrowing.length > 1 ? (
        <ul className="mt-1 text-[0.9rem] text-faint">
          {narrowing.map((one) => (
            <li key={one.from.id}>
              {one.from.level} {one.from.name}: {show(one.value as T)}
            </li>
          ))}
        </ul>
      ) : rule.effective !== null && said(rule.from) !== "" ? (
        <div className="text-[0.9rem] text-faint">says {said(rule.from)}</div>
      ) : null}
    </li>
  );
}

function Policy({ of }: { of: Effective }) {
  const list = (names: string[]) => (names.includes("*") ? "all" : names.length === 0 ? "none" : names.join(", "));
  return (
    <>
      {of.usable ? null : (
        <div className="mb-2">
          <Note tone="warn">Nothing can be called with this key as things stand: it, or what it belongs to, is disabled or over.</Note>
        </div>
      )}
      <ul className="divide-y divide-line">
        <Rule name="Models" rule={of.models} show={list} all="all" />
        <Rule name="Endpoints" rule={of.endpoints} show={list} all="all" />
        <Rule name="Providers" rule={of.providers} show={list} all="all" />
        <Rule name="Longest answer" rule={of.max_output_tokens} show={(value) => `${count(value)} tokens`} all="no bound" />
        {of.limits.map((limit, at) => (
          <li key={at} className="flex flex-wrap items-baseline justify-between gap-2 py-2">
            <span className="font-medium">{limitName(limit)}</span>
            <span className="text-faint">says {said(limit.from)}</span>
          </li>
        ))}
      </ul>
    </>
  );
}

/** "300 requests a minute" */
function limitName(limit: Limit): string {
  const { limit: most, per } = limit.effective;
  return `${count(most)} ${limit.unit.replaceAll("_", " ")}${per ? ` a ${per}` : limit.per_seconds ? ` in ${limit.per_seconds} s` : " at a time"}`;
}

function Body({ of }: { of: Key }) {
  const now = useNow();
  const name = useNames(["team", "project", "user", "plan"]);
  const effective = useQuery({ queryKey: [`/api/v1/keys/${of.id}/effective`], queryFn: ({ signal }) => get<Effective>(`/api/v1/keys/${of.id}/effective`, signal) });
  const budgets = useQuery({
    queryKey: ["/api/v1/budgets", "key", of.id],
    queryFn: async ({ signal }) => (await get<Page<Budget>>("/api/v1/budgets", signal, { level: "key", id: of.id })).data,
    refetchInterval: 10_000,
    enabled: useMay("budgets:read"),
  });
  const rows: [string, ReactNode][] = [
    ["State", <KeyState key="state" of={of} now={now} />],
    ["Id", <Id key="id" text={of.id} />],
    ["Secret", of.last4 ? `${of.prefix ?? ""}…${of.last4}` : "kept as a digest"],
    ["Last used", `${moment(of.last_used_at)} (${ago(of.last_used_at, now)})`],
    ["In flight", count(of.requests_in_flight)],
    ["Priority", of.priority],
    ["Managed by", of.managed_by === "file" ? "the configuration file" : "the API"],
  ];
  for (const [label, id] of [["Team", of.team_id], ["Project", of.project_id], ["User", of.user_id], ["Plan", of.plan_id]] as const) {
    if (id) rows.push([label, name(id)]);
  }
  if (of.expires_at) rows.push(["Ends", moment(of.expires_at)]);
  if (of.previous_key_until) rows.push(["Old secret until", moment(of.previous_key_until)]);
  if (of.allowed_ips.length > 0) rows.push(["From addresses", of.allowed_ips.join(", ")]);
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
      <section>
        <h3 className="mb-1 font-semibold">What it may in the end</h3>
        <p className="mb-1 text-soft">Every account above the key narrows it; the narrowest rule holds.</p>
        {effective.isPending ? <Loading rows={4} /> : effective.isError ? <Failed error={effective.error} /> : <Policy of={effective.data} />}
      </section>
    </div>
  );
}

/** The drawer; open while there is an id. */
export function KeyDrawer({ id, onClose, onNew }: { id: string | undefined; onClose: () => void; onNew: (key: NewKey) => void }) {
  const [editing, setEditing] = useState(false);
  const writes = useMay("keys:write");
  const key = useQuery({ queryKey: ["/api/v1/keys", "one", id], queryFn: ({ signal }) => get<Key>(`/api/v1/keys/${id}`, signal), enabled: id !== undefined });
  const of = key.data;
  return (
    <Drawer open={id !== undefined} onClose={onClose} title={of?.name ?? "Key"} about={of?.disabled ? <Badge>disabled</Badge> : null}>
      {of ? (
        <>
          <div className="mb-4 flex flex-wrap items-center gap-2">
            {writes && of.managed_by !== "file" ? <Button onClick={() => setEditing(true)}>Change</Button> : null}
            <Link to="/requests" search={{ key: of.id }} className="inline-flex h-8.5 items-center rounded-md border border-line-strong px-3 font-medium hover:bg-sunken">
              Its requests
            </Link>
            <KeyMenu of={of} onNew={onNew} onGone={onClose} />
          </div>
          <Body of={of} />
          <KeyForm open={editing} of={of} onClose={() => setEditing(false)} onDone={() => setEditing(false)} />
        </>
      ) : key.isError ? (
        <Failed error={key.error} retry={() => void key.refetch()} />
      ) : (
        <Loading rows={10} />
      )}
    </Drawer>
  );
}
