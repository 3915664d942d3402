// One request in a drawer: what it was, when what happened, what was said, what it cost, and what people say of it. The address holds
// which part is open. J and K go to the next and the one before.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Tabs } from "radix-ui";
import { type ReactNode, useEffect, useState } from "react";
import { get } from "@/api/change";
import { ApiError } from "@/api/client";
import { useNames } from "@/api/lists";
import { may, useMay, useSession } from "@/api/permissions";
import type { Log, LogDetail } from "@/api/types";
import { Button, IconButton } from "@/ui/button";
import { CodeBlock, Id } from "@/ui/code";
import { compact, count, duration, moment, usd, words } from "@/ui/format";
import { Drawer } from "@/ui/overlays";
import { Badge, Empty, Facts, Failed, Loading, Note } from "@/ui/panels";
import { Bodies } from "./bodies/Bodies";
import { Cost } from "./Cost";
import { Feedback } from "./Feedback";
import { Outcome } from "./Outcome";
import { Timeline } from "./Timeline";
import { Replay } from "./Replay";
import { Verdicts } from "./Verdicts";

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="border-t border-line py-5 first:border-0 first:pt-0 last:pb-0">
      <h3 className="mb-2.5 font-semibold">{title}</h3>
      {children}
    </section>
  );
}

function Guardrails({ log }: { log: Log }) {
  if (log.guardrails.length === 0) return null;
  return (
    <Section title="Guardrails">
      <Verdicts of={log.guardrails} />
    </Section>
  );
}

function Whose({ log }: { log: Log }) {
  const now = useSession();
  const levels = (["organization", "team", "project", "user", "customer", "tag"] as const).filter((level) => may(now, `${level}s:read`));
  const name = useNames(levels, may(now, "keys:read"));
  const rows: [string, ReactNode][] = [];
  const filter = (label: string, by: string, id: string | null | undefined) => {
    if (!id) return;
    rows.push([
      label,
      <Link key={id} to="/requests" search={{ [by]: id }} className="hover:text-accent-strong hover:underline">
        {name(id)}
      </Link>,
    ]);
  };
  if (log.key_id) filter("Key", "key", log.key_id);
  else rows.push(["Key", "master key"]);
  filter("User", "user", log.user_id);
  filter("Project", "project", log.project_id);
  filter("Team", "team", log.team_id);
  filter("Organization", "organization", log.organization_id);
  filter("Customer", "customer", log.customer_id);
  if (!log.customer_id && log.customer) rows.push(["Customer", log.customer]);
  if (log.tag_ids.length + log.tags.length > 0) rows.push(["Tags", [...new Set([...log.tag_ids.map((id) => name(id)), ...log.tags])].join(", ")]);
  if (log.session) {
    rows.push([
      "Session",
      <Link key="session" to="/requests" search={{ session: log.session }} className="hover:text-accent-strong hover:underline">
        {log.session}
      </Link>,
    ]);
  }
  if (log.user_agent) rows.push(["User agent", log.user_agent]);
  if (log.client_ip) rows.push(["Address", log.client_ip]);
  return (
    <>
      <Facts rows={rows} />
      {log.metadata ? (
        <div className="mt-3">
          <CodeBlock label="metadata" text={JSON.stringify(log.metadata, null, 2)} />
        </div>
      ) : null}
    </>
  );
}

