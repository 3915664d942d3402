// From nothing to a first routed request: a provider, a key, a call, and its record, each ticked when it is there.
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useAll, page as pageOf } from "@/api/lists";
import { useMay } from "@/api/permissions";
import type { Key, Log, Model, NewKey, Provider } from "@/api/types";
import { KeyForm } from "@/features/keys/KeyForm";
import { callable } from "@/features/keys/ShownOnce";
import { chat } from "@/features/playground/stream";
import { Outcome } from "@/features/requests/Outcome";
import { Timeline } from "@/features/requests/Timeline";
import { Button } from "@/ui/button";
import { CodeBlock } from "@/ui/code";
import { SelectField } from "@/ui/fields";
import { count, usd } from "@/ui/format";
import { Icon } from "@/ui/icons";
import { Note, PageHead } from "@/ui/panels";
import { Snippets } from "./Snippets";

/** How often it is asked for the first record, and once that is there. */
const WAITING_MS = 1_000;
const LIVE_MS = 3_000;
const page = getRouteApi("/start");

function Step({ number, title, done, children }: { number: number; title: string; done: boolean; children: ReactNode }) {
  return (
    <li className="relative grid grid-cols-[2rem_minmax(0,1fr)] gap-3 pb-6">
      <span className={`grid size-7 place-items-center rounded-full font-semibold ${done ? "bg-good-soft text-good" : "bg-accent-soft text-accent-strong"}`}>{done ? <Icon name="check" size={14} /> : number}</span>
      <div className="min-w-0 rounded-lg border border-line bg-panel p-4 shadow-panel">
        <h2 className="mb-1 font-semibold">
          {title}
          {done ? <span className="sr-only"> (done)</span> : null}
        </h2>
        {children}
      </div>
    </li>
  );
}

const PROVIDER_SAMPLE = `# gatewright.yaml
providers:
  openai: { api_key: \${OPENAI_API_KEY} }
models:
  chat: { targets: [{ provider: openai, model: gpt-4o-mini }] }`;

function Providers() {
  const sees = useMay("providers:read");
  const providers = useAll<Provider>("/api/v1/providers", {}, sees).data;
  const done = (providers?.length ?? 0) > 0;
  return (
    <Step number={1} title="A provider" done={done}>
      {done ? (
        <p className="text-soft">
          This gateway asks{" "}
          <Link to="/providers" className="text-accent-strong underline">
            {providers?.map((one) => one.name).join(", ")}
          </Link>
          .
        </p>
      ) : sees ? (
        <>
          <p className="mb-3 text-soft">Put a provider's key into the environment or the configuration file. With --demo there is one to try things with.</p>
          <CodeBlock text={PROVIDER_SAMPLE} label="a configuration" />
          <Link to="/providers" search={{ add: "1" }} className="mt-3 inline-block font-medium text-accent-strong hover:underline">
            Add a provider step by step
          </Link>
        </>
      ) : (
        <p className="text-soft">Whoever runs this gateway connects providers.</p>
      )}
    </Step>
  );
}

