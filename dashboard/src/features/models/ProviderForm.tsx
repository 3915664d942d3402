// A provider: made or changed through the API, tested before it is saved. Its key goes to the gateway once and is never shown again.
import { type FormEvent, useEffect, useState } from "react";
import { patch, post, useRenew } from "@/api/change";
import { ApiError } from "@/api/client";
import type { Probed, Provider } from "@/api/types";
import { Button } from "@/ui/button";
import { SelectField, TextArea, TextField } from "@/ui/fields";
import { Dialog } from "@/ui/overlays";
import { Note } from "@/ui/panels";
import { toast } from "@/ui/toast";
import { addressOf, changeOf, EMPTY, type Form, formOf, isName, KINDS, kindOf, namesOf, settingsOf } from "./kinds";
import { ProbeResult } from "./Probe";

const PATH = "/api/v1/providers";
/** Members that have a field of their own; what is wrong with others stands below. */
const FIELDS = ["name", "kind", "base_url", "endpoint", "api_key", "region", "models"];

/** The dialog; `of` is the provider to change, or none to add one, and `known` those that are there. */
export function ProviderForm({ open, of, known, onClose }: { open: boolean; of: Provider | null; known: Provider[]; onClose: () => void }) {
  const [form, setForm] = useState<Form>(EMPTY);
  const [fault, setFault] = useState<Error | null>(null);
  const [busy, setBusy] = useState<"save" | "test" | null>(null);
  const [probed, setProbed] = useState<Probed | null>(null);
  const renew = useRenew();
  useEffect(() => {
    if (!open) return;
    setForm(of ? formOf(of) : EMPTY);
    setFault(null);
    setProbed(null);
    // What is being written stays, whatever the list says meanwhile.
  }, [open, of?.name]);
  const kind = kindOf(form.kind);
  const address = addressOf(kind);
  const set = (change: Partial<Form>) => {
    setForm((old) => ({ ...old, ...change }));
    setProbed(null);
  };
  const taken = !of && known.some((one) => one.name === form.name);
  const wrongName = form.name !== "" && !isName(form.name) ? "letters, digits, dots, dashes and underscores" : taken ? "there is a provider of this name" : null;
  const has = (secret: string) => of?.secrets?.includes(secret) ?? false;
  const at = fault instanceof ApiError ? (fault.field ?? "") : "";
  const faultOf = (...members: string[]) => (members.includes(at.split(".")[0] ?? "") ? (fault?.message ?? null) : null);
  const attempt = async (what: "save" | "test", deed: () => Promise<void>) => {
    setBusy(what);
    setFault(null);
    setProbed(null);
    try {
      await deed();
    } catch (error) {
      setFault(error instanceof SyntaxError ? new ApiError(400, "invalid_request", `This is no JSON: ${error.message}`, "more") : error instanceof Error ? error : new Error(String(error)));
    } finally {
      setBusy(null);
    }
  };
  const save = (event: FormEvent) => {
    event.preventDefault();
    if (wrongName) return;
    void attempt("save", async () => {
      if (of) await patch(`${PATH}/${encodeURIComponent(of.name)}`, changeOf(of, form), of.revision);
      else await post(PATH, { name: form.name, ...settingsOf(form) });
      await renew(PATH, "/api/v1/models");
      toast(of ? `${form.name} is changed` : `${form.name} is in force`);
      onClose();
    });
  };
  const test = () => void attempt("test", async () => setProbed(await post<Probed>(`${PATH}/test`, of ? { name: of.name, ...changeOf(of, form) } : { name: form.name || undefined, ...settingsOf(form) })));
  const kinds = KINDS.some((one) => one.kind === form.kind) ? KINDS : [...KINDS, kind];
  const offered = (probed?.models ?? []).filter((name) => !namesOf(form.models).includes(name));
  return (
    <Dialog open={open} onClose={onClose} title={of ? `Change ${of.name}` : "Add a provider"} about={of ? "Calls that start from then on see it." : "In force at once, at every gateway. What the configuration file has, it keeps."} wide>
      <form onSubmit={save} className="space-y-4">
        <div className="grid gap-3 sm:grid-cols-2">
          <SelectField label="Kind" value={form.kind} fault={faultOf("kind")} options={kinds.map((one) => ({ value: one.kind, label: one.label }))} onChange={(event) => set({ kind: event.target.value, name: of || (form.name !== form.kind && form.name !== "") ? form.name : event.target.value })} />
          <TextField label="Name" required disabled={of !== null} value={form.name} onChange={(event) => set({ name: event.target.value.trim() })} fault={wrongName ?? faultOf("name")} hint="models are called NAME/model" />
          <TextField label="Address" required={address.required} value={form.address} placeholder={address.example} onChange={(event) => set({ address: event.target.value })} fault={faultOf("base_url", "endpoint")} hint={address.required ? "as its own SDK takes it" : "only where it is not the provider's own"} />
          {kind.key ? <TextField label="API key" type="password" autoComplete="new-password" value={form.secret} placeholder={has("/api_key") ? "kept as it is" : ""} onChange={(event) => set({ secret: event.target.value })} fault={faultOf("api_key")} hint={has("/api_key") ? "with another address, give it again" : "sealed, and never shown again"} /> : null}
          <TextField label="Region" value={form.region} onChange={(event) => set({ region: event.target.value })} fault={faultOf("region")} hint="for reports and rules of residency" />
        </div>
        <TextArea label="Models" rows={3} value={form.models} onChange={(event) => set({ models: event.target.value })} fault={faultOf("models")} hint="one to a line; those of the catalogue are there anyway" />
        <details open={form.more !== ""}>
          <summary className="cursor-pointer font-medium">Further settings</summary>
          <div className="mt-2">
            <TextArea label="Further settings as JSON" hideLabel rows={6} className="font-mono text-[0.88rem]" value={form.more} placeholder={'{ "capacity": { "rpm": 600, "max_parallel": 20 } }'} onChange={(event) => set({ more: event.target.value })} fault={at === "more" ? fault?.message : null} hint="everything that a provider's block of the configuration file takes: limits, budgets, prices of models, headers, several credentials" />
          </div>
        </details>
        {fault && at !== "more" && !FIELDS.includes(at.split(".")[0] ?? "") ? <Note tone="bad">{at ? <><code className="font-mono">{at}</code>: </> : null}{fault.message}</Note> : null}
        {probed ? <ProbeResult of={probed} /> : null}
        {offered.length > 0 ? (
          <Button small icon="plus" onClick={() => setForm((old) => ({ ...old, models: [...namesOf(old.models), ...offered].join("\n") }))}>
            {`Take over its ${offered.length} models`}
          </Button>
        ) : null}
        <div className="flex flex-wrap justify-end gap-2">
          <Button icon="bolt" busy={busy === "test"} disabled={busy !== null} onClick={test} className="mr-auto">
            Test
          </Button>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={busy === "save"} disabled={busy !== null}>
            {of ? "Save" : "Add"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
