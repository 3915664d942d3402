// Two models side by side: the same words, both answers as they stream, with times, tokens and cost.
import { getRouteApi, Link } from "@tanstack/react-router";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { page as pageOf, useAll } from "@/api/lists";
import { may, useSession } from "@/api/permissions";
import type { Log, Model } from "@/api/types";
import { callable } from "@/features/keys/ShownOnce";
import { Button } from "@/ui/button";
import { SelectField, TextArea, TextField } from "@/ui/fields";
import { count, duration, usd } from "@/ui/format";
import { Empty, Note, PageHead, Panel } from "@/ui/panels";
import { BUDGET_USD, dropKey, dropKeyAtOnce, playgroundKey } from "./key";
import { chat, type Told, type Turn } from "./stream";

const page = getRouteApi("/playground");
const COST_TRIES = 20;
const COST_WAIT_MS = 500;

type Answer = { text: string; told: Told | null; fault: string | null; costUsd: string | null; running: boolean };
type Exchange = { question: string; answers: [Answer, Answer | null] };
const NOTHING: Answer = { text: "", told: null, fault: null, costUsd: null, running: true };

/** What a call cost, as its record says, which is there a moment after the call ended. */
async function costOf(requestId: string, signal: AbortSignal): Promise<string | null> {
  for (let tries = 0; tries < COST_TRIES && !signal.aborted; tries += 1) {
    const log = (await pageOf<Log>("/api/v1/logs", { request_id: requestId }, signal)).data[0];
    if (log) return log.cost_usd;
    await new Promise((resolve) => window.setTimeout(resolve, COST_WAIT_MS));
  }
  return null;
}

function Shown({ of }: { of: Answer }) {
  const { told } = of;
  const rate = told?.outputTokens && told.firstMs !== null && told.totalMs > told.firstMs ? (1000 * told.outputTokens) / (told.totalMs - told.firstMs) : null;
  return (
    <div className="min-w-0">
      {of.fault ? <Note tone="bad">{of.fault}</Note> : null}
      <p className="leading-relaxed break-words whitespace-pre-wrap">
        {of.text}
        {of.running ? <span className="pulse text-accent">▍</span> : null}
      </p>
      <div className="num mt-2 flex min-h-5 flex-wrap gap-x-3 text-[0.86rem] text-faint">
        {told ? (
          <>
            <span>first {duration(told.firstMs)}</span>
            <span>total {duration(told.totalMs)}</span>
            {told.outputTokens === null ? null : (
              <span>
                {count(told.inputTokens ?? 0)} + {count(told.outputTokens)} tokens
              </span>
            )}
            {rate === null ? null : <span>{Math.round(rate)} tokens/s</span>}
            {of.costUsd === null ? null : <span className="text-soft">{usd(of.costUsd)}</span>}
            {told.requestId ? (
              <Link to="/requests" search={{ open: told.requestId }} className="text-accent-strong hover:underline">
                its record
              </Link>
            ) : null}
          </>
        ) : null}
      </div>
    </div>
  );
}

