// An alias: made or changed through the API, in force at once.
import { type FormEvent, useEffect, useState } from "react";
import { patch, post, useRenew } from "@/api/change";
import { ApiError } from "@/api/client";
import type { Model, Provider } from "@/api/types";
import { Button } from "@/ui/button";
import { SelectField, TextArea, TextField } from "@/ui/fields";
import { Dialog } from "@/ui/overlays";
import { Note } from "@/ui/panels";
import { toast } from "@/ui/toast";
import { changeOf, EMPTY, type Form, formOf, isName, settingsOf, STRATEGIES, strategyName, TARGET } from "./aliases";
import { TargetList } from "./Targets";

const PATH = "/api/v1/models";

type Props = { open: boolean; of: Model | null; providers: Provider[]; models: Model[]; onClose: () => void };

/** The dialog; `of` is the alias to change, or none to add one; `models` are those that there are. */
export function AliasForm({ open, of, providers, models, onClose }: Props) {
  const [form, setForm] = useState<Form>(EMPTY);
  const [fault, setFault] = useState<Error | null>(null);
  const [busy, setBusy] = useState(false);
  const renew = useRenew();
  useEffect(() => {
    if (!open) return;
    setForm(of ? formOf(of) : { ...EMPTY, targets: [{ ...TARGET, provider: providers[0]?.name ?? "" }] });
    setFault(null);
    // What is being written stays, whatever the list says meanwhile.
  }, [open, of?.id]);
  const set = (change: Partial<Form>) => {
    setForm((old) => ({ ...old, ...change }));
    setFault(null);
  };
  const taken = !of && models.some((one) => one.owner !== "route" && one.id === form.name);
  const wrongName = form.name !== "" && !isName(form.name) ? "anything but spaces and *" : taken ? "there is a model of this name" : null;
  const at = fault instanceof ApiError ? (fault.field ?? "") : "";
  const [member, place] = at.split(".");
  const isPlaced = ["name", "strategy", "more"].includes(member ?? "") || (member === "targets" && form.targets[Number(place)] !== undefined);
  const save = async (event: FormEvent) => {
    event.preventDefault();
    if (wrongName) return;
    setBusy(true);
    setFault(null);
    try {
      if (of) await patch(`${PATH}/${encodeURIComponent(of.id)}`, changeOf(of, form), of.revision);
      else await post(PATH, { name: form.name, ...settingsOf(form) });
      await renew(PATH);
      toast(of ? `${form.name} is changed` : `${form.name} is in force`);
      onClose();
    } catch (error) {
      setFault(error instanceof SyntaxError ? new ApiError(400, "invalid_request", `This is no JSON: ${error.message}`, "more") : error instanceof Error ? error : new Error(String(error)));
    } finally {
      setBusy(false);
    }
  };
  const strategies = STRATEGIES.some((one) => one.value === form.strategy) ? STRATEGIES : [...STRATEGIES, { value: form.strategy, label: strategyName(form.strategy), hint: "its settings stand below" }];
  return (
    <Dialog open={open} onClose={onClose} title={of ? `Change ${of.id}` : "Add an alias"} about={of ? "Calls that start from then on see it." : "A name that callers use, in force at once at every gateway."} wide>
      <form onSubmit={save} className="space-y-4">
        <div className="grid gap-3 sm:grid-cols-2">
          <TextField label="Name" required disabled={of !== null} value={form.name} onChange={(event) => set({ name: event.target.value.trim() })} fault={wrongName ?? (member === "name" ? fault?.message : null)} hint="what callers write as the model" />
          <SelectField label="Strategy" value={form.strategy} options={strategies} fault={member === "strategy" ? fault?.message : null} hint={strategies.find((one) => one.value === form.strategy)?.hint} onChange={(event) => set({ strategy: event.target.value })} />
        </div>
        <TargetList targets={form.targets} strategy={form.strategy} providers={providers} models={models} faultOf={(target) => (member === "targets" && place === String(target) ? (fault?.message ?? null) : null)} onChange={(targets) => set({ targets })} />
        <details open={form.more !== ""}>
          <summary className="cursor-pointer font-medium">Further settings</summary>
          <div className="mt-2">
            <TextArea label="Further settings as JSON" hideLabel rows={6} className="font-mono text-[0.88rem]" value={form.more} placeholder={'{ "retry": { "attempts": 2 }, "timeout": { "first_byte_ms": 20000 } }'} onChange={(event) => set({ more: event.target.value })} fault={at === "more" ? fault?.message : null} hint="everything else that an alias of the configuration file takes: retries, time limits, cache, guardrails, limits, budgets, fallbacks" />
          </div>
        </details>
        {fault && !isPlaced ? <Note tone="bad">{at ? <><code className="font-mono">{at}</code>: </> : null}{fault.message}</Note> : null}
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={busy}>
            {of ? "Save" : "Add"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
