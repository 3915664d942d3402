// Making an account, or changing one.
import { type FormEvent, useEffect, useState } from "react";
import { patch, post, useRenew } from "@/api/change";
import { ApiError } from "@/api/client";
import { ACCOUNT_PATHS, useAccounts } from "@/api/lists";
import { may, useSession } from "@/api/permissions";
import type { Account } from "@/api/types";
import { placeOptions, ROLE_OPTIONS } from "@/features/tokens/places";
import { Button, IconButton } from "@/ui/button";
import { SelectField, TextField } from "@/ui/fields";
import { Dialog } from "@/ui/overlays";
import { Note } from "@/ui/panels";
import { PolicyFields, type PolicyForm, policyChange, policyForm } from "@/ui/policy";
import { toast } from "@/ui/toast";
import { type LevelPage, memberFor, ownerOf } from "./levels";
import { useOwners } from "./owners";

type Membership = { account_id: string; role: string };
type Form = PolicyForm & { name: string; email: string; organization_id: string; team_id: string; owner: string; plan: string; role: string; memberships: Membership[]; records: string; bodies: string };

const formOf = (of?: Account): Form => ({
  ...policyForm(of),
  name: of?.name ?? "",
  email: of?.email ?? "",
  organization_id: of?.organization_id ?? "",
  team_id: of?.team_id ?? "",
  owner: (of && ownerOf(of)?.id) ?? "",
  plan: of?.plan_id ?? "",
  role: of?.gateway_role ?? "",
  memberships: of?.memberships ?? [],
  records: String(of?.record_retention_days ?? ""),
  bodies: String(of?.body_retention_days ?? ""),
});

/** What of the form differs from before, as the API takes it. */
export function accountChange(form: Form, before: Form, of?: Account): Record<string, unknown> {
  const change: Record<string, unknown> = policyChange(form, before, null, of?.limits);
  if (form.name !== before.name) change.name = form.name.trim();
  if (form.email !== before.email) change.email = form.email.trim() || null;
  if (form.plan !== before.plan) change.plan_id = form.plan || null;
  if (form.records !== before.records) change.record_retention_days = form.records ? Number(form.records) : null;
  if (form.bodies !== before.bodies) change.body_retention_days = form.bodies ? Number(form.bodies) : null;
  if (form.role !== before.role) change.gateway_role = form.role || null;
  if (form.organization_id !== before.organization_id) change.organization_id = form.organization_id || null;
  if (form.team_id !== before.team_id) change.team_id = form.team_id || null;
  if (JSON.stringify(form.memberships) !== JSON.stringify(before.memberships)) change.memberships = form.memberships;
  return change;
}

function Memberships({ form, legend, fault, onChange, accounts: options }: { form: Form; legend: string; fault: (field: string) => string | null; onChange: (list: Membership[]) => void; accounts: { value: string; label: string }[] }) {
  const list = form.memberships;
  const put = (at: number, change: Partial<Membership>) => onChange(list.map((one, place) => (place === at ? { ...one, ...change } : one)));
  return (
    <fieldset>
      <legend className="mb-1 font-medium">{legend}</legend>
      <div className="space-y-2">
        {list.map((one, at) => (
          <div key={at} className="flex items-start gap-2">
            <div className="flex-1">
              <SelectField label={`Place of role ${at + 1}`} hideLabel value={one.account_id} options={options} fault={fault(`memberships[${at}].account_id`) ?? fault(`memberships[${at}].role`)} onChange={(event) => put(at, { account_id: event.target.value })} />
            </div>
            <div className="w-32">
              <SelectField label={`Role ${at + 1}`} hideLabel value={one.role} options={ROLE_OPTIONS} onChange={(event) => put(at, { role: event.target.value })} />
            </div>
            <IconButton icon="trash" label={`Remove role ${at + 1}`} onClick={() => onChange(list.filter((_, place) => place !== at))} />
          </div>
        ))}
        <Button small icon="plus" disabled={options.length === 0} onClick={() => onChange([...list, { account_id: form.owner || (options[0]?.value ?? ""), role: "member" }])}>
          Add a role
        </Button>
      </div>
    </fieldset>
  );
}

