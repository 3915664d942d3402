// Making a key, or changing one: what it is called, whose it is, what it may and what it may cost.
import { type FormEvent, useEffect, useState } from "react";
import { post, patch, useRenew } from "@/api/change";
import { ApiError } from "@/api/client";
import { useAccounts, useAll } from "@/api/lists";
import { may, useSession } from "@/api/permissions";
import type { Account, Guardrail, Key, NewKey } from "@/api/types";
import { Button } from "@/ui/button";
import { CheckField, SelectField, TextField } from "@/ui/fields";
import { Dialog } from "@/ui/overlays";
import { Note } from "@/ui/panels";
import { type PolicyForm, PolicyFields, policyChange, policyForm } from "@/ui/policy";
import { toast } from "@/ui/toast";

type Form = PolicyForm & { name: string; team: string; project: string; user: string; plan: string; expires: string; guardrails: string[] };

function formOf(key?: Key): Form {
  const local = key?.expires_at ? new Date(new Date(key.expires_at).getTime() - new Date().getTimezoneOffset() * 60_000).toISOString().slice(0, 16) : "";
  return {
    ...policyForm(key, "*"),
    name: key?.name ?? "",
    team: key?.team_id ?? "",
    project: key?.project_id ?? "",
    user: key?.user_id ?? "",
    plan: key?.plan_id ?? "",
    expires: local,
    guardrails: [],
  };
}

/** What of the form differs from before, as the API takes it. */
export function keyChange(form: Form, before: Form, of?: Key): Record<string, unknown> {
  const change: Record<string, unknown> = policyChange(form, before, [], of?.limits);
  if (form.name !== before.name) change.name = form.name.trim();
  const ids = { team_id: "team", project_id: "project", user_id: "user", plan_id: "plan" } as const;
  for (const [member, field] of Object.entries(ids)) if (form[field] !== before[field]) change[member] = form[field] || null;
  if (form.expires !== before.expires) change.expires_at = form.expires === "" ? null : new Date(form.expires).toISOString();
  if (form.guardrails.join() !== before.guardrails.join()) change.guardrails = form.guardrails;
  return change;
}

const EMPTY: Form = { ...formOf(), models: "" };

/** The dialog; `of` is the key that is changed, a new one without it. `owner` is the person or service account whose a new one is. */
export function KeyForm({ open, of, owner, onClose, onDone }: { open: boolean; of?: Key; owner?: Account; onClose: () => void; onDone: (key: Key | NewKey) => void }) {
  const [form, setForm] = useState<Form>(() => formOf(of));
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const renew = useRenew();
  useEffect(() => {
    if (open) {
      setForm({ ...formOf(of), ...(owner ? { user: owner.id } : {}) });
      setError(null);
    }
    // What is being written stays, whatever is found out about the owner meanwhile.
  }, [open, of, owner?.id]);
  const now = useSession();
  const asks = (permission: string) => open && may(now, permission);
  const teams = useAccounts("team", asks("teams:read")).data ?? [];
  const projects = useAccounts("project", asks("projects:read")).data ?? [];
  const users = useAccounts("user", asks("users:read") && owner === undefined).data ?? [];
  const plans = useAccounts("plan", asks("plans:read")).data ?? [];
  // What a key has of them is not told, so a change leaves them as they are.
  const guardrails = useAll<Guardrail>("/api/v1/guardrails", {}, asks("guardrails:read") && of === undefined).data ?? [];
  const set = (change: Partial<Form>) => setForm({ ...form, ...change });
  const fault = (field: string) => (error?.field === field ? error.message : null);
  const none = { value: "", label: "None" };
  const options = (list: { id: string; name: string }[]) => [none, ...list.map(({ id, name }) => ({ value: id, label: name }))];
  const save = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const done = of
        ? await patch<Key>(`/api/v1/keys/${of.id}`, keyChange(form, formOf(of), of), of.revision)
        : await post<NewKey>("/api/v1/keys", keyChange(form, EMPTY));
      await renew("/api/v1/keys", "/api/v1/budgets");
      if (of) toast("Saved");
      onDone(done);
    } catch (caught) {
      setError(caught instanceof ApiError ? caught : new ApiError(0, "error", String(caught)));
    } finally {
      setBusy(false);
    }
  };
  const elsewhere = error && !["name", "models", "budgets", "expires_at", "team_id", "project_id", "user_id", "plan_id"].includes(error.field ?? "") && !/^(limits|budgets)/.test(error.field ?? "");
  return (
    <Dialog open={open} onClose={onClose} title={of ? `Change ${of.name}` : owner ? `Create a key of ${owner.name}` : "Create a key"} wide>
      <form onSubmit={save} className="space-y-4">
        <TextField label="Name" required autoFocus value={form.name} onChange={(event) => set({ name: event.target.value })} hint="what the key is for, such as helpdesk-prod" fault={fault("name")} />
        <div className="grid gap-3 sm:grid-cols-2">
          <SelectField label="Team" value={form.team} options={options(teams)} disabled={form.project !== ""} onChange={(event) => set({ team: event.target.value })} fault={fault("team_id")} hint={form.project ? "said by the project" : undefined} />
          <SelectField label="Project" value={form.project} options={options(projects)} onChange={(event) => set({ project: event.target.value, ...(event.target.value ? { team: "" } : {}) })} fault={fault("project_id")} />
          <SelectField label="User" value={form.user} options={owner ? [{ value: owner.id, label: owner.name }] : options(users)} disabled={owner !== undefined} onChange={(event) => set({ user: event.target.value })} fault={fault("user_id")} />
          <SelectField label="Plan" value={form.plan} options={options(plans)} onChange={(event) => set({ plan: event.target.value })} fault={fault("plan_id")} />
        </div>
        <PolicyFields form={form} onChange={(policy) => set(policy)} fault={fault} modelsHint="One a line; * stands for all. A key without models may call none." />
        <TextField label="Ends" type="datetime-local" value={form.expires} onChange={(event) => set({ expires: event.target.value })} hint="your local time; empty for never" fault={fault("expires_at")} />
        {guardrails.length > 0 ? (
          <fieldset>
            <legend className="mb-1 font-medium">Guardrails</legend>
            <div className="grid gap-1.5 sm:grid-cols-2">
              {guardrails.map((one) => (
                <CheckField
                  key={one.name}
                  label={one.name}
                  hint={one.mandatory ? `${one.kind}, for every call` : one.default ? `${one.kind}, for every call unless its caller leaves it out` : `${one.kind}, ${one.action}`}
                  disabled={one.mandatory}
                  checked={one.mandatory || form.guardrails.includes(one.name)}
                  onChange={(on) => set({ guardrails: on ? [...form.guardrails, one.name] : form.guardrails.filter((name) => name !== one.name) })}
                />
              ))}
            </div>
          </fieldset>
        ) : null}
        {elsewhere ? <Note tone="bad">{error.message}</Note> : null}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={busy}>
            {of ? "Save" : "Create the key"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
