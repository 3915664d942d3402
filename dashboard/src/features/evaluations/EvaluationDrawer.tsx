// One evaluation: how far it is, how each model fared, which won against which, and every answer with its checks.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { get, post, remove, useRenew } from "@/api/change";
import { usePages } from "@/api/lists";
import { useMay } from "@/api/permissions";
import { Button } from "@/ui/button";
import { count, duration, moment, percent, usd } from "@/ui/format";
import { Meter } from "@/ui/meter";
import { Confirm, Drawer } from "@/ui/overlays";
import { Badge, Empty, Facts, Failed, Loading, Note } from "@/ui/panels";
import { toastError } from "@/ui/toast";
import { GoOn } from "./GoOn";
import { type Evaluation, isOpen, type Pair, type Result, stateTone, verdictTone, type Whole } from "./kinds";

const PATH = "/api/v1/evaluations";
const LIVE_MS = 2_000;
const ROWS = 50;

function Fares({ of }: { of: Whole }) {
  const people = of.recorded ?? null;
  const heads = ["Model", "Passed", "Score", ...(people ? ["People"] : []), "Errors", "Cost", "p50", "p95"];
  // What people say, and of how many answers.
  const rating = (score: number | null | undefined, rated: number | undefined) => (rated ? `${(score ?? 0).toFixed(2)} of ${count(rated)}` : "–");
  return (
    <div className="overflow-x-auto" tabIndex={0} role="region" aria-label="How models fared">
      <table className="num w-full text-left">
        <thead>
          <tr className="border-b border-line text-[0.86rem] text-faint">
            {heads.map((head, place) => (
              <th key={head} scope="col" className={`h-8 px-2 font-medium whitespace-nowrap first:pl-0 ${place > 0 ? "text-right" : ""}`}>
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {of.summary.map((one) => (
            <tr key={one.target} className="border-b border-line last:border-0">
              <th scope="row" className="h-9 max-w-48 truncate pr-2 font-medium" title={one.model ?? undefined}>
                {one.target}
              </th>
              {[
                percent(one.passed, one.passed + one.failed + one.errors),
                one.mean_score === null || one.mean_score === undefined ? "–" : one.mean_score.toFixed(2),
                ...(people ? [rating(one.feedback_score, one.rated)] : []),
                count(one.errors),
                usd(one.cost_usd),
                duration(one.p50_ms),
                duration(one.p95_ms),
              ].map((text, place) => (
                <td key={place} className="px-2 text-right whitespace-nowrap">
                  {text}
                </td>
              ))}
            </tr>
          ))}
          {people ? (
            <tr>
              <th scope="row" className="h-9 max-w-48 truncate pr-2 font-medium text-soft" title="The answers that the dataset was collected with">
                as recorded
              </th>
              {["–", "–", rating(people.mean_score, people.rated), "–", "–", "–", "–"].map((text, place) => (
                <td key={place} className="px-2 text-right whitespace-nowrap text-soft">
                  {text}
                </td>
              ))}
            </tr>
          ) : null}
        </tbody>
      </table>
    </div>
  );
}

function Duel({ of }: { of: Pair }) {
  const all = of.a_wins + of.b_wins + of.ties;
  return (
    <li className="num">
      <div className="flex items-baseline justify-between gap-3">
        <span className="min-w-0 truncate"><span className="font-medium">{of.a}</span> {count(of.a_wins)}</span>
        <span className="shrink-0 text-[0.86rem] text-faint">{count(of.ties)} even</span>
        <span className="min-w-0 truncate text-right">{count(of.b_wins)} <span className="font-medium">{of.b}</span></span>
      </div>
      <Meter share={all === 0 ? 0 : of.a_wins / all} tone="info" label={`${of.a} won ${of.a_wins}, ${of.b} won ${of.b_wins}, ${of.ties} even`} />
    </li>
  );
}

function Answer({ of, live }: { of: Result; live: boolean }) {
  // Begun, and given up: the budget had not enough left, or somebody cancelled it.
  const verdict = of.verdict === "running" && !live ? "not asked" : of.verdict;
  return (
    <details className="group border-b border-line py-2 last:border-0">
      <summary className="num flex cursor-pointer items-center gap-2">
        <Badge tone={verdictTone(of.verdict)}>{verdict}</Badge>
        <span className="min-w-0 flex-1 truncate">{of.prompt || of.item_id}</span>
        <span className="shrink-0 text-[0.86rem] text-faint">{of.target}</span>
      </summary>
      <div className="mt-2 space-y-2 pl-1">
        {of.error ? <Note tone="bad">{of.error}</Note> : null}
        <Text title="Answer">{of.answer ?? "none"}</Text>
        {of.expected ? <Text title="Expected">{of.expected}</Text> : null}
        <ul className="space-y-1">
          {of.checks.map((check, place) => (
            <li key={place} className="flex flex-wrap items-baseline gap-2">
              <Badge tone={check.passed === false ? "warn" : check.passed ? "good" : "neutral"}>{check.kind.replaceAll("_", " ")}</Badge>
              {check.score === null || check.score === undefined ? null : <span className="num text-[0.9rem]">{check.score.toFixed(2)}</span>}
              <span className="min-w-0 break-words text-soft">{check.detail}</span>
            </li>
          ))}
        </ul>
        <p className="num text-[0.9rem] text-faint">
          {usd(of.cost_usd)} · {duration(of.total_ms)}
          {of.request_id ? <> · <Link to="/requests" search={{ open: of.request_id }} className="underline">its record</Link></> : null}
        </p>
      </div>
    </details>
  );
}

function Text({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div>
      <div className="text-[0.86rem] text-faint">{title}</div>
      <div className="rounded bg-sunken px-2.5 py-1.5 break-words whitespace-pre-wrap">{children}</div>
    </div>
  );
}

function Results({ id, live }: { id: string; live: boolean }) {
  const pages = usePages<Result>(`${PATH}/${id}/results`, {}, ROWS, live ? LIVE_MS * 2 : false);
  const rows = pages.data?.pages.flatMap((one) => one.data) ?? [];
  // What came since the last look, once nothing more comes.
  const was = useRef(live);
  useEffect(() => {
    if (was.current && !live) void pages.refetch();
    was.current = live;
  }, [live]);
  if (pages.isPending) return <Loading rows={4} />;
  if (pages.isError) return <Failed error={pages.error} />;
  if (rows.length === 0) return <p className="text-soft">No answer yet.</p>;
  return (
    <>
      {rows.map((one) => <Answer key={`${one.item_id} ${one.target ?? ""}`} of={one} live={live} />)}
      {pages.hasNextPage ? (
        <Button small className="mt-3" busy={pages.isFetchingNextPage} onClick={() => void pages.fetchNextPage()}>
          More
        </Button>
      ) : null}
    </>
  );
}

/** The drawer; `onOther` opens another one in its place. */
export function EvaluationDrawer({ id, onClose, onOther }: { id: string | undefined; onClose: () => void; onOther: (id: string) => void }) {
  const writes = useMay("datasets:write");
  const renew = useRenew();
  const [gone, setGone] = useState(false);
  const [goingOn, setGoingOn] = useState(false);
  const found = useQuery({ queryKey: [`${PATH}/one`, id], queryFn: ({ signal }) => get<Whole>(`${PATH}/${id}`, signal), enabled: id !== undefined, refetchInterval: (query) => (query.state.data && !isOpen(query.state.data.state) ? false : LIVE_MS) });
  const of = found.data;
  // Items of which people rated both.
  const recorded: Pair[] = (of?.recorded?.comparison ?? []).map((one) => ({ a: one.target, b: "as recorded", a_wins: one.target_wins, b_wins: one.recorded_wins, ties: one.ties })).filter((one) => one.a_wins + one.b_wins + one.ties > 0);
  const act = (what: "cancel" | "rerun") =>
    post<Evaluation>(`${PATH}/${id}/${what}`, {})
      .then(async (made) => {
        await renew(PATH);
        if (what === "rerun") onOther(made.id);
      })
      .catch(toastError);
  return (
    <Drawer open={id !== undefined} onClose={onClose} title={of?.name ?? "Evaluation"} about={of ? `${of.dataset_name}, ${count(of.items)} items` : null} wide>
      {found.isPending ? <Loading rows={8} /> : null}
      {found.isError ? <Failed error={found.error} retry={() => void found.refetch()} /> : null}
      {of ? (
        <div className="space-y-6">
          <section>
            <div className="num mb-1.5 flex flex-wrap items-center gap-2">
              <Badge tone={stateTone(of.state)}>{of.state}</Badge>
              <span>{count(of.progress.done)} of {count(of.progress.total)}</span>
              <span className="ml-auto text-soft">{usd(of.spent_usd)} of {usd(of.budget_usd)}</span>
            </div>
            <Meter share={of.progress.total === 0 ? 0 : of.progress.done / of.progress.total} label={`${of.progress.done} of ${of.progress.total} done`} />
            {of.error ? <div className="mt-3"><Note tone="bad">{of.error}</Note></div> : null}
            {writes ? (
              <div className="mt-3 flex flex-wrap gap-2">
                {isOpen(of.state) ? <Button small onClick={() => void act("cancel")}>Cancel it</Button> : null}
                {["stopped", "cancelled"].includes(of.state) ? <Button small icon="start" onClick={() => setGoingOn(true)}>Go on</Button> : null}
                <Button small icon="refresh" onClick={() => void act("rerun")}>Once more</Button>
                <a href={`${PATH}/${of.id}/export?format=csv`} download className="inline-flex h-7 items-center rounded-md border border-line-strong px-2 text-[0.86rem] font-medium hover:bg-sunken">CSV</a>
                <Button small look="danger" icon="trash" onClick={() => setGone(true)}>Remove</Button>
              </div>
            ) : null}
          </section>
          <section>
            <h3 className="mb-1 font-semibold">How models fared</h3>
            <Fares of={of} />
          </section>
          {of.comparison.length > 0 ? (
            <section>
              <h3 className="mb-1.5 font-semibold">Against each other</h3>
              <ul className="space-y-2">{of.comparison.map((pair) => <Duel key={`${pair.a} ${pair.b}`} of={pair} />)}</ul>
            </section>
          ) : null}
          {recorded.length > 0 ? (
            <section>
              <h3 className="mb-1.5 font-semibold">Against what was recorded, for people</h3>
              <ul className="space-y-2">{recorded.map((pair) => <Duel key={pair.a} of={pair} />)}</ul>
            </section>
          ) : null}
          <Facts rows={[["Checks", of.checks.map((check) => check.kind.replaceAll("_", " ")).join(", ") || "that there is an answer"], ["Begun", moment(of.started_at)], ["Ended", moment(of.ended_at)]]} />
          <section>
            <h3 className="mb-1 font-semibold">Answers</h3>
            <Results id={of.id} live={isOpen(of.state)} />
          </section>
        </div>
      ) : null}
      {found.isSuccess && !of ? <Empty title="There is no such evaluation" /> : null}
      {goingOn && of ? <GoOn of={of} onClose={() => setGoingOn(false)} /> : null}
      <Confirm
        open={gone}
        onClose={() => setGone(false)}
        title={`Remove ${of?.name ?? ""}?`}
        action="Remove"
        onConfirm={async () => {
          await remove(`${PATH}/${id}`);
          await renew(PATH);
          onClose();
        }}
      >
        Its results are gone for good; records of its calls stay.
      </Confirm>
    </Drawer>
  );
}
