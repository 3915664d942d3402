// A dataset made or changed, an item written by hand, and items brought along, one to a line.
import { type FormEvent, useState } from "react";
import { patch, post, useRenew } from "@/api/change";
import { ApiError, credentials, errorOf, randomId } from "@/api/client";
import { useOwners } from "@/features/accounts/owners";
import { placeOptions } from "@/features/tokens/places";
import { Button } from "@/ui/button";
import { SelectField, TextArea, TextField } from "@/ui/fields";
import { bytes, count } from "@/ui/format";
import { Dialog } from "@/ui/overlays";
import { Note } from "@/ui/panels";
import { toast } from "@/ui/toast";
import { added, type Dataset, itemOf, PATH } from "./kinds";

const MOST_BYTES = 4 * 1024 * 1024;

/** Sends a form and keeps what was wrong with it. */
function useSending() {
  const [fault, setFault] = useState<Error | null>(null);
  const [busy, setBusy] = useState(false);
  const send = (event: FormEvent, deed: () => Promise<void>) => {
    event.preventDefault();
    setBusy(true);
    setFault(null);
    deed().catch((error: unknown) => {
      setFault(error instanceof Error ? error : new Error(String(error)));
      setBusy(false);
    });
  };
  return { fault, busy, send };
}

function End({ fault, busy, action, onClose, disabled = false }: { fault: string | null; busy: boolean; action: string; onClose: () => void; disabled?: boolean }) {
  return (
    <>
      {fault ? <Note tone="bad">{fault}</Note> : null}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="primary" busy={busy} disabled={disabled}>
          {action}
        </Button>
      </div>
    </>
  );
}

/** The dialog of a dataset, there while it is open; `of` is the one that is changed. */
export function DatasetForm({ of, onClose, onDone }: { of?: Dataset; onClose: () => void; onDone: (dataset: Dataset) => void }) {
  const [form, setForm] = useState({ name: of?.name ?? "", description: of?.description ?? "", account: of?.account_id ?? "" });
  const { fault, busy, send } = useSending();
  const renew = useRenew();
  const owners = useOwners(true);
  const field = fault instanceof ApiError ? fault.field : null;
  const set = (change: Partial<typeof form>) => setForm({ ...form, ...change });
  const save = (event: FormEvent) =>
    send(event, async () => {
      const body = { name: form.name.trim(), description: form.description, account_id: form.account || null };
      const done = of ? await patch<Dataset>(`${PATH}/${of.id}`, body, of.revision) : await post<Dataset>(PATH, body);
      await renew(PATH);
      onDone(done);
    });
  const known = ["name", "description", "account_id"];
  const faultOf = (name: string) => (field === name ? (fault?.message ?? null) : null);
  return (
    <Dialog open onClose={onClose} title={of ? `Change ${of.name}` : "New dataset"}>
      <form onSubmit={save} className="space-y-4">
        <TextField label="Name" required autoFocus value={form.name} fault={faultOf("name")} onChange={(event) => set({ name: event.target.value })} />
        <TextField label="What it is for" value={form.description} fault={faultOf("description")} onChange={(event) => set({ description: event.target.value })} />
        <SelectField label="Who sees it" value={form.account} fault={faultOf("account_id")} options={[{ value: "", label: "only me" }, ...placeOptions(owners).map((one) => ({ ...one, label: `owners and admins of ${one.label}` }))]} onChange={(event) => set({ account: event.target.value })} />
        <End fault={fault && !known.includes(field ?? "") ? fault.message : null} busy={busy} action={of ? "Save" : "Create"} onClose={onClose} />
      </form>
    </Dialog>
  );
}

/** The dialog of an item that is written by hand. */
export function ItemForm({ of, onClose }: { of: Dataset; onClose: () => void }) {
  const [form, setForm] = useState({ text: "", expected: "" });
  const { fault, busy, send } = useSending();
  const renew = useRenew();
  const save = (event: FormEvent) =>
    send(event, async () => {
      await patch(`${PATH}/${of.id}/items`, { add: [itemOf(form.text, form.expected)] });
      await renew(PATH);
      onClose();
    });
  return (
    <Dialog open onClose={onClose} title={`Add to ${of.name}`} about="A question as a caller asks it. Whole conversations come from calls, or from a file.">
      <form onSubmit={save} className="space-y-4">
        <TextArea label="Question" required rows={4} value={form.text} onChange={(event) => setForm({ ...form, text: event.target.value })} />
        <TextArea label="What a good answer says" rows={3} value={form.expected} onChange={(event) => setForm({ ...form, expected: event.target.value })} />
        <End fault={fault?.message ?? null} busy={busy} action="Add" onClose={onClose} disabled={form.text.trim() === ""} />
      </form>
    </Dialog>
  );
}

async function bring(of: Dataset, text: string): Promise<number> {
  // Lines are no JSON, so the generated client does not send them.
  const answer = await fetch(`${PATH}/${of.id}/import`, { method: "POST", body: text, headers: { ...credentials("POST"), "content-type": "application/x-ndjson", "idempotency-key": randomId() } });
  const body: unknown = await answer.json().catch(() => ({}));
  if (!answer.ok) throw errorOf(answer.status, body);
  return added(body as { added: string[] });
}

/** The dialog of items that are brought along. */
export function ImportForm({ of, onClose }: { of: Dataset; onClose: () => void }) {
  const [text, setText] = useState("");
  const { fault, busy, send } = useSending();
  const renew = useRenew();
  const size = new Blob([text]).size;
  const save = (event: FormEvent) =>
    send(event, async () => {
      const number = await bring(of, text);
      await renew(PATH);
      toast(`${count(number)} ${number === 1 ? "item" : "items"} added`);
      onClose();
    });
  return (
    <Dialog open onClose={onClose} title={`Import into ${of.name}`} about="JSON Lines: one item to a line, all of them or none." wide>
      <form onSubmit={save} className="space-y-4">
        <label className="inline-flex h-8.5 cursor-pointer items-center rounded-md border border-line-strong px-3 font-medium focus-within:outline-2 focus-within:outline-accent hover:bg-sunken">
          Choose a file
          <input type="file" accept=".jsonl,.ndjson,.json,.txt" className="sr-only" onChange={(event) => void event.target.files?.[0]?.text().then(setText)} />
        </label>
        <TextArea label="Items" required rows={10} className="font-mono" value={text} placeholder={'{"request": {"messages": [{"role": "user", "content": "Where is my parcel?"}]}, "expected": "On its way."}'} hint={size > 0 ? bytes(size) : "as an export of another dataset has them"} fault={size > MOST_BYTES ? `At most ${bytes(MOST_BYTES)} at once: bring the rest along in a second file.` : (fault?.message ?? null)} onChange={(event) => setText(event.target.value)} />
        <End fault={null} busy={busy} action="Import" onClose={onClose} disabled={text.trim() === "" || size > MOST_BYTES} />
      </form>
    </Dialog>
  );
}
