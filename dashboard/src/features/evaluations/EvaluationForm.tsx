// A new evaluation: which dataset, which models, what is checked, whose key, and what it may cost.
import { type FormEvent, useState } from "react";
import { post, useRenew } from "@/api/change";
import { ApiError } from "@/api/client";
import { useAll } from "@/api/lists";
import { useMay } from "@/api/permissions";
import type { Key, Model } from "@/api/types";
import { Button, IconButton } from "@/ui/button";
import { CheckField, SelectField, TextField } from "@/ui/fields";
import { count } from "@/ui/format";
import { Dialog } from "@/ui/overlays";
import { Note } from "@/ui/panels";
import { CHECKS, checkOf, type Dataset, type Evaluation } from "./kinds";

const MOST_MODELS = 8;

/** The dialog. */
export function EvaluationForm({ dataset = "", onClose, onMade }: { /** The one to begin with. */ dataset?: string; onClose: () => void; onMade: (id: string) => void }) {
  const datasets = useAll<Dataset>("/api/v1/datasets");
  const models = useAll<Model>("/api/v1/models", {}, useMay("models:read")).data ?? [];
  const keys = useAll<Key>("/api/v1/keys", {}, useMay("keys:read")).data ?? [];
  const [form, setForm] = useState({ name: "", dataset, key: "", budget: "1", items: "" });
  const [targets, setTargets] = useState(["", ""]);
  const [checks, setChecks] = useState<Record<string, Record<string, string>>>({ contains: {} });
  const [fault, setFault] = useState<Error | null>(null);
  const [busy, setBusy] = useState(false);
  const renew = useRenew();
  const set = (name: keyof typeof form, value: string) => setForm((old) => ({ ...old, [name]: value }));
  const go = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFault(null);
    try {
      const made = await post<Evaluation>("/api/v1/evaluations", {
        name: form.name,
        dataset_id: form.dataset,
        models: targets.map((one) => one.trim()).filter(Boolean),
        checks: Object.entries(checks).map(([kind, typed]) => checkOf(kind, typed)),
        key_id: form.key,
        budget_usd: form.budget,
        max_items: form.items ? Number(form.items) : undefined,
      });
      await renew("/api/v1/evaluations");
      onMade(made.id);
    } catch (error) {
      setFault(error instanceof Error ? error : new Error(String(error)));
      setBusy(false);
    }
  };
  const at = fault instanceof ApiError ? (fault.field ?? "") : "";
  const faultOf = (member: string) => (at.startsWith(member) ? (fault?.message ?? null) : null);
  const known = models.filter((model) => model.configured !== false && (model.mode === "chat" || model.owner === "alias")).map(({ id }) => id);
  const first = { value: "", label: "Choose one" };
  return (
    <Dialog open onClose={onClose} title="New evaluation" about="Each item of the dataset is put to each model, by calls of a key, and the answers are checked." wide>
      <form onSubmit={go} className="space-y-4">
        <div className="grid gap-3 sm:grid-cols-2">
          <TextField label="Name" required value={form.name} fault={faultOf("name")} onChange={(event) => set("name", event.target.value)} />
          <SelectField label="Dataset" required value={form.dataset} fault={faultOf("dataset_id")} options={[first, ...(datasets.data ?? []).map((one) => ({ value: one.id, label: `${one.name}, ${count(one.items)} items` }))]} onChange={(event) => set("dataset", event.target.value)} />
          <SelectField label="Key" required value={form.key} fault={faultOf("key")} options={[first, ...keys.map((one) => ({ value: one.id, label: one.name }))]} hint="its limits and budgets hold" onChange={(event) => set("key", event.target.value)} />
          <div className="grid grid-cols-2 gap-3">
            <TextField label="Dollars at most" required inputMode="decimal" value={form.budget} fault={faultOf("budget_usd")} onChange={(event) => set("budget", event.target.value)} />
            <TextField label="Items at most" inputMode="numeric" placeholder="all" value={form.items} fault={faultOf("max_items")} onChange={(event) => set("items", event.target.value)} />
          </div>
        </div>
        <fieldset>
          <legend className="mb-1.5 font-medium">Models</legend>
          <datalist id="evaluation-models">{known.map((name) => <option key={name} value={name} />)}</datalist>
          <div className="grid gap-2 sm:grid-cols-2">
            {targets.map((one, place) => (
              <div key={place} className="flex items-start gap-1">
                <div className="min-w-0 flex-1">
                  <TextField label={`Model ${place + 1}`} hideLabel required={place === 0} list="evaluation-models" placeholder="alias, or provider/model" value={one} onChange={(event) => setTargets(targets.map((old, index) => (index === place ? event.target.value : old)))} />
                </div>
                {targets.length > 1 ? <IconButton icon="close" label={`Without model ${place + 1}`} onClick={() => setTargets(targets.filter((_, index) => index !== place))} /> : null}
              </div>
            ))}
          </div>
          {targets.length < MOST_MODELS ? (
            <Button small icon="plus" className="mt-2" onClick={() => setTargets([...targets, ""])}>
              Another model
            </Button>
          ) : null}
        </fieldset>
        <fieldset>
          <legend className="mb-1.5 font-medium">An answer passes when it</legend>
          <div className="space-y-2">
            {CHECKS.map(({ kind, label, members }) => {
              const typed = checks[kind];
              const change = (on: boolean) => setChecks(on ? { ...checks, [kind]: {} } : Object.fromEntries(Object.entries(checks).filter(([name]) => name !== kind)));
              return (
                <div key={kind}>
                  <CheckField label={label} checked={typed !== undefined} onChange={change} />
                  {typed && members.length > 0 ? (
                    <div className="mt-1.5 grid gap-2 pl-6 sm:grid-cols-3">
                      {members.map((member) => (
                        <TextField key={member.name} label={member.label} list={member.name === "model" ? "evaluation-models" : undefined} value={typed[member.name] ?? member.usual} onChange={(event) => setChecks({ ...checks, [kind]: { ...typed, [member.name]: event.target.value } })} />
                      ))}
                    </div>
                  ) : null}
                </div>
              );
            })}
          </div>
        </fieldset>
        {fault ? <Note tone="bad">{fault.message}</Note> : null}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={busy}>
            Start
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
