// Requests of the explorer, taken into a dataset: those that its filters find and of which the bodies are kept.
import { Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { post, useRenew } from "@/api/change";
import { useAll } from "@/api/lists";
import { useMay } from "@/api/permissions";
import { Button } from "@/ui/button";
import { SelectField, TextField } from "@/ui/fields";
import { count } from "@/ui/format";
import { Dialog } from "@/ui/overlays";
import { Failed, Loading, Note } from "@/ui/panels";
import { type Collected, type Dataset, PATH, type Sum, summed } from "./kinds";

const NEW = "new";

function Form({ filters, onClose }: { filters: Record<string, string>; onClose: () => void }) {
  const datasets = useAll<Dataset>(PATH);
  const [form, setForm] = useState({ dataset: "", name: "", limit: "100" });
  const [into, setInto] = useState<{ id: string; name: string } | null>(null);
  const [sum, setSum] = useState<Sum | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const renew = useRenew();
  const list = datasets.data ?? [];
  const chosen = form.dataset || (list.length === 0 ? NEW : "");
  const set = (change: Partial<typeof form>) => setForm({ ...form, ...change });
  const go = async (event?: FormEvent) => {
    event?.preventDefault();
    setBusy(true);
    setFault(null);
    try {
      // One that was made already is not made again where collecting failed.
      const target = into ?? (chosen === NEW ? await post<Dataset>(PATH, { name: form.name.trim() }) : list.find((one) => one.id === chosen));
      if (!target) return;
      setInto(target);
      const found = await post<Collected>(`${PATH}/${target.id}/collect`, { filters, limit: Number(form.limit), ...(sum?.cursor ? { cursor: sum.cursor } : {}) });
      setSum(summed(sum, found));
      await renew(PATH);
    } catch (error) {
      setFault(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };
  if (datasets.isPending) return <Loading rows={3} />;
  if (datasets.isError) return <Failed error={datasets.error} retry={() => void datasets.refetch()} />;
  if (sum && into) {
    return (
      <div className="num space-y-4">
        <Note tone={sum.added > 0 ? "good" : "warn"}>
          {count(sum.added)} {sum.added === 1 ? "call" : "calls"} added to {into.name}.
        </Note>
        {sum.known > 0 ? <p className="text-soft">{count(sum.known)} were in it already.</p> : null}
        {sum.unusable > 0 ? <p className="text-soft">{count(sum.unusable)} cannot be made again: only their beginning is kept, or they are no JSON.</p> : null}
        {sum.unread > 0 ? <Note tone="warn">{count(sum.unread)} could not be read here and {sum.unread === 1 ? "is" : "are"} not in the dataset: what was asked and answered stands in files of another gateway. Collect there.</Note> : null}
        {sum.added + sum.known + sum.unusable + sum.unread === 0 ? <p className="text-soft">No call with a body that is kept was found{sum.cursor ? " so far" : ""}.</p> : null}
        {fault ? <Note tone="bad">{fault}</Note> : null}
        <div className="flex flex-wrap justify-end gap-2">
          {sum.cursor ? <Button busy={busy} onClick={() => void go()}>Go on with earlier ones</Button> : null}
          <Link to="/datasets" search={{ open: into.id }} className="inline-flex h-8.5 items-center rounded-md bg-accent px-3 font-medium text-on-accent hover:bg-accent-strong">
            Show the dataset
          </Link>
        </div>
      </div>
    );
  }
  return (
    <form onSubmit={go} className="space-y-4">
      {list.length > 0 ? <SelectField label="Dataset" required value={chosen} options={[{ value: "", label: "Choose one" }, ...list.map((one) => ({ value: one.id, label: `${one.name}, ${count(one.items)} items` })), { value: NEW, label: "A new one" }]} onChange={(event) => set({ dataset: event.target.value })} /> : null}
      {chosen === NEW ? <TextField label="Name of the dataset" required autoFocus value={form.name} onChange={(event) => set({ name: event.target.value })} /> : null}
      <TextField label="Calls at most" required type="number" min={1} max={1000} value={form.limit} hint="the newest of those that the filters find" onChange={(event) => set({ limit: event.target.value })} />
      {fault ? <Note tone="bad">{fault}</Note> : null}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="primary" busy={busy} disabled={chosen === ""}>
          Collect
        </Button>
      </div>
    </form>
  );
}

/** The button and its dialog; nothing for whoever may not. */
export function Collect({ filters }: { filters: () => Record<string, string> }) {
  const [asked, setAsked] = useState<Record<string, string> | null>(null);
  const writes = useMay("datasets:write");
  const bodies = useMay("bodies:read");
  if (!writes || !bodies) return null;
  const close = () => setAsked(null);
  return (
    <>
      <Button onClick={() => setAsked(filters())}>Collect</Button>
      <Dialog open={asked !== null} onClose={close} title="Collect into a dataset" about="Calls that the filters find, with what was asked and answered.">
        {asked ? <Form filters={asked} onClose={close} /> : null}
      </Dialog>
    </>
  );
}