/** The same call from this page, for whoever has nothing at hand to call with. */
function SendIt({ apiKey, model }: { apiKey: string; model: string }) {
  const [text, setText] = useState<string | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const stopper = useRef<AbortController | null>(null);
  useEffect(() => () => stopper.current?.abort(), []);
  const go = async () => {
    stopper.current = new AbortController();
    setBusy(true);
    setFault(null);
    setText("");
    try {
      await chat({ key: apiKey, model, turns: [{ role: "user", content: "Say hello." }] }, (piece) => setText((before) => (before ?? "") + piece), stopper.current.signal);
    } catch (error) {
      setFault(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className="mt-3 border-t border-line pt-3">
      <div className="flex flex-wrap items-center gap-3">
        <Button icon="bolt" busy={busy} onClick={() => void go()}>
          Send it from here
        </Button>
        <span className="text-soft">The same question to {model}, by your browser, with this key.</span>
      </div>
      {fault ? (
        <div className="mt-2">
          <Note tone="bad">{fault}</Note>
        </div>
      ) : null}
      {text ? <p className="mt-2 rounded-md border border-line bg-raised p-3 break-words whitespace-pre-wrap">{text}</p> : null}
    </div>
  );
}

/** How the gateway routed it: its ending, its tries, and the way to the rest. */
function Record({ of: log }: { of: Log }) {
  return (
    <div role="status" className="fade-in rounded-md border border-line p-3">
      <div className="num mb-3 flex flex-wrap items-center gap-3">
        <Outcome log={log} />
        <span className="font-medium break-all">{log.model}</span>
        <span className="text-soft">
          {count(log.input_tokens)} + {count(log.output_tokens)} tokens
        </span>
        <span className="text-soft">{usd(log.cost_usd)}</span>
        <Link to="/requests" search={{ open: log.request_id }} className="ml-auto font-medium text-accent-strong hover:underline">
          Look into it
        </Link>
      </div>
      <Timeline log={log} />
    </div>
  );
}

/** The page. */
export function Start() {
  const search = page.useSearch();
  const navigate = page.useNavigate();
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<NewKey | null>(null);
  const writes = useMay("keys:write");
  const keys = useAll<Key>("/api/v1/keys", {}, useMay("keys:read")).data;
  const models = useAll<Model>("/api/v1/models", {}, useMay("models:read")).data ?? [];
  const names = callable(models, made?.models ?? ["*"]);
  const model = search.model && names.includes(search.model) ? search.model : (names[0] ?? "MODEL");
  const sees = useMay("logs:read");
  const first = useQuery({
    queryKey: ["/api/v1/logs", "first", made?.id],
    queryFn: ({ signal }) => pageOf<Log>("/api/v1/logs", { limit: 1, key_id: made?.id }, signal),
    refetchInterval: (query) => (query.state.data?.data[0] ? LIVE_MS : WAITING_MS),
    enabled: sees,
  });
  const log = first.data?.data[0];
  const set = (change: Partial<typeof search>) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true });
  return (
    <>
      <PageHead title="First request" about="Four steps from an empty gateway to a call that you can look into." />
      <ol className="max-w-5xl">
        <Providers />
        <Step number={2} title="A key" done={made !== null || (keys?.length ?? 0) > 0}>
          {made ? (
            <>
              <Note tone="warn">Copy it now: it is shown this once.</Note>
              <div className="mt-2">
                <CodeBlock text={made.key} label="the key" />
              </div>
            </>
          ) : (
            <>
              <p className="mb-3 text-soft">{(keys?.length ?? 0) > 0 ? `There ${keys?.length === 1 ? "is one key" : `are ${keys?.length} keys`} already. A new one for yourself fills in the snippets below.` : "Applications call the gateway with a virtual key that has limits of its own."}</p>
              {writes ? (
                <Button look="primary" icon="plus" onClick={() => setMaking(true)}>
                  Create a key
                </Button>
              ) : (
                <p className="text-soft">Ask an admin for one.</p>
              )}
            </>
          )}
        </Step>
        <Step number={3} title="A call" done={log !== undefined}>
          <div className="mb-3 max-w-72">
            <SelectField label="Model" value={model} options={(names.length > 0 ? names : ["MODEL"]).map((name) => ({ value: name, label: name }))} onChange={(event) => set({ model: event.target.value })} />
          </div>
          <Snippets apiKey={made?.key ?? "YOUR_KEY"} model={model} client={search.client} onClient={(client) => set({ client })} />
          {made ? <SendIt apiKey={made.key} model={model} /> : null}
        </Step>
        <Step number={4} title="Its record" done={log !== undefined}>
          {log ? (
            <Record of={log} />
          ) : (
            <p className="flex items-center gap-2 text-soft" role="status">
              {sees ? (
                <>
                  <span className="pulse size-2 shrink-0 rounded-full bg-accent" />
                  Waiting for {made ? `the first call with ${made.name}` : "the first call"}. It is shown here a moment after it ended.
                </>
              ) : (
                "Your role does not show requests."
              )}
            </p>
          )}
        </Step>
      </ol>
      <KeyForm
        open={making}
        onClose={() => setMaking(false)}
        onDone={(key) => {
          setMaking(false);
          if ("key" in key) setMade(key);
        }}
      />
    </>
  );
}