function SubCalls({ of }: { of: Log[] }) {
  if (of.length === 0) return null;
  return (
    <Section title="Sub-calls">
      <ul className="divide-y divide-line rounded-lg border border-line">
        {of.map((row) => (
          <li key={row.id}>
            <Link to="/requests" search={(old) => ({ ...old, open: row.id, tab: undefined })} className="num flex items-center gap-2 px-3 py-2 hover:bg-raised">
              <Badge>{row.role ?? "sub-call"}</Badge>
              <span className="min-w-0 flex-1 truncate">
                {row.provider}/{row.upstream_model}
              </span>
              <Outcome log={row} />
              <span className="w-18 text-right text-soft">{usd(row.cost_usd)}</span>
              <span className="w-16 text-right">{duration(row.total_ms)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Tiles({ log }: { log: Log }) {
  const speed = log.tokens_per_second;
  const tiles: [string, string, string][] = [
    ["Total", duration(log.total_ms), log.stream ? "streamed" : "whole"],
    ["First byte", duration(log.first_byte_ms), speed ? `${speed.toFixed(speed < 100 ? 1 : 0)} tokens/s` : ""],
    ["Tokens", `${compact(log.input_tokens)} → ${compact(log.output_tokens)}`, [log.cached_tokens > 0 ? `${compact(log.cached_tokens)} cached` : "", log.reasoning_tokens > 0 ? `${compact(log.reasoning_tokens)} thinking` : "", log.usage_source === "estimated" ? "estimated" : ""].filter(Boolean).join(", ")],
    ["Cost", usd(log.cost_usd), log.saved_usd && log.saved_usd !== "0" ? `${usd(log.saved_usd)} saved` : ""],
  ];
  return (
    <dl className="num mb-5 grid grid-cols-2 overflow-hidden rounded-lg border border-line sm:grid-cols-4 [&>div]:border-line sm:[&>div+div]:border-l max-sm:[&>div:nth-child(2n)]:border-l max-sm:[&>div:nth-child(n+3)]:border-t">
      {tiles.map(([name, value, note]) => (
        <div key={name} className="min-w-0 px-3 py-2">
          <dt className="text-[0.86rem] text-faint">{name}</dt>
          <dd className="truncate text-[1.1rem] font-semibold tracking-tight">{value}</dd>
          <dd className="h-4.5 truncate text-[0.8rem] text-faint">{note}</dd>
        </div>
      ))}
    </dl>
  );
}

function Summary({ log, detail }: { log: Log; detail: LogDetail | undefined }) {
  const rows: [string, ReactNode][] = [
    ["Time", moment(log.time)],
    ["Request id", <Id key="id" text={log.request_id} />],
    ["Format", `${log.format}${log.endpoint && log.endpoint !== log.format ? `, ${log.endpoint}` : ""}${log.stream ? ", streamed" : ""}`],
    ["Answered by", log.provider ? `${log.provider} / ${log.upstream_model ?? ""}${log.region ? ` in ${log.region}` : ""}` : log.cache === "hit" ? "the cache" : "–"],
    ["Cache", log.cache ? words(log.cache) : "not used"],
    ["Counted by", words(log.usage_source)],
  ];
  const asked = Object.entries(log.parameters ?? {});
  if (asked.length > 0) rows.push(["Parameters", asked.map(([name, value]) => `${words(name)} ${String(value)}`).join(", ")]);
  if (log.route?.length) rows.push(["Way", log.route.join(", then ")]);
  if (log.dropped_parameters.length > 0) rows.push(["Left out", log.dropped_parameters.join(", ")]);
  for (const [unit, amount] of Object.entries(log.media ?? {})) if (typeof amount === "number" && amount > 0) rows.push([words(unit), count(amount)]);
  if (log.parent_id) {
    rows.push([
      "Part of",
      <Link key="parent" to="/requests" search={(old) => ({ ...old, open: log.parent_id ?? undefined, tab: undefined })} className="font-mono text-[0.88rem] text-accent-strong hover:underline">
        {log.parent_id}
      </Link>,
    ]);
  }
  return (
    <>
      {log.error_code ? (
        <div className="mb-4">
          <Note tone={log.outcome === "refused" ? "warn" : "bad"}>
            <b>{words(log.error_code)}</b>
            {log.error_detail && (log.error_code !== "guardrail_blocked" || log.guardrails.length === 0) ? <p className="mt-0.5 break-words">{log.error_detail}</p> : null}
          </Note>
        </div>
      ) : null}
      <Tiles log={log} />
      <div>
      <Section title="Timeline">
        <Timeline log={log} />
      </Section>
      <Guardrails log={log} />
      <SubCalls of={detail?.sub_calls ?? []} />
      <Section title="Request">
        <Facts rows={rows} />
      </Section>
      <Section title="Whose it is">
        <Whose log={log} />
      </Section>
      </div>
    </>
  );
}

type Tab = { value: string; label: string; needs?: string };
const TABS: Tab[] = [
  { value: "summary", label: "Summary" },
  { value: "messages", label: "Messages", needs: "bodies:read" },
  { value: "cost", label: "Cost" },
  { value: "feedback", label: "Feedback", needs: "feedback:read" },
  { value: "record", label: "Record" },
];

function Body({ log, detail, tab, onTab }: { log: Log; detail: LogDetail | undefined; tab: string | undefined; onTab: (tab: string | undefined) => void }) {
  const now = useSession();
  const [replaying, setReplaying] = useState(false);
  const tabs = TABS.filter((one) => one.needs === undefined || may(now, one.needs));
  const at = tabs.find((one) => one.value === tab)?.value ?? "summary";
  return (
    <Tabs.Root value={at} onValueChange={(next) => onTab(next === "summary" ? undefined : next)}>
      <Tabs.List aria-label="Parts of the request" className="sticky -top-4 z-10 -mx-5 -mt-4 mb-5 flex gap-1 overflow-x-auto border-b border-line bg-panel px-4">
        {tabs.map((one) => (
          <Tabs.Trigger key={one.value} value={one.value} className="h-10 border-b-2 border-transparent px-2 text-soft hover:text-ink data-[state=active]:border-accent data-[state=active]:font-medium data-[state=active]:text-ink">
            {one.label}
          </Tabs.Trigger>
        ))}
      </Tabs.List>
      <Tabs.Content value="summary" tabIndex={-1}>
        <Summary log={log} detail={detail} />
      </Tabs.Content>
      <Tabs.Content value="messages" tabIndex={-1}>
        <Bodies key={log.id} id={log.id} replay={<Button small icon="refresh" onClick={() => setReplaying(true)}>Replay</Button>} />
        <Replay key={`replay ${log.id}`} log={log} open={replaying} onClose={() => setReplaying(false)} />
      </Tabs.Content>
      <Tabs.Content value="cost" tabIndex={-1}>
        <Cost log={log} detail={detail} />
      </Tabs.Content>
      <Tabs.Content value="feedback" tabIndex={-1}>
        <Feedback key={log.id} id={log.id} />
      </Tabs.Content>
      <Tabs.Content value="record" tabIndex={-1}>
        <CodeBlock high label="the record" text={JSON.stringify(detail ?? log, null, 2)} />
      </Tabs.Content>
    </Tabs.Root>
  );
}

type Props = { id: string | undefined; known: Log | undefined; tab: string | undefined; onTab: (tab: string | undefined) => void; onStep?: (step: 1 | -1) => void; onClose: () => void };

/** The drawer; open while there is an id. */
export function RequestDrawer({ id, known, tab, onTab, onStep, onClose }: Props) {
  const allowed = useMay("logs:read");
  const found = useQuery({ queryKey: ["/api/v1/logs", "one", id], queryFn: ({ signal }) => get<LogDetail>(`/api/v1/logs/${encodeURIComponent(id ?? "")}`, signal), enabled: id !== undefined && allowed });
  const detail = found.data;
  const log = known ?? detail;
  const missing = found.error instanceof ApiError && found.error.status === 404;
  useEffect(() => {
    if (id === undefined || !onStep) return;
    const onKey = (event: KeyboardEvent) => {
      const within = event.target as HTMLElement | null;
      if (event.ctrlKey || event.metaKey || event.altKey || within?.closest("input, textarea, select")) return;
      const step = ({ j: 1, k: -1 } as const)[event.key as "j"];
      if (step) onStep(step);
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [id, onStep]);
  const side = onStep ? (
    <>
      <span className="rotate-180">
        <IconButton icon="down" label="The one before (K)" onClick={() => onStep(-1)} />
      </span>
      <IconButton icon="down" label="The next one (J)" onClick={() => onStep(1)} />
    </>
  ) : null;
  return (
    <Drawer open={id !== undefined} onClose={onClose} title={log ? log.model || "Request" : "Request"} about={log ? <Outcome log={log} /> : null} side={side} wide>
      {log ? (
        <Body log={log} detail={detail} tab={tab} onTab={onTab} />
      ) : found.isError && !missing ? (
        <Failed error={found.error} retry={() => void found.refetch()} />
      ) : found.isFetching ? (
        <Loading rows={10} />
      ) : (
        <Empty title="There is no such request">It may be older than what this gateway keeps, or not yours to see.</Empty>
      )}
    </Drawer>
  );
}
