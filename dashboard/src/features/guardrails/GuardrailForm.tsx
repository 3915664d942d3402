// A guardrail: made or changed through the API, in force at once. Its secrets go to the gateway once and are never shown again.
import { type FormEvent, useEffect, useRef, useState } from "react";
import { patch, post, useRenew } from "@/api/change";
import { ApiError } from "@/api/client";
import type { ManagedGuardrail } from "@/api/types";
import { Button } from "@/ui/button";
import { CheckField, SelectField, TextArea, TextField } from "@/ui/fields";
import { Dialog } from "@/ui/overlays";
import { Note } from "@/ui/panels";
import { toast } from "@/ui/toast";
import { changeOf, EMPTY, type Form, formOf, isName, isPlaced, MemberError, memberOf, settingsOf, valueOf } from "./form";
import { ACTIONS, actionFields, KINDS, kindOf } from "./kinds";
import { Members } from "./Members";

export const PATH = "/api/v1/guardrails";

const CALLS = [
  { value: "named", label: "those for which somebody names it" },
  { value: "usual", label: "every call whose caller does not leave it out" },
  { value: "every", label: "every call" },
];

type Props = { open: boolean; of: ManagedGuardrail | null; known: ManagedGuardrail[]; onClose: () => void; onTry: (name: string, side: "request" | "response") => void };

/** The dialog; `of` is the guardrail to change, or none to add one, and `known` those that are there. */
export function GuardrailForm({ open, of, known, onClose, onTry }: Props) {
  const [form, setForm] = useState<Form>(EMPTY);
  // What was there when it was opened: a change is of that, and is refused where somebody else was faster.
  const [base, setBase] = useState<ManagedGuardrail | null>(null);
  const [fault, setFault] = useState<Error | null>(null);
  const [busy, setBusy] = useState(false);
  const tries = useRef(false);
  const renew = useRenew();
  const begin = (with_: ManagedGuardrail | null) => {
    setBase(with_);
    setForm(with_ ? formOf(with_) : EMPTY);
    setFault(null);
  };
  useEffect(() => {
    if (open) begin(of);
    // What is being written stays, whatever the list says meanwhile.
  }, [open, of?.name]);
  const isLate = fault instanceof ApiError && fault.status === 412;
  const set = (change: Partial<Form>) => {
    setForm((old) => ({ ...old, ...change }));
    if (!isLate) setFault(null);
  };
  const taken = !of && known.some((one) => one.name === form.name);
  const wrongName = form.name !== "" && !isName(form.name) ? "letters, digits, dots, dashes and underscores" : taken ? "there is a guardrail of this name" : null;
  const nowhere = !form.request && !form.response;
  const at = fault instanceof ApiError ? (fault.field ?? "") : fault instanceof MemberError ? fault.member : "";
  const member = memberOf(at);
  const placed = isPlaced(form, member);
  const faultOf = (name: string) => (member === name ? (fault?.message ?? null) : null);
  const save = async (event: FormEvent) => {
    event.preventDefault();
    if (wrongName || nowhere) return;
    setBusy(true);
    setFault(null);
    try {
      if (base) await patch(`${PATH}/${encodeURIComponent(base.name)}`, changeOf(base, form), base.revision);
      else await post(PATH, { name: form.name, ...settingsOf(form) });
      await renew(PATH);
      toast(base ? `${form.name} is changed` : `${form.name} is in force`);
      onClose();
      if (tries.current) onTry(form.name, form.request ? "request" : "response");
    } catch (error) {
      if (error instanceof ApiError && error.status === 412) await renew(PATH);
      setFault(error instanceof Error ? error : new Error(String(error)));
    } finally {
      setBusy(false);
    }
  };
  const kind = kindOf(form.kind);
  const kinds = KINDS.includes(kind) ? KINDS : [...KINDS, kind];
  return (
    <Dialog open={open} onClose={onClose} title={of ? `Change ${of.name}` : "Add a guardrail"} about={of ? "Calls that start from then on see it." : "In force at once, at every gateway, for calls that name it, or for all."} wide>
      <form onSubmit={save} className="space-y-4">
        <div className="grid gap-3 sm:grid-cols-2">
          <SelectField label="Kind" value={form.kind} fault={faultOf("kind")} options={kinds.map((one) => ({ value: one.kind, label: one.label === one.kind ? one.kind : `${one.label} (${one.kind})` }))} hint={kind.about} onChange={(event) => set({ kind: event.target.value })} />
          <TextField label="Name" required disabled={of !== null} value={form.name} onChange={(event) => set({ name: event.target.value.trim() })} fault={wrongName ?? faultOf("name")} hint="keys, accounts, models and callers name it so" />
          <SelectField label="A finding leads to" value={form.action} fault={faultOf("action")} options={ACTIONS.map(({ value, label }) => ({ value, label }))} onChange={(event) => set({ action: event.target.value })} />
          <fieldset>
            <legend className="mb-1 font-medium">Looks at</legend>
            <div className="flex min-h-[2.15rem] flex-wrap items-center gap-x-5 gap-y-1">
              <CheckField label="requests" checked={form.request} onChange={(request) => set({ request })} />
              <CheckField label="answers" checked={form.response} onChange={(response) => set({ response })} />
            </div>
            {nowhere || faultOf("on") ? <p role="alert" className="text-[0.9rem] text-bad">{nowhere ? "one of them at least" : faultOf("on")}</p> : null}
          </fieldset>
        </div>
        {[kind.fields, actionFields(form.action)].map((fields, at) => (
          <Members key={at} of={base} fields={fields} value={(field) => valueOf(form, field)} fault={faultOf} onChange={(name, value) => set({ values: { ...form.values, [name]: value } })} />
        ))}
        <div className="grid gap-3 sm:grid-cols-2">
          <SelectField label="For which calls" value={form.mandatory ? "every" : form.usual ? "usual" : "named"} options={CALLS} fault={faultOf("mandatory") ?? faultOf("default")} onChange={(event) => set({ mandatory: event.target.value === "every", usual: event.target.value === "usual" })} />
          <div className="sm:pt-6.5">
            <CheckField label="Shadow" hint="findings are written down and lead to nothing" checked={form.shadow} onChange={(shadow) => set({ shadow })} />
          </div>
        </div>
        <details open={form.more !== ""}>
          <summary className="cursor-pointer font-medium">Further settings</summary>
          <div className="mt-2">
            <TextArea label="Further settings as JSON" hideLabel rows={5} className="font-mono text-[0.88rem]" value={form.more} placeholder={'{ "sample_percent": 10, "speakers": ["user", "tool"], "on_unchecked": "pass" }'} onChange={(event) => set({ more: event.target.value })} fault={faultOf("more")} hint="everything else that a guardrail of the configuration file takes, but names of files: those stand in that file alone" />
          </div>
        </details>
        {fault && !placed && !isLate ? <Note tone="bad">{at ? <><code className="font-mono">{at}</code>: </> : null}{fault.message}</Note> : null}
        {isLate ? (
          <Note tone="warn">
            Somebody else changed it meanwhile. Nothing was saved.{" "}
            <Button small onClick={() => begin(of)}>
              Read it anew
            </Button>
          </Note>
        ) : null}
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" icon="guardrail" disabled={busy || isLate} onClick={() => (tries.current = true)}>
            {of ? "Save and try it" : "Add and try it"}
          </Button>
          <Button type="submit" look="primary" busy={busy} disabled={isLate} onClick={() => (tries.current = false)}>
            {of ? "Save" : "Add"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
