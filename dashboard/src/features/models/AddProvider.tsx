// A new provider, step by step: its key into the encrypted store or the environment, the lines for the configuration file, its
// arrival after the reload, and a test call. Providers themselves stand in the file only.
import { type FormEvent, useEffect, useState } from "react";
import { post, useRenew } from "@/api/change";
import { useMay } from "@/api/permissions";
import type { Provider } from "@/api/types";
import { Button } from "@/ui/button";
import { CodeBlock } from "@/ui/code";
import { SelectField, TextField } from "@/ui/fields";
import { Dialog } from "@/ui/overlays";
import { Note } from "@/ui/panels";
import { configured, isName, KINDS, type Kind } from "./kinds";
import { TestCall } from "./TestCall";

type Form = { kind: string; name: string; where: "store" | "environment"; secret: string };
const kindOf = (form: Form): Kind => KINDS.find((one) => one.kind === form.kind) ?? (KINDS[0] as Kind);

/** What is to be done with the lines, and whether it was. */
function Arrival({ form, known, calls }: { form: Form; known: Provider[]; calls: boolean }) {
  const there = known.some((one) => one.name === form.name);
  const kind = kindOf(form);
  return (
    <div className="space-y-4">
      <p className="text-soft">
        Add these lines to the configuration file{kind.variable && form.where === "environment" ? `, and put the key into ${kind.variable} of the gateway's environment` : ""}. The gateway notices a changed file by itself{form.where === "environment" ? "; a changed environment takes a new start" : ""}.
      </p>
      <CodeBlock text={configured(kind, form.name, form.where === "store" && kind.variable ? form.name : null)} label="the configuration" />
      {there ? (
        <>
          <Note tone="good">{form.name} is there.</Note>
          {calls ? <TestCall provider={form.name} /> : null}
        </>
      ) : (
        <p role="status" className="flex items-center gap-2 text-soft">
          <span className="pulse size-2 shrink-0 rounded-full bg-accent" />
          Waiting for {form.name} to be in force. A file with a fault changes nothing; the gateway's log names the place.
        </p>
      )}
    </div>
  );
}

/** The dialog; `known` are the providers in force, asked for anew while it is open. */
export function AddProvider({ open, onClose, known, calls }: { open: boolean; onClose: () => void; known: Provider[]; calls: boolean }) {
  const stores = useMay("credentials:write");
  const [form, setForm] = useState<Form>({ kind: "openai", name: "openai", where: "environment", secret: "" });
  const [shown, setShown] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
  const renew = useRenew();
  useEffect(() => {
    if (!open) return;
    setForm({ kind: "openai", name: "openai", where: stores ? "store" : "environment", secret: "" });
    setShown(false);
    setFault(null);
  }, [open, stores]);
  const kind = kindOf(form);
  const set = (change: Partial<Form>) => setForm({ ...form, ...change });
  const taken = known.some((one) => one.name === form.name);
  const wrong = form.name !== "" && !isName(form.name) ? "letters, digits, dots, dashes and underscores" : taken ? "there is a provider of this name" : null;
  const go = async (event: FormEvent) => {
    event.preventDefault();
    if (wrong) return;
    setFault(null);
    try {
      if (kind.variable && form.where === "store") {
        await post("/api/v1/credentials", { name: form.name, api_key: form.secret, description: `${kind.label}, added in the dashboard` });
        await renew("/api/v1/credentials");
      }
      set({ secret: "" });
      setShown(true);
    } catch (error) {
      setFault(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <Dialog open={open} onClose={onClose} title="Add a provider" about="Providers stand in the configuration file, so that no caller can name a host.">
      {shown ? (
        <Arrival form={form} known={known} calls={calls} />
      ) : (
        <form onSubmit={go} className="space-y-4">
          <div className="grid gap-3 sm:grid-cols-2">
            <SelectField label="Kind" value={form.kind} options={KINDS.map((one) => ({ value: one.kind, label: one.label }))} onChange={(event) => set({ kind: event.target.value, name: event.target.value })} />
            <TextField label="Name" required value={form.name} onChange={(event) => set({ name: event.target.value.trim() })} fault={wrong} hint="models are called NAME/model" />
          </div>
          {kind.variable ? (
            <>
              {stores ? <SelectField label="Where its key stands" value={form.where} options={[{ value: "store", label: "in the gateway's store, sealed" }, { value: "environment", label: "in the gateway's environment" }]} onChange={(event) => set({ where: event.target.value as Form["where"] })} /> : null}
              {form.where === "store" ? <TextField label="The provider's key" type="password" required value={form.secret} onChange={(event) => set({ secret: event.target.value })} hint="it goes to the gateway once, and is never shown again" /> : null}
            </>
          ) : null}
          {fault ? <Note tone="bad">{fault}</Note> : null}
          <div className="flex justify-end gap-2">
            <Button onClick={onClose}>Cancel</Button>
            <Button type="submit" look="primary">
              Next
            </Button>
          </div>
        </form>
      )}
    </Dialog>
  );
}
