// One request in a drawer: how it ended, its tries, times, tokens and cost, what guardrails said, and whose it was.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useNames, page } from "@/api/lists";
import { useMay } from "@/api/permissions";
import type { Log } from "@/api/types";
import { Id } from "@/ui/code";
import { count, duration, moment, words } from "@/ui/format";
import { Drawer } from "@/ui/overlays";
import { Badge, Empty, Facts, Failed, Loading, Note } from "@/ui/panels";
import { Outcome } from "./Outcome";
import { Timeline } from "./Timeline";
import { tokenRate, verdicts } from "./reading";

function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="border-t border-line py-4 first:border-0 first:pt-0">
      <h3 className="mb-2.5 font-semibold">{title}</h3>
      {children}
    </section>
  );
}

function Verdicts({ log }: { log: Log }) {
  const found = verdicts(log.error_detail);
  if (found.length === 0) return null;
  return (
    <Section title="Guardrails">
      <ul className="space-y-2">
        {found.map((verdict) => (
          <li key={verdict.text} className="rounded-md border border-line p-2.5">
            <Badge tone={verdict.action === "block" ? "bad" : "warn"}>{verdict.action}</Badge> <span className="font-medium">{verdict.guardrail}</span>
            <p className="mt-1 break-words text-soft">{verdict.text}</p>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Tokens({ log }: { log: Log }) {
  const rate = tokenRate(log);
  const rows: [string, ReactNode][] = [
    ["Input", count(log.input_tokens)],
    ["of it cached", count(log.cached_tokens)],
    ["written to cache", count(log.cache_write_tokens)],
    ["Output", count(log.output_tokens)],
    ["of it reasoning", count(log.reasoning_tokens)],
    ["Counted by", words(log.usage_source)],
  ];
  if (rate !== null) rows.push(["Speed", `${rate.toFixed(1)} tokens/s`]);
  rows.push(["Cost", <b key="cost">${log.cost_usd}</b>]);
  return <Facts rows={rows.filter(([name, value]) => !(["of it cached", "written to cache", "of it reasoning"].includes(name) && value === "0"))} />;
}

function Whose({ log }: { log: Log }) {
  const name = useNames(["organization", "team", "project", "user", "customer", "tag"], true);
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
  filter("Organization", "organization", log.organization_id);
  filter("Team", "team", log.team_id);
  filter("Project", "project", log.project_id);
  filter("User", "user", log.user_id);
  filter("Customer", "customer", log.customer_id);
  if (!log.customer_id && log.customer) rows.push(["Customer", log.customer]);
  for (const tag of log.tag_ids) filter("Tag", "tag", tag);
  if (log.key_id) filter("Key", "key", log.key_id);
  else rows.push(["Key", "master key"]);
  return <Facts rows={rows} />;
}

function SubCalls({ id }: { id: string }) {
  const calls = useQuery({
    queryKey: ["/api/v1/logs", "children", id],
    queryFn: ({ signal }) => page<Log>("/api/v1/logs", { parent_id: id, include: "subcalls", limit: 50 }, signal),
  });
  const rows = calls.data?.data ?? [];
  if (rows.length === 0) return null;
  return (
    <Section title="Sub-calls">
      <ul className="space-y-1">
        {rows.map((row) => (
          <li key={row.id}>
            <Link to="/requests" search={{ open: row.id }} className="num flex items-center gap-2 rounded px-1 py-1 hover:bg-raised">
              <Badge>{row.role ?? "sub-call"}</Badge>
              <span className="min-w-0 flex-1 truncate">
                {row.provider}/{row.upstream_model}
              </span>
              <Outcome log={row} />
              <span>{duration(row.total_ms)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </Section>
  );
}

function Body({ log }: { log: Log }) {
  const rows: [string, ReactNode][] = [
    ["Time", moment(log.time)],
    ["Request id", <Id key="id" text={log.request_id} />],
    ["Format", `${log.format}${log.stream ? ", streamed" : ""}`],
    ["Model", log.model || "–"],
    ["Answered by", log.provider ? `${log.provider} / ${log.upstream_model ?? ""}` : log.cache === "hit" ? "the cache" : "–"],
    ["Cache", log.cache ? words(log.cache) : "not used"],
  ];
  if (log.parent_id) {
    rows.push([
      "Part of",
      <Link key="parent" to="/requests" search={{ open: log.parent_id }} className="font-mono text-[0.88rem] text-accent-strong hover:underline">
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
            {log.error_detail ? <p className="mt-0.5 break-words">{log.error_detail}</p> : null}
          </Note>
        </div>
      ) : null}
      <Section title="Request">
        <Facts rows={rows} />
      </Section>
      <Section title="Timeline">
        <Timeline log={log} />
      </Section>
      <Section title="Tokens and cost">
        <Tokens log={log} />
      </Section>
      <Verdicts log={log} />
      <SubCalls id={log.id} />
      <Section title="Whose it is">
        <Whose log={log} />
      </Section>
    </>
  );
}

/** The drawer; open while there is an id. */
export function RequestDrawer({ id, known, onClose }: { id: string | undefined; known: Log | undefined; onClose: () => void }) {
  const allowed = useMay("logs:read");
  const found = useQuery({
    queryKey: ["/api/v1/logs", "one", id],
    queryFn: async ({ signal }) => (await page<Log>("/api/v1/logs", { request_id: id, include: "subcalls" }, signal)).data[0] ?? null,
    enabled: id !== undefined && known === undefined && allowed,
  });
  const log = known ?? found.data;
  return (
    <Drawer open={id !== undefined} onClose={onClose} title={log ? log.model || "Request" : "Request"} about={log ? <Outcome log={log} /> : null}>
      {log ? <Body log={log} /> : found.isError ? <Failed error={found.error} retry={() => void found.refetch()} /> : found.isFetching ? <Loading rows={10} /> : <Empty title="There is no such request">It may be older than what this gateway keeps, or not yours to see.</Empty>}
    </Drawer>
  );
}