/** The page. */
export function Playground() {
  const search = page.useSearch();
  const navigate = page.useNavigate();
  const session = useSession();
  const models = useAll<Model>("/api/v1/models", {}, may(session, "models:read"));
  const names = callable(models.data ?? [], ["*"]);
  const left = search.left ?? names[0] ?? "";
  const right = search.right === "none" ? "" : (search.right ?? names[1] ?? "");
  const [system, setSystem] = useState("");
  const [temperature, setTemperature] = useState("");
  const [most, setMost] = useState("");
  const [question, setQuestion] = useState("");
  const [past, setPast] = useState<Exchange[]>([]);
  const stopper = useRef<AbortController | null>(null);
  const end = useRef<HTMLDivElement>(null);
  const running = past.some((one) => one.answers.some((answer) => answer?.running));
  useEffect(() => {
    window.addEventListener("pagehide", dropKeyAtOnce);
    return () => {
      window.removeEventListener("pagehide", dropKeyAtOnce);
      stopper.current?.abort();
      dropKey();
    };
  }, []);
  useEffect(() => {
    void end.current?.scrollIntoView({ block: "nearest" });
  }, [past]);
  const set = (change: Partial<typeof search>) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true });

  const put = (at: number, side: 0 | 1, change: (answer: Answer) => Answer) =>
    setPast((before) => before.map((one, place) => {
      const old = one.answers[side];
      if (place !== at || old === null) return one;
      const answers: Exchange["answers"] = side === 0 ? [change(old), one.answers[1]] : [one.answers[0], change(old)];
      return { ...one, answers };
    }));

  const ask = async (at: number, side: 0 | 1, model: string, turns: Turn[], signal: AbortSignal) => {
    try {
      const key = await playgroundKey();
      const call = { key, model, turns, temperature: temperature === "" ? undefined : Number(temperature), maxTokens: most === "" ? undefined : Number(most) };
      const told = await chat(call, (piece) => put(at, side, (answer) => ({ ...answer, text: answer.text + piece })), signal);
      put(at, side, (answer) => ({ ...answer, told, running: false }));
      if (told.requestId && may(session, "logs:read")) {
        const costUsd = await costOf(told.requestId, signal);
        put(at, side, (answer) => ({ ...answer, costUsd }));
      }
    } catch (error) {
      const fault = signal.aborted ? "Stopped." : error instanceof Error ? error.message : String(error);
      put(at, side, (answer) => (answer.told ? answer : { ...answer, fault, running: false }));
    }
  };

  const send = (event: FormEvent) => {
    event.preventDefault();
    const text = question.trim();
    if (text === "" || left === "" || running) return;
    const turnsOf = (side: 0 | 1): Turn[] => [
      ...(system.trim() ? [{ role: "system" as const, content: system }] : []),
      ...past.flatMap((one): Turn[] => {
        const answer = one.answers[side] ?? one.answers[0];
        return answer.text ? [{ role: "user", content: one.question }, { role: "assistant", content: answer.text }] : [];
      }),
      { role: "user", content: text },
    ];
    stopper.current = new AbortController();
    const at = past.length;
    const sides = [turnsOf(0), turnsOf(1)] as const;
    setPast([...past, { question: text, answers: [NOTHING, right === "" ? null : NOTHING] }]);
    setQuestion("");
    void ask(at, 0, left, sides[0], stopper.current.signal);
    if (right !== "") void ask(at, 1, right, sides[1], stopper.current.signal);
  };

  const options = names.map((name) => ({ value: name, label: name }));
  return (
    <>
      <PageHead title="Playground" about={`Ask two models the same. The page makes itself a key with $${BUDGET_USD} for an hour, and deletes it when you leave.`}>
        <Button disabled={past.length === 0} onClick={() => { stopper.current?.abort(); setPast([]); }}>
          Start over
        </Button>
      </PageHead>
      {models.isSuccess && names.length === 0 ? (
        <Panel>
          <Empty icon="model" title="No model to talk to">
            <Link to="/start" className="text-accent-strong underline">
              Connect a provider
            </Link>
          </Empty>
        </Panel>
      ) : (
        <div className="flex min-h-0 flex-1 flex-col gap-4">
          <div className="grid gap-4 sm:grid-cols-2">
            <SelectField label="Left" value={left} options={options} onChange={(event) => set({ left: event.target.value })} />
            <SelectField label="Right" value={right} options={[{ value: "", label: "Nobody" }, ...options]} onChange={(event) => set({ right: event.target.value || "none" })} />
          </div>
          <section aria-label="Conversation" aria-live="polite" aria-busy={running} className="min-h-64 flex-1 space-y-4">
            {past.length === 0 ? <Empty icon="playground" title="Nothing asked yet">Both answers come side by side, as they stream.</Empty> : null}
            {past.map((one, at) => (
              <article key={at} className="rounded-lg border border-line bg-panel shadow-panel">
                <p className="border-b border-line bg-raised px-4 py-2.5 font-medium break-words whitespace-pre-wrap">{one.question}</p>
                <div className={`grid divide-line max-sm:divide-y sm:divide-x ${one.answers[1] ? "sm:grid-cols-2" : ""}`}>
                  {one.answers.map((answer, side) => (answer ? <div key={side === 0 ? "left" : "right"} className="min-w-0 p-4"><Shown of={answer} /></div> : null))}
                </div>
              </article>
            ))}
            <div ref={end} />
          </section>
          <form onSubmit={send} className="sticky bottom-0 rounded-lg border border-line bg-panel p-3 shadow-pop">
            <TextArea
              label="Your message"
              hideLabel
              rows={2}
              value={question}
              placeholder="Ask both. Enter sends, Shift Enter begins a new line."
              onChange={(event) => setQuestion(event.target.value)}
              onKeyDown={(event) => {
                if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
                  event.preventDefault();
                  event.currentTarget.form?.requestSubmit();
                }
              }}
            />
            <div className="mt-2 flex flex-wrap items-end justify-between gap-2">
              <details className="min-w-0">
                <summary className="cursor-pointer text-soft">Instructions and parameters</summary>
                <div className="mt-2 grid w-[min(36rem,70vw)] gap-3 sm:grid-cols-2">
                  <div className="sm:col-span-2">
                    <TextArea label="Instructions" rows={2} value={system} onChange={(event) => setSystem(event.target.value)} />
                  </div>
                  <TextField label="Temperature" type="number" min={0} max={2} step={0.1} value={temperature} onChange={(event) => setTemperature(event.target.value)} />
                  <TextField label="Most output tokens" type="number" min={1} value={most} onChange={(event) => setMost(event.target.value)} />
                </div>
              </details>
              {running ? (
                <Button icon="close" onClick={() => stopper.current?.abort()}>
                  Stop
                </Button>
              ) : (
                <Button type="submit" look="primary" icon="start" disabled={question.trim() === ""}>
                  Send
                </Button>
              )}
            </div>
          </form>
        </div>
      )}
    </>
  );
}
