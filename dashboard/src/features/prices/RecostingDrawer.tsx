// One re-costing: how far it is, what it changes or would change, by model and team, what stays as it is, and what comes next.
import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { get, post, useRenew } from "@/api/change";
import { useNames } from "@/api/lists";
import { useMay } from "@/api/permissions";
import { nameOf } from "@/api/session";
import { Button } from "@/ui/button";
import { useNow } from "@/ui/clock";
import { Id } from "@/ui/code";
import { ago, count, moment, usd } from "@/ui/format";
import { Meter } from "@/ui/meter";
import { Confirm, Drawer } from "@/ui/overlays";
import { Badge, Empty, Facts, Failed, Figure, Loading, Note } from "@/ui/panels";
import { toast } from "@/ui/toast";
import { difference, priceText, unitName } from "./prices";
import { again, isOpen, LEFT, type Part, PATH, progress, type Recosting, scope, span, stateTone } from "./recostings";

const LIVE_MS = 1_000;

function Parts({ title, of, name }: { title: string; of: Part[]; name: (part: Part) => string }) {
  if (of.length === 0) return null;
  const most = Math.max(...of.map((part) => Math.abs(Number(part.difference_usd))));
  const rows = [...of].sort((a, b) => Math.abs(Number(b.difference_usd)) - Math.abs(Number(a.difference_usd)));
  return (
    <section>
      <h3 className="mb-1 font-semibold">{title}</h3>
      <div className="overflow-x-auto" tabIndex={0} role="region" aria-label={title}>
        <table className="num w-full text-left">
          <thead>
            <tr className="border-b border-line text-[0.86rem] text-faint">
              {["Name", "Calls", "Before", "After", "Difference"].map((head, place) => (
                <th key={head} scope="col" className={`h-8 px-2 font-medium whitespace-nowrap first:pl-0 last:pr-0 ${place > 0 ? "text-right" : ""} ${place === 1 || place === 2 ? "max-sm:hidden" : ""}`}>
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((part) => (
              <tr key={part.name} className="border-b border-line last:border-0">
                <th scope="row" className="h-10 max-w-56 truncate pr-2 font-medium" title={part.name}>
                  {name(part)}
                </th>
                <td className="px-2 text-right text-soft max-sm:hidden">{count(part.records)}</td>
                <td className="px-2 text-right max-sm:hidden">{usd(part.cost_before_usd)}</td>
                <td className="px-2 text-right">{usd(part.cost_after_usd)}</td>
                <td className="w-28 pl-2 text-right">
                  {difference(part.difference_usd)}
                  <Meter share={most === 0 ? 0 : Math.abs(Number(part.difference_usd)) / most} tone={Number(part.difference_usd) < 0 ? "good" : "accent"} label={`${difference(part.difference_usd)} of ${part.name}`} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Left({ of }: { of: Record<string, number> }) {
  const rows = Object.entries(of);
  if (rows.length === 0) return null;
  return (
    <section>
      <h3 className="mb-1 font-semibold">Left as they are</h3>
      <ul className="num space-y-1">
        {rows.map(([why, number]) => (
          <li key={why}>
            <span className="font-medium">{count(number)}</span> <span className="text-soft">{LEFT[why] ?? why}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What came of it, in a sentence where figures do not say enough. */
function Ending({ of }: { of: Recosting }) {
  const changed = of.records > 0;
  if (of.state === "failed") {
    return (
      <Note tone="bad">
        <p>{of.error ?? "It was given up."}</p>
        {of.dry_run ? null : <p>{changed ? `The ${count(of.records)} calls above are changed; the rest is as it was.` : "Nothing was changed."}</p>}
      </Note>
    );
  }
  if (of.state === "cancelled") return <Note tone="warn">{of.dry_run || !changed ? "It was cancelled; nothing was changed." : `It was cancelled. The ${count(of.records)} calls above are changed and stay so; the rest is as it was.`}</Note>;
  if (of.state === "waiting" && of.not_before) return <Note>It does not begin before {moment(of.not_before).slice(0, 16)}.</Note>;
  if (of.state === "done" && !changed) return <Note tone="good">{of.seen === 0 ? "No call was found in that time." : "All of them cost what they should: there is nothing to change."}</Note>;
  if (of.state === "done" && of.dry_run) return <Note>Nothing is changed yet. This is what would be.</Note>;
  return of.state === "done" ? <Note tone="good">Records, usage and reports have the new cost. Budgets stay as they were settled.</Note> : null;
}

/** `+12 %`, or so many times as much. */
function times({ cost_before_usd, cost_after_usd }: Recosting): string {
  const share = Number(cost_after_usd) / Number(cost_before_usd);
  if (!Number.isFinite(share) || share === 1) return "";
  return share >= 3 ? `${share.toFixed(1)} times as much` : `${share > 1 ? "+" : "−"}${Math.abs(100 * (share - 1)).toFixed(1)} %`;
}

function Body({ of }: { of: Recosting }) {
  const now = useNow();
  const team = useNames(useMay("teams:read") ? ["team"] : []);
  const open = isOpen(of.state);
  const would = of.dry_run ? "would change" : "changed";
  return (
    <div className="space-y-6">
      <section>
        <div className="num mb-1.5 flex flex-wrap items-center gap-2">
          <Badge tone={stateTone(of.state)}>{of.state}</Badge>
          {of.dry_run ? <Badge>dry run</Badge> : null}
          <span className="ml-auto text-soft">{of.reached && open ? `back to ${moment(of.reached).slice(0, 16)}` : `${count(of.seen)} calls looked at`}</span>
        </div>
        <Meter share={progress(of)} tone={of.state === "failed" ? "bad" : of.state === "done" ? "good" : "info"} label={`${Math.round(100 * progress(of))} % of the time looked at`} />
      </section>
      <div className="grid gap-2 sm:grid-cols-3">
        <Figure name="Before" value={usd(of.cost_before_usd)} note={`${count(of.records)} calls ${would}`} />
        <Figure name="After" value={usd(of.cost_after_usd)} note={times(of)} />
        <Figure name="Difference" value={difference(of.difference_usd)} tone={Number(of.difference_usd) === 0 ? undefined : Number(of.difference_usd) < 0 ? "good" : "warn"} note={of.seen > of.records ? `${count(of.seen - of.records)} stay as they are` : ""} />
      </div>
      <Ending of={of} />
      <Parts title="By model" of={of.models} name={(part) => part.name} />
      <Parts title="By team" of={of.teams} name={(part) => (part.name === "" ? "no team" : team(part.name))} />
      <Left of={of.left} />
      <Facts
        rows={[
          ["Calls", scope(of)],
          ["Of the time", span(of)],
          ["Prices", of.prices ? <ul key="prices">{of.prices.map((rate) => <li key={rate.unit}>{unitName(rate.unit)} {priceText(rate).usd} / {priceText(rate).per}</li>)}</ul> : "those in force"],
          ["Asked for by", `${nameOf(of.by)}, ${ago(of.created_at, now)}`],
          ["Begun", moment(of.started_at)],
          ["Ended", moment(of.ended_at)],
          ["Id", <Id key="id" text={of.id} />],
        ]}
      />
    </div>
  );
}

/** The drawer; `onOther` opens another one in its place, `onAgain` the form with what this one has. */
export function RecostingDrawer({ id, onClose, onOther, onAgain }: { id: string | undefined; onClose: () => void; onOther: (id: string) => void; onAgain: (of: Recosting) => void }) {
  const writes = useMay("recostings:write");
  const renew = useRenew();
  const [asked, setAsked] = useState<"apply" | "cancel" | null>(null);
  const found = useQuery({ queryKey: [`${PATH}/one`, id], queryFn: ({ signal }) => get<Recosting>(`${PATH}/${encodeURIComponent(id ?? "")}`, signal), enabled: id !== undefined, refetchInterval: (query) => (query.state.data && !isOpen(query.state.data.state) ? false : LIVE_MS) });
  const of = found.data;
  // What it changed is shown elsewhere, too.
  const was = useRef<string | undefined>(undefined);
  useEffect(() => {
    if (was.current !== undefined && isOpen(was.current) && of && !isOpen(of.state)) void renew(PATH, ...(of.dry_run ? [] : ["/api/v1/logs", "/api/v1/analytics", "/api/v1/usage", "/api/v1/reports"]));
    was.current = of?.state;
  }, [of?.state]);
  const applies = of?.state === "done" && of.dry_run && of.records > 0;
  return (
    <Drawer open={id !== undefined} onClose={onClose} title={of?.dry_run ? "What would change" : "Re-costing"} about={of ? scope(of) : null} wide>
      {of ? (
        <>
          {writes ? (
            <div className="mb-4 flex flex-wrap gap-2">
              {applies ? <Button look="primary" icon="check" onClick={() => setAsked("apply")}>Apply it</Button> : null}
              {isOpen(of.state) ? <Button onClick={() => setAsked("cancel")}>Cancel it</Button> : <Button icon="refresh" onClick={() => onAgain(of)}>Look again</Button>}
            </div>
          ) : null}
          <Body of={of} />
        </>
      ) : found.isError ? (
        <Failed error={found.error} retry={() => void found.refetch()} />
      ) : found.isPending ? (
        <Loading rows={10} />
      ) : (
        <Empty title="There is no such re-costing" />
      )}
      <Confirm
        open={asked === "apply"}
        onClose={() => setAsked(null)}
        title={`Change what ${count(of?.records ?? 0)} calls cost?`}
        action="Change them"
        onConfirm={async () => {
          if (!of) return;
          const made = await post<Recosting>(PATH, again(of, false));
          await renew(PATH);
          onOther(made.id);
        }}
      >
        <p>
          {usd(of?.cost_before_usd)} becomes {usd(of?.cost_after_usd)} ({difference(of?.difference_usd ?? "0")}). Records change with everything that is summed up of them: usage, analytics and reports. Budgets stay as they were
          settled.
        </p>
        <p className="mt-2">Each record keeps what it was charged. To go back, correct the calls again at the earlier prices.</p>
      </Confirm>
      <Confirm
        open={asked === "cancel"}
        onClose={() => setAsked(null)}
        title="Cancel it?"
        action="Cancel the re-costing"
        onConfirm={async () => {
          await post(`${PATH}/${encodeURIComponent(id ?? "")}/cancel`, {});
          await renew(PATH);
          toast("Cancelled");
        }}
      >
        {of?.dry_run ? "Nothing is changed by it." : "Calls that are changed already stay so; the rest stays as it is."}
      </Confirm>
    </Drawer>
  );
}
