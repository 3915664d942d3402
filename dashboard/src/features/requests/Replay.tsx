// Makes a request again as it was kept, with the same model or another, and shows both answers' figures.
import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useMemo, useState } from "react";
import { post } from "@/api/change";
import { useAll } from "@/api/lists";
import { useMay } from "@/api/permissions";
import type { Log, Model, Replayed } from "@/api/types";
import { dropKey, playgroundKey } from "@/features/playground/key";
import { Button } from "@/ui/button";
import { SelectField, TextField } from "@/ui/fields";
import { Dialog } from "@/ui/overlays";
import { Badge, Note } from "@/ui/panels";
import { Turns } from "./bodies/Bodies";
import { answered } from "./bodies/turns";

function Answer({ of, onClose }: { of: Replayed; onClose: () => void }) {
  const turns = useMemo(() => (of.response?.encoding === "text" ? answered(of.response.content_type, of.response.body) : null), [of]);
  return (
    <div className="space-y-3">
      <div className="flex flex-wrap items-center gap-2">
        <Badge tone={of.status < 400 ? "good" : "bad"}>{of.status}</Badge>
        <span className="font-medium">{of.model}</span>
        {of.masked ? <Badge tone="warn" title="What was masked when it was kept was sent masked">masked</Badge> : null}
        {of.complete ? null : <Badge tone="warn">cut short</Badge>}
        <Link to="/requests" search={(old) => ({ ...old, open: of.request_id, tab: undefined })} onClick={onClose} className="ml-auto text-accent-strong hover:underline">
          Its record
        </Link>
      </div>
      <div className="max-h-[50vh] overflow-y-auto rounded-lg border border-line p-3" tabIndex={0} role="region" aria-label="The answer">
        {turns ? <Turns of={turns} look="markdown" /> : <pre className="break-words whitespace-pre-wrap">{of.response?.encoding === "text" ? of.response.body.slice(0, 50_000) : "not text"}</pre>}
      </div>
    </div>
  );
}

/** The dialog. */
export function Replay({ log, open, onClose }: { log: Log; open: boolean; onClose: () => void }) {
  const makesKeys = useMay("keys:write");
  const models = useAll<Model>("/api/v1/models", {}, useMay("models:read") && open).data?.filter((one) => one.configured !== false) ?? [];
  const queries = useQueryClient();
  const [form, setForm] = useState({ model: "", key: "", own: !makesKeys });
  const [fault, setFault] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [found, setFound] = useState<Replayed | null>(null);
  const set = (change: Partial<typeof form>) => setForm((old) => ({ ...old, ...change }));
  const close = () => {
    setFound(null);
    setFault(null);
    set({ key: "" });
    dropKey();
    onClose();
  };
  const go = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFault(null);
    setFound(null);
    try {
      const key = form.own ? form.key.trim() : await playgroundKey();
      setFound(await post<Replayed>(`/api/v1/logs/${log.id}/replay`, { key, model: form.model.trim() || undefined }));
      // Not of the bodies: each look at them is in the audit log.
      await queries.invalidateQueries({ queryKey: ["/api/v1/logs", "pages"] });
    } catch (error) {
      setFault(error instanceof Error ? error.message : String(error));
    }
    setBusy(false);
  };
  return (
    <Dialog open={open} onClose={close} title="Replay this request" about="What was sent goes through the gateway once more: it is metered and recorded as any call." wide>
      <form onSubmit={go} className="mb-4 space-y-3">
        <div className="grid gap-3 sm:grid-cols-2">
          <TextField label="Model" list="replay-models" placeholder={log.model} value={form.model} onChange={(event) => set({ model: event.target.value })} hint="empty: the same" />
          <datalist id="replay-models">{models.map((one) => <option key={one.id} value={one.id} />)}</datalist>
          {makesKeys ? <SelectField label="With" value={form.own ? "own" : "made"} options={[{ value: "made", label: "a key made for it: $1, for an hour" }, { value: "own", label: "a key that I paste" }]} onChange={(event) => set({ own: event.target.value === "own" })} /> : null}
          {form.own ? <TextField label="Virtual key" type="password" required value={form.key} onChange={(event) => set({ key: event.target.value })} hint="it counts for this key" /> : null}
        </div>
        {fault ? <Note tone="bad">{fault}</Note> : null}
        <div className="flex justify-end gap-2">
          <Button type="submit" look="primary" icon="refresh" busy={busy}>
            Send it again
          </Button>
        </div>
      </form>
      {found ? <Answer of={found} onClose={close} /> : null}
    </Dialog>
  );
}
