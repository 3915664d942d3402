// Which way a request would take, without sending it.
import { type FormEvent, type ReactNode, useState } from "react";
import { post } from "@/api/change";
import { useAll } from "@/api/lists";
import { useMay } from "@/api/permissions";
import type { Key, Route, RouteWay } from "@/api/types";
import { Button } from "@/ui/button";
import { SelectField, TextArea, TextField } from "@/ui/fields";
import { words } from "@/ui/format";
import { Badge, Note, Panel } from "@/ui/panels";

type Props = { route: Route; changed: boolean; onWay: (way: RouteWay | null) => void; picture: (way: RouteWay) => ReactNode };

function Steps({ of }: { of: RouteWay }) {
  return (
    <>
      <ol className="space-y-2">
        {of.steps.map((step, at) => (
          <li key={`${step.node}${at}`} className="flex items-start gap-2.5">
            <span className={`num mt-0.5 grid size-5 shrink-0 place-items-center rounded-full text-[0.8rem] ${step.on_failure ? "bg-sunken text-faint" : "bg-accent text-on-accent"}`}>{at + 1}</span>
            <div>
              <span className="font-medium">{step.node}</span> <Badge>{words(step.type)}</Badge> {step.on_failure ? <span className="text-faint">only if what is before it fails</span> : null}
              <p className="text-soft">{step.reason}</p>
            </div>
          </li>
        ))}
      </ol>
      <div className="mt-4">
        {of.refusal ? (
          <Note tone="warn">
            Refused: {of.refusal.status ?? ""} {of.refusal.message ?? of.refusal.code ?? ""}
          </Note>
        ) : (
          <p>
            Asked in this order: <b>{of.targets.map((target) => `${target.provider}/${target.model}`).join(", then ")}</b>
          </p>
        )}
      </div>
    </>
  );
}

/** The view. */
export function Simulate({ route, changed, onWay, picture }: Props) {
  const [version, setVersion] = useState(route.draft ? "draft" : "");
  const [text, setText] = useState("Hello, where is my parcel?");
  const [tags, setTags] = useState("");
  const [customer, setCustomer] = useState("");
  const [key, setKey] = useState("");
  const [way, setWay] = useState<RouteWay | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const keys = useAll<Key>("/api/v1/keys", {}, useMay("keys:read")).data ?? [];
  const go = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFault(null);
    const headers = { ...(tags ? { "x-gatewright-tags": tags } : {}), ...(customer ? { "x-gatewright-customer": customer } : {}) };
    const request = { body: { messages: [{ role: "user", content: text }] }, headers, ...(key ? { key_id: key } : {}) };
    try {
      const found = await post<RouteWay>(`/api/v1/routes/${route.id}/simulate`, { request, ...(version ? { version } : {}) });
      setWay(found);
      onWay(found);
    } catch (error) {
      setWay(null);
      onWay(null);
      setFault(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };
  const versions = [
    ...(route.draft ? [{ value: "draft", label: `draft ${route.draft.number}` }] : []),
    ...(route.published ? [{ value: "", label: `in force (version ${route.published.number})` }] : []),
  ];
  return (
    <div className="grid items-start gap-4 xl:grid-cols-[24rem_minmax(0,1fr)]">
      <Panel title="A request">
        <form onSubmit={go} className="space-y-4">
          {changed ? <Note tone="info">Changes that are not saved are not simulated. Save the draft first.</Note> : null}
          <SelectField label="Of the route" value={version} options={versions} onChange={(event) => setVersion(event.target.value)} />
          <TextArea label="What the user says" rows={3} value={text} onChange={(event) => setText(event.target.value)} />
          <TextField label="Tags" value={tags} onChange={(event) => setTags(event.target.value)} placeholder="vip, beta" />
          <TextField label="Customer" value={customer} onChange={(event) => setCustomer(event.target.value)} />
          <SelectField label="Key" value={key} options={[{ value: "", label: "None" }, ...keys.map(({ id, name }) => ({ value: id, label: name }))]} onChange={(event) => setKey(event.target.value)} />
          <Button type="submit" look="primary" icon="route" busy={busy}>
            Simulate
          </Button>
        </form>
      </Panel>
      <Panel title="Its way">
        {fault ? <Note tone="bad">{fault}</Note> : null}
        {way ? (
          <div className="space-y-4">
            <Steps of={way} />
            {picture(way)}
          </div>
        ) : fault ? null : (
          <p className="text-soft">Nothing is sent and nothing is counted. The way that the request would take is shown here.</p>
        )}
      </Panel>
    </div>
  );
}