/** The dialog; `of` is the account that is changed. */
export function AccountForm({ page, open, of, onClose, onDone }: { page: LevelPage; open: boolean; of?: Account; onClose: () => void; onDone: (account: Account) => void }) {
  const [form, setForm] = useState<Form>(() => formOf(of));
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const renew = useRenew();
  const now = useSession();
  useEffect(() => {
    if (open) {
      setForm(formOf(of));
      setError(null);
    }
  }, [open, of]);
  const isUser = page.level === "user";
  const service = page.kind === "service";
  const owners = useOwners(open && (isUser || page.parents.length > 0));
  const plans = useAccounts("plan", open && page.takesPlan && may(now, "plans:read")).data ?? [];
  const lists = { organization: owners.organization ?? [], team: owners.team ?? [] };
  const set = (change: Partial<Form>) => setForm({ ...form, ...change });
  const fault = (field: string) => (error?.field === field ? error.message : null);
  const shown = ["name", "email", "models", "budgets", "organization_id", "team_id", "plan_id", "gateway_role", "project_id", "record_retention_days", "body_retention_days"];
  const elsewhere = error && !shown.includes(error.field ?? "") && !/^(limits|budgets|memberships\[)/.test(error.field ?? "");
  const save = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    const path = ACCOUNT_PATHS[page.level];
    try {
      const change = { ...accountChange(form, formOf(of), of), ...(service && !of ? { kind: "service", [memberFor(form.owner) ?? "organization_id"]: form.owner } : {}) };
      const done = of ? await patch<Account>(`${path}/${of.id}`, change, of.revision) : await post<Account>(path, change);
      await renew(path, "/api/v1/budgets");
      toast(of ? "Saved" : `${done.name} is there`);
      onDone(done);
    } catch (caught) {
      setError(caught instanceof ApiError ? caught : new ApiError(0, "error", String(caught)));
    } finally {
      setBusy(false);
    }
  };
  const places = placeOptions(owners);
  return (
    <Dialog open={open} onClose={onClose} title={of ? `Change ${of.name}` : `New ${page.one}`} wide>
      <form onSubmit={save} className="space-y-4">
        <TextField label="Name" required autoFocus value={form.name} onChange={(event) => set({ name: event.target.value })} fault={fault("name")} />
        {isUser && !service ? <TextField label="E-mail" type="email" value={form.email} onChange={(event) => set({ email: event.target.value })} fault={fault("email")} /> : null}
        <div className="grid gap-3 sm:grid-cols-2">
          {page.parents.map((parent) => (
            <SelectField
              key={parent.member}
              label={`${parent.level[0]?.toUpperCase()}${parent.level.slice(1)}`}
              required={parent.needed}
              disabled={of !== undefined}
              value={form[parent.member]}
              options={[{ value: "", label: parent.needed ? "Choose one" : "None" }, ...lists[parent.level].map(({ id, name }) => ({ value: id, label: name }))]}
              onChange={(event) => set({ [parent.member]: event.target.value } as Partial<Form>)}
              fault={fault(parent.member)}
            />
          ))}
          {service ? (
            <SelectField
              label="Belongs to"
              required
              disabled={of !== undefined}
              value={form.owner}
              options={[{ value: "", label: "Choose one" }, ...places]}
              onChange={(event) => set({ owner: event.target.value })}
              hint={of ? undefined : "its admins answer for it; said once"}
              fault={fault("organization_id") ?? fault("team_id") ?? fault("project_id")}
            />
          ) : null}
          {page.takesPlan ? <SelectField label="Plan" value={form.plan} options={[{ value: "", label: "None" }, ...plans.map(({ id, name }) => ({ value: id, label: name }))]} onChange={(event) => set({ plan: event.target.value })} fault={fault("plan_id")} /> : null}
          {isUser && !service ? <SelectField label="Role at the whole gateway" value={form.role} options={[{ value: "", label: "None" }, ...ROLE_OPTIONS]} onChange={(event) => set({ role: event.target.value })} fault={fault("gateway_role")} /> : null}
        </div>
        {isUser ? <Memberships form={form} legend={service ? "Roles, at what it belongs to and below" : "Roles below the gateway"} fault={fault} onChange={(memberships) => set({ memberships })} accounts={places} /> : null}
        <PolicyFields form={form} onChange={(policy) => set(policy)} fault={fault} modelsHint="One a line. Empty: whatever is allowed above." />
        {page.level === "organization" ? (
          <div className="grid gap-3 sm:grid-cols-2">
            <TextField label="Days that records are kept" type="number" min={1} value={form.records} placeholder="as long as the gateway does" onChange={(event) => set({ records: event.target.value })} fault={fault("record_retention_days")} />
            <TextField label="Days that messages are kept" type="number" min={1} value={form.bodies} placeholder="as long as the gateway does" onChange={(event) => set({ bodies: event.target.value })} fault={fault("body_retention_days")} />
          </div>
        ) : null}
        {elsewhere ? <Note tone="bad">{error.message}</Note> : null}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={busy}>
            {of ? "Save" : "Create"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
