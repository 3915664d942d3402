// Records written to a file: which ones, as what, and where to. The filters stand in the address, as those of the explorer.
import { type FormEvent, useState } from "react";
import { post, useRenew } from "@/api/change";
import { ApiError } from "@/api/client";
import { useMay } from "@/api/permissions";
import { FilterBuilder } from "@/features/filters/FilterBuilder";
import { asked, type Chosen, FIELDS } from "@/features/filters/fields";
import { Button } from "@/ui/button";
import { isoOf, Segments } from "@/ui/controls";
import { CheckField, SelectField, TextField } from "@/ui/fields";
import { moment } from "@/ui/format";
import { Dialog } from "@/ui/overlays";
import { Note } from "@/ui/panels";
import { type Export, PATH } from "./kinds";

const local = (text: string | undefined) => (text ? moment(text).slice(0, 16).replace(" ", "T") : "");

/** The dialog, there while it is open. */
export function ExportForm({ chosen, from, to, onChoose, onClose, onMade }: { chosen: Chosen; from?: string; to?: string; onChoose: (change: Chosen) => void; onClose: () => void; onMade: (made: Export) => void }) {
  const [form, setForm] = useState({ format: "parquet", to: "directory", from: local(from), until: local(to), bodies: false });
  const [fault, setFault] = useState<Error | null>(null);
  const [busy, setBusy] = useState(false);
  const seesBodies = useMay("bodies:read");
  const renew = useRenew();
  const set = (change: Partial<typeof form>) => {
    setForm({ ...form, ...change });
    setFault(null);
  };
  const field = fault instanceof ApiError ? fault.field : null;
  const faultOf = (name: string) => (field === name ? (fault?.message ?? null) : null);
  const go = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFault(null);
    try {
      const filter = Object.fromEntries(Object.entries(asked(FIELDS, chosen)).filter(([, value]) => value !== undefined));
      const made = await post<Export>(PATH, { format: form.format, to: form.to, with_bodies: form.bodies, filter, from: isoOf(form.from), until: isoOf(form.until) });
      await renew(PATH);
      onMade(made);
    } catch (error) {
      setFault(error instanceof Error ? error : new Error(String(error)));
      setBusy(false);
    }
  };
  return (
    <Dialog open onClose={onClose} title="Export records" about="Written in the background, newest first, to be downloaded here or found in object storage." wide>
      <form onSubmit={go} className="space-y-4">
        <div>
          <div className="mb-1 font-medium">Which requests</div>
          <div className="flex flex-wrap items-center gap-2">
            <FilterBuilder fields={FIELDS} chosen={chosen} onChange={onChoose} />
          </div>
          {faultOf("filter") ? <p className="mt-1 text-[0.9rem] text-bad">{faultOf("filter")}</p> : null}
        </div>
        <div className="grid items-start gap-3 sm:grid-cols-2">
          <TextField label="From" type="datetime-local" value={form.from} hint="empty for the beginning" fault={faultOf("from")} onChange={(event) => set({ from: event.target.value })} />
          <TextField label="Until" type="datetime-local" value={form.until} hint="empty for now" fault={faultOf("until")} onChange={(event) => set({ until: event.target.value })} />
          <SelectField label="Where to" value={form.to} options={[{ value: "directory", label: "Here, to be downloaded" }, { value: "s3", label: "Object storage" }]} fault={faultOf("to")} onChange={(event) => set({ to: event.target.value })} />
          <div>
            <div className="mb-1 font-medium">As</div>
            <Segments label="Format" value={form.format} options={[{ value: "parquet", label: "Parquet" }, { value: "jsonl", label: "JSON Lines" }]} onChange={(format) => set({ format })} />
          </div>
        </div>
        {seesBodies ? <CheckField label="With what callers sent and got" hint="where that is kept; whoever downloads the file has to be allowed to see it" checked={form.bodies} onChange={(bodies) => set({ bodies })} /> : null}
        {fault && !["filter", "from", "until", "to"].includes(field ?? "") ? <Note tone="bad">{fault.message}</Note> : null}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={busy}>
            Export
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
