// A short call to one model of a provider, or to an alias, to see whether it answers: by the playground's key, and counted as any call.
import { Link } from "@tanstack/react-router";
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { useAll } from "@/api/lists";
import { useMay } from "@/api/permissions";
import type { Model } from "@/api/types";
import { playgroundKey } from "@/features/playground/key";
import { chat, type Head, type Told } from "@/features/playground/stream";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/fields";
import { count, duration } from "@/ui/format";
import { Note } from "@/ui/panels";

/** Enough for a word from any model, and next to nothing in money. */
const MOST_TOKENS = 64;

type Outcome = { head: Head | null; told: Told | null; text: string; fault: string | null };

/** The form and what came of it: for a provider, whose model is chosen, or for one model that is called as it is. `children` stand
 *  beside the button. */
export function TestCall({ of, fixed, children }: { of: string; fixed?: string; children?: ReactNode }) {
  const models = useAll<Model>("/api/v1/models", {}, useMay("models:read") && fixed === undefined).data ?? [];
  const own = models.filter((model) => model.owner === of && model.mode === "chat").map(({ id }) => id);
  const [typed, setTyped] = useState<string | null>(null);
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const [busy, setBusy] = useState(false);
  const stopper = useRef<AbortController | null>(null);
  useEffect(() => () => stopper.current?.abort(), []);
  const model = fixed ?? typed ?? own[0] ?? `${of}/`;
  const go = async (event: FormEvent) => {
    event.preventDefault();
    stopper.current = new AbortController();
    setBusy(true);
    setOutcome(null);
    const found: Outcome = { head: null, told: null, text: "", fault: null };
    try {
      const call = { key: await playgroundKey(), model, turns: [{ role: "user" as const, content: "Say hello." }], maxTokens: MOST_TOKENS, cache: "off" };
      found.told = await chat(call, (piece) => (found.text += piece), stopper.current.signal, (head) => (found.head = head));
    } catch (error) {
      found.fault = error instanceof Error ? error.message : String(error);
    }
    setOutcome(found);
    setBusy(false);
  };
  const id = outcome?.head?.requestId;
  return (
    <form onSubmit={go} aria-label={`Test ${of}`}>
      <div className="flex items-end gap-2">
        {fixed === undefined ? (
          <div className="min-w-0 flex-1">
            <TextField label={`Model of ${of}`} hideLabel list={`models-${of}`} value={model} onChange={(event) => setTyped(event.target.value)} />
            <datalist id={`models-${of}`}>{own.map((name) => <option key={name} value={name} />)}</datalist>
          </div>
        ) : null}
        <Button type="submit" icon="bolt" small={fixed !== undefined} busy={busy}>
          <span>
            Test call{fixed === undefined ? null : <span className="sr-only"> to {fixed}</span>}
          </span>
        </Button>
        {children}
      </div>
      <div role="status" className="mt-2 empty:hidden">
        {outcome ? (
          <Note tone={outcome.fault ? "bad" : "good"}>
            <p className="break-words">
              {outcome.fault ?? `Answered in ${duration(outcome.told?.totalMs)}, ${count(outcome.told?.outputTokens ?? 0)} tokens: ${outcome.text}`}{" "}
              {id ? (
                <Link to="/requests" search={{ open: id }} className="whitespace-nowrap underline">
                  its record
                </Link>
              ) : null}
            </p>
          </Note>
        ) : null}
      </div>
    </form>
  );
}
