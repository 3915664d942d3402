// Up to four models side by side: the same words, all answers as they stream, with times, tokens, cost and what guardrails did.
import { getRouteApi, Link } from "@tanstack/react-router";
import { type FormEvent, useEffect, useRef, useState } from "react";
import { useAll } from "@/api/lists";
import { useMay } from "@/api/permissions";
import type { Guardrail, Model } from "@/api/types";
import { callable } from "@/features/keys/ShownOnce";
import { Button, IconButton } from "@/ui/button";
import { CheckField, SelectField, TextArea, TextField } from "@/ui/fields";
import { Empty, PageHead, Panel } from "@/ui/panels";
import { Shown } from "./Answer";
import { type Parameters, useExchanges } from "./exchange";
import { BUDGET_USD } from "./key";

const page = getRouteApi("/playground");
const MOST_MODELS = 4;
const COLUMNS = ["", "", "sm:grid-cols-2", "sm:grid-cols-2 xl:grid-cols-3", "sm:grid-cols-2 xl:grid-cols-4"];

/** The models that are asked, each with a menu, and one more. */
function Asked({ models, names, onChange }: { models: string[]; names: string[]; onChange: (models: string[]) => void }) {
  const options = names.map((name) => ({ value: name, label: name }));
  const free = names.find((name) => !models.includes(name)) ?? names[0];
  return (
    <div className="flex flex-wrap items-end gap-2">
      {models.map((model, at) => (
        <div key={at} className="flex w-full min-w-0 items-end gap-0.5 sm:w-60">
          <div className="min-w-0 flex-1">
            <SelectField label={`Model ${at + 1}`} value={model} options={options} onChange={(event) => onChange(models.map((one, place) => (place === at ? event.target.value : one)))} />
          </div>
          {models.length > 1 ? <IconButton icon="close" label={`Leave out model ${at + 1}`} onClick={() => onChange(models.filter((_, place) => place !== at))} /> : null}
        </div>
      ))}
      {models.length < MOST_MODELS && free ? (
        <Button icon="plus" onClick={() => onChange([...models, free])}>
          Compare another
        </Button>
      ) : null}
    </div>
  );
}

function Settings({ of, onChange }: { of: Parameters; onChange: (next: Parameters) => void }) {
  const guardrails = useAll<Guardrail>("/api/v1/guardrails", {}, useMay("guardrails:read")).data ?? [];
  const set = (change: Partial<Parameters>) => onChange({ ...of, ...change });
  return (
    <div className="mt-2 grid w-[min(44rem,78vw)] gap-3 sm:grid-cols-3">
      <div className="sm:col-span-3">
        <TextArea label="Instructions" rows={2} value={of.system} onChange={(event) => set({ system: event.target.value })} />
      </div>
      <TextField label="Temperature" type="number" min={0} max={2} step={0.1} value={of.temperature} onChange={(event) => set({ temperature: event.target.value })} />
      <TextField label="Most output tokens" type="number" min={1} value={of.most} onChange={(event) => set({ most: event.target.value })} />
      <SelectField label="Cache" value={of.cache} options={[{ value: "", label: "as configured" }, { value: "off", label: "off" }, { value: "refresh", label: "answer anew" }]} onChange={(event) => set({ cache: event.target.value })} />
      {guardrails.length > 0 ? (
        <fieldset className="sm:col-span-3">
          <legend className="mb-1 font-medium">Guardrails</legend>
          <div className="flex flex-wrap gap-x-5 gap-y-1.5">
            {guardrails.map(({ name, mandatory }) => (
              <CheckField key={name} label={name} disabled={mandatory} checked={mandatory || of.guardrails.includes(name)} onChange={(on) => set({ guardrails: on ? [...of.guardrails, name] : of.guardrails.filter((one) => one !== name) })} />
            ))}
          </div>
        </fieldset>
      ) : null}
    </div>
  );
}

/** The page. */
export function Playground() {
  const search = page.useSearch();
  const navigate = page.useNavigate();
  const all = useAll<Model>("/api/v1/models", {}, useMay("models:read"));
  const names = callable(all.data ?? [], ["*"]);
  const models = search.models ? search.models.split(",").slice(0, MOST_MODELS) : names.slice(0, 2);
  const [question, setQuestion] = useState("");
  const [parameters, setParameters] = useState<Parameters>({ system: "", temperature: "", most: "", guardrails: [], cache: "" });
  const { past, running, send, stop, clear } = useExchanges();
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    void end.current?.scrollIntoView({ block: "nearest" });
  }, [past]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const text = question.trim();
    if (text === "" || models.length === 0 || running) return;
    send(models, text, parameters);
    setQuestion("");
  };
  return (
    <>
      <PageHead title="Playground" about={`Ask several models the same. The page makes itself a key with $${BUDGET_USD} for an hour, and deletes it when you leave.`}>
        <Button disabled={past.length === 0} onClick={clear}>
          Start over
        </Button>
      </PageHead>
      {all.isSuccess && names.length === 0 ? (
        <Panel>
          <Empty icon="model" title="No model to talk to">
            <Link to="/start" className="text-accent-strong underline">
              Connect a provider
            </Link>
          </Empty>
        </Panel>
      ) : (
        <div className="flex min-h-0 flex-1 flex-col gap-4">
          <Asked models={models} names={names} onChange={(next) => void navigate({ search: { models: next.join(",") }, replace: true })} />
          <section aria-label="Conversation" aria-live="polite" aria-busy={running} className="min-h-64 flex-1 space-y-4">
            {past.length === 0 ? <Empty icon="playground" title="Nothing asked yet">The answers come side by side, as they stream, each with what it took.</Empty> : null}
            {past.map((one, at) => (
              <article key={at} className="overflow-hidden rounded-lg border border-line bg-panel shadow-panel">
                <p className="border-b border-line bg-raised px-4 py-2.5 font-medium break-words whitespace-pre-wrap">{one.question}</p>
                <div className={`grid gap-px bg-line ${COLUMNS[one.answers.length] ?? ""}`}>
                  {one.answers.map((answer, column) => (
                    <div key={column} className="min-w-0 bg-panel p-4">
                      <Shown of={answer} />
                    </div>
                  ))}
                </div>
              </article>
            ))}
            <div ref={end} />
          </section>
          <form onSubmit={submit} className="sticky bottom-0 rounded-lg border border-line bg-panel p-3 shadow-pop">
            <TextArea
              label="Your message"
              hideLabel
              rows={2}
              value={question}
              placeholder="Ask them all. Enter sends, Shift Enter begins a new line."
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
                <summary className="cursor-pointer text-soft">Settings and guardrails</summary>
                <Settings of={parameters} onChange={setParameters} />
              </details>
              {running ? (
                <Button icon="close" onClick={stop}>
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
