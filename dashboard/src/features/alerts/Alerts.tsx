// What is out of order now, what was, and who is told of it: rules, channels and silences.
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { patch, post, remove, useRenew } from "@/api/change";
import { page as listPage, useAll } from "@/api/lists";
import { useMay } from "@/api/permissions";
import { Button } from "@/ui/button";
import { useNow } from "@/ui/clock";
import { Segments } from "@/ui/controls";
import { ago, moment, words } from "@/ui/format";
import type { IconName } from "@/ui/icons";
import { Confirm, Menu, type MenuItem } from "@/ui/overlays";
import { Badge, Empty, Failed, Loading, PageHead, Panel } from "@/ui/panels";
import { toast, toastError } from "@/ui/toast";
import { ChannelForm, RuleForm, SilenceForm } from "./Forms";
import { type Alert, type AlertEvent, type Channel, EVENT_TONES, kindName, type Rule, ruleSays, severityTone, type Silence, type Tested } from "./kinds";

const PATH = "/api/v1/alerts";
const LIVE_MS = 10_000;
const SHOWN_EVENTS = 100;
const page = getRouteApi("/alerts");
const TABS = { now: "Now", history: "History", rules: "Rules", channels: "Channels", silences: "Silences" } as const;
type Tab = keyof typeof TABS;

type Listed<T> = { data: T[] | undefined; isPending: boolean; isError: boolean; error: unknown; refetch: () => unknown };

function List<T>({ of, icon, empty, about, children }: { of: Listed<T>; icon: IconName; empty: string; about: ReactNode; children: (row: T) => ReactNode }) {
  return (
    <Panel flush>
      {of.isPending ? <Loading rows={6} /> : null}
      {of.isError ? <Failed error={of.error} retry={() => void of.refetch()} /> : null}
      {of.data?.length === 0 ? <Empty icon={icon} title={empty}>{about}</Empty> : null}
      <ul className="divide-y divide-line">{of.data?.map(children)}</ul>
    </Panel>
  );
}

function Row({ badge, title, sub, side, menu }: { badge: ReactNode; title: ReactNode; sub: ReactNode; side?: ReactNode; menu?: ReactNode }) {
  return (
    <li className="num flex items-center gap-3 px-4 py-2.5">
      <span className="w-20 shrink-0 max-sm:w-auto">{badge}</span>
      <div className="min-w-0 flex-1">
        <div className="font-medium break-words">{title}</div>
        <div className="truncate text-[0.9rem] text-faint">{sub}</div>
      </div>
      {side ? <div className="shrink-0 text-right text-[0.9rem] text-soft max-sm:hidden">{side}</div> : null}
      {menu}
    </li>
  );
}

function Deliveries({ of }: { of: AlertEvent }) {
  if (of.is_silenced) return <Badge>silenced</Badge>;
  if (of.deliveries.length === 0) return <span className="text-faint">nobody was told</span>;
  return (
    <span className="flex flex-wrap justify-end gap-1">
      {of.deliveries.map((one) => (
        <Badge key={one.channel_id} tone={one.error ? "bad" : one.state === "sent" ? "good" : "neutral"} title={one.error ?? `${one.attempts} tries`}>
          {one.channel_id.replace(/^file:/, "")}: {words(one.state)}
        </Badge>
      ))}
    </span>
  );
}

