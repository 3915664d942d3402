// A new admin token: with a role of its own, or one that acts as a person or a service account.
import { type FormEvent, useState } from "react";
import { post, useRenew } from "@/api/change";
import { ApiError } from "@/api/client";
import { useAccounts } from "@/api/lists";
import { may, useSession } from "@/api/permissions";
import type { Account, NewAdminToken } from "@/api/types";
import { Button } from "@/ui/button";
import { SelectField, TextField } from "@/ui/fields";
import { Dialog } from "@/ui/overlays";
import { Note } from "@/ui/panels";
import { placeOptions, ROLE_OPTIONS } from "./places";

const FIELDS = ["name", "role", "account_id", "scopes", "expires_at"];

/** The dialog, there while it is open; `as` is whom the token acts as. */
export function TokenForm({ as, onClose, onMade }: { as?: Account; onClose: () => void; onMade: (token: NewAdminToken) => void }) {
  const [form, setForm] = useState({ name: "", role: "viewer", account: "", scopes: "", expires: "" });
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const renew = useRenew();
  const now = useSession();
  const own = as === undefined;
  const organization = useAccounts("organization", own && may(now, "organizations:read")).data;
  const team = useAccounts("team", own && may(now, "teams:read")).data;
  const project = useAccounts("project", own && may(now, "projects:read")).data;
  const set = (change: Partial<typeof form>) => setForm({ ...form, ...change });
  const fault = (field: string) => (error?.field === field ? error.message : null);
  const save = async (event: FormEvent) => {
    event.preventDefault();
    setError(null);
    setBusy(true);
    const scopes = form.scopes.split(/[\s,]+/).filter(Boolean);
    try {
      const made = await post<NewAdminToken>("/api/v1/admin-tokens", {
        name: form.name.trim(),
        ...(as ? { user_id: as.id } : { role: form.role, ...(form.account ? { account_id: form.account } : {}) }),
        ...(scopes.length > 0 ? { scopes } : {}),
        ...(form.expires ? { expires_at: new Date(form.expires).toISOString() } : {}),
      });
      await renew("/api/v1/admin-tokens");
      onMade(made);
    } catch (caught) {
      setError(caught instanceof ApiError ? caught : new ApiError(0, "error", String(caught)));
      setBusy(false);
    }
  };
  return (
    <Dialog open onClose={onClose} title={as ? `New admin token of ${as.name}` : "New admin token"} about={as ? `It uses the admin API as ${as.name}, with the roles that ${as.name} has at that moment.` : "For scripts and pipelines that use the admin API."}>
      <form onSubmit={save} className="space-y-4">
        <TextField label="Name" required autoFocus value={form.name} onChange={(event) => set({ name: event.target.value })} fault={fault("name")} />
        {own ? (
          <div className="grid gap-3 sm:grid-cols-2">
            <SelectField label="Role" value={form.role} options={ROLE_OPTIONS} onChange={(event) => set({ role: event.target.value })} fault={fault("role")} />
            <SelectField label="At" value={form.account} options={[{ value: "", label: "The whole gateway" }, ...placeOptions({ organization, team, project })]} onChange={(event) => set({ account: event.target.value })} fault={fault("account_id")} />
          </div>
        ) : null}
        <TextField label="Scopes" value={form.scopes} onChange={(event) => set({ scopes: event.target.value })} placeholder="keys:read, keys:write" hint={`what of ${own ? "the role" : "its roles"} it may be used for; empty for all of it`} fault={fault("scopes")} />
        <TextField label="Ends" type="datetime-local" value={form.expires} onChange={(event) => set({ expires: event.target.value })} hint="empty for never" fault={fault("expires_at")} />
        {error && !FIELDS.includes(error.field ?? "") ? <Note tone="bad">{error.message}</Note> : null}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={busy}>
            Create
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