/** The page. */
export function Alerts() {
  const search = page.useSearch();
  const navigate = page.useNavigate();
  const now = useNow(LIVE_MS);
  const renew = useRenew();
  const writes = useMay("alerts:write");
  const tab = (Object.keys(TABS) as Tab[]).find((one) => one === search.tab) ?? "now";
  const [silencing, setSilencing] = useState<{ rule?: string; subject?: string; organization?: string | null } | null>(null);
  const [removing, setRemoving] = useState<{ path: string; name: string } | null>(null);
  const [making, setMaking] = useState(false);
  const [edited, setEdited] = useState<{ rule: Rule } | { channel: Channel } | null>(null);
  const firing = useQuery({ queryKey: [PATH, "now"], queryFn: async ({ signal }) => (await listPage<Alert>(PATH, {}, signal)).data, refetchInterval: LIVE_MS });
  const events = useQuery({ queryKey: [`${PATH}/events`], queryFn: async ({ signal }) => (await listPage<AlertEvent>(`${PATH}/events`, { limit: SHOWN_EVENTS }, signal)).data, refetchInterval: LIVE_MS, enabled: tab === "history" });
  const rules = useAll<Rule>(`${PATH}/rules`, {}, tab === "rules");
  const channels = useAll<Channel>(`${PATH}/channels`, {}, tab === "channels" || tab === "rules");
  const silences = useAll<Silence>(`${PATH}/silences`, {}, tab === "silences");
  const attempt = (deed: () => Promise<unknown>, done: string) => deed().then(() => renew(PATH)).then(() => toast(done), toastError);
  const test = async (of: Channel) => {
    try {
      const answer = await post<Tested>(`${PATH}/channels/${encodeURIComponent(of.id)}/test`);
      toast(answer.sent ? `${of.name} took it` : `${of.name}: ${answer.error ?? "it was not sent"}`, answer.sent ? "good" : "bad");
    } catch (error) {
      toastError(error);
    }
  };
  const menu = (name: string, items: MenuItem[]) => (writes && items.length > 0 ? <Menu label={`Actions for ${name}`} items={items} /> : null);
  const ownOnly = (of: { managed_by: string }, items: MenuItem[]) => (of.managed_by === "file" ? [] : items);
  const file = (of: { managed_by: string }) => (of.managed_by === "file" ? <Badge title="changed in the configuration file">file</Badge> : null);
  const makes = writes ? { rules: "Create a rule", channels: "Create a channel", silences: "Create a silence", now: null, history: null }[tab] : null;
  return (
    <>
      <PageHead title="Alerts" about="What is out of order, and who is told of it.">
        {makes ? (
          <Button look="primary" icon="plus" onClick={() => (tab === "silences" ? setSilencing({}) : setMaking(true))}>
            {makes}
          </Button>
        ) : null}
      </PageHead>
      <div className="mb-4 overflow-x-auto">
        <Segments label="What is shown" value={tab} options={(Object.keys(TABS) as Tab[]).map((value) => ({ value, label: TABS[value] }))} onChange={(value) => void navigate({ search: { tab: value === "now" ? undefined : value } })} />
      </div>
      {tab === "now" ? (
        <List of={firing} icon="check" empty="Nothing is out of order" about="Alerts stand here from when they begin until they are over.">
          {(one) => <Row key={`${one.rule.id}${one.subject.id}`} badge={<Badge tone={severityTone(one.severity)}>{one.severity}</Badge>} title={one.summary} sub={`${one.rule.name} · ${kindName(one.rule.kind)}`} side={<span title={moment(one.fired_at)}>since {ago(one.fired_at, now)}</span>} menu={menu(one.rule.name, [{ label: "Silence", icon: "cache", onSelect: () => setSilencing({ rule: one.rule.name, subject: one.subject.id, organization: one.organization_id }) }])} />}
        </List>
      ) : null}
      {tab === "history" ? (
        <List of={events} icon="audit" empty="Nothing happened yet" about="What began, went on and was over stands here, with who was told.">
          {(one) => <Row key={one.id} badge={<Badge tone={EVENT_TONES[one.type] ?? "neutral"}>{words(one.type)}</Badge>} title={one.summary} sub={`${one.rule.name} · ${moment(one.time)}`} side={<Deliveries of={one} />} />}
        </List>
      ) : null}
      {tab === "rules" ? (
        <List of={rules} icon="guardrail" empty="No rule yet" about="A rule says what is out of order, and which channels hear of it.">
          {(one) => (
            <Row
              key={one.id}
              badge={<Badge tone={severityTone(one.severity ?? "warning")}>{one.severity ?? "warning"}</Badge>}
              title={<>{one.name} {one.enabled ? null : <Badge>off</Badge>} {file(one)}</>}
              sub={[kindName(one.kind), ruleSays(one)].filter(Boolean).join(" · ")}
              side={one.channels && one.channels.length > 0 ? `tells ${one.channels.join(", ")}` : "tells the usual channels"}
              menu={menu(one.name, [
                ...ownOnly(one, [
                  { label: "Change", icon: "settings", onSelect: () => setEdited({ rule: one }) },
                  { label: one.enabled ? "Switch off" : "Switch on", icon: "bolt", onSelect: () => void attempt(() => patch(`${PATH}/rules/${one.id}`, { enabled: !one.enabled }, one.revision), `${one.name} is ${one.enabled ? "off" : "on"}`) },
                  { label: "Delete", icon: "trash", danger: true, onSelect: () => setRemoving({ path: `${PATH}/rules/${one.id}`, name: one.name }) },
                ]),
                { label: "Silence", icon: "cache", onSelect: () => setSilencing({ rule: one.name, organization: one.organization_id }) },
              ])}
            />
          )}
        </List>
      ) : null}
      {tab === "channels" ? (
        <List of={channels} icon="out" empty="No channel yet" about="Slack, web hooks and mail hear of alerts.">
          {(one) => <Row key={one.id} badge={<Badge>{one.kind}</Badge>} title={<>{one.name} {one.default ? <Badge tone="accent">usual</Badge> : null} {file(one)}</>} sub={one.target ?? one.host ?? one.to?.join(", ") ?? ""} side={writes ? <Button small icon="bolt" aria-label={`Test ${one.name}`} onClick={() => void test(one)}>Test</Button> : null} menu={menu(one.name, [{ label: "Send a test", icon: "bolt", onSelect: () => void test(one) }, ...ownOnly(one, [{ label: "Change", icon: "settings", onSelect: () => setEdited({ channel: one }) }, { label: "Delete", icon: "trash", danger: true, onSelect: () => setRemoving({ path: `${PATH}/channels/${one.id}`, name: one.name }) }])])} />}
        </List>
      ) : null}
      {tab === "silences" ? (
        <List of={silences} icon="cache" empty="No silence" about="While one holds, what happens is written down and nobody is told.">
          {(one) => <Row key={one.id} badge={<Badge tone={one.is_active ? "info" : "neutral"}>{one.is_active ? "holds" : "over"}</Badge>} title={[one.rule, one.severity, one.subject_id].filter(Boolean).join(", ") || "everything"} sub={one.comment ?? ""} side={<span title={moment(one.until)}>{one.is_active ? `ends ${ago(one.until, now)}` : `ended ${ago(one.until, now)}`}</span>} menu={menu(one.rule ?? "the silence", [{ label: "End it", icon: "trash", danger: true, onSelect: () => setRemoving({ path: `${PATH}/silences/${one.id}`, name: "the silence" }) }])} />}
        </List>
      ) : null}
      {making && tab === "rules" ? <RuleForm channels={channels.data ?? []} onClose={() => setMaking(false)} /> : null}
      {making && tab === "channels" ? <ChannelForm onClose={() => setMaking(false)} /> : null}
      {edited && "rule" in edited ? <RuleForm key={edited.rule.id} of={edited.rule} channels={(channels.data ?? []).filter((one) => one.organization_id === edited.rule.organization_id)} onClose={() => setEdited(null)} /> : null}
      {edited && "channel" in edited ? <ChannelForm key={edited.channel.id} of={edited.channel} onClose={() => setEdited(null)} /> : null}
      {silencing ? <SilenceForm of={silencing} onClose={() => setSilencing(null)} /> : null}
      <Confirm
        open={removing !== null}
        onClose={() => setRemoving(null)}
        title={`Remove ${removing?.name ?? ""}?`}
        action="Remove"
        onConfirm={async () => {
          if (removing) await remove(removing.path);
          await renew(PATH);
        }}
      >
        What it led to stays in the history.
      </Confirm>
    </>
  );
}
