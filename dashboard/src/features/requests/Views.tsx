// Filters of the explorer under a name: one's own, and those that others share.
import { type FormEvent, useState } from "react";
import { post, remove, useRenew } from "@/api/change";
import { useAccounts, useAll } from "@/api/lists";
import { may, useMay, useSession } from "@/api/permissions";
import type { View } from "@/api/types";
import { type Chosen, FIELDS } from "@/features/filters/fields";
import { Button } from "@/ui/button";
import { SelectField, TextField } from "@/ui/fields";
import { Confirm, Dialog, Menu, type MenuItem } from "@/ui/overlays";
import { Note } from "@/ui/panels";
import { toast } from "@/ui/toast";
import { filtersOf, isFiltered, type Search, searchOf } from "./filters";

const PATH = "/api/v1/views";

function Save({ search, onClose }: { search: Search; onClose: () => void }) {
  const now = useSession();
  const renew = useRenew();
  const [form, setForm] = useState({ name: "", account: "" });
  const [fault, setFault] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const organizations = useAccounts("organization", may(now, "organizations:read")).data ?? [];
  const teams = useAccounts("team", may(now, "teams:read")).data ?? [];
  const projects = useAccounts("project", may(now, "projects:read")).data ?? [];
  const accounts = [...organizations, ...teams, ...projects].map(({ id, name }) => ({ value: id, label: `for the people of ${name}` }));
  const go = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFault(null);
    try {
      await post(PATH, { name: form.name.trim(), filters: filtersOf(search), account_id: form.account || undefined });
      await renew(PATH);
      toast(`${form.name.trim()} is saved`);
      onClose();
    } catch (error) {
      setFault(error instanceof Error ? error.message : String(error));
      setBusy(false);
    }
  };
  const count = Object.keys(filtersOf(search)).length;
  return (
    <form onSubmit={go} className="space-y-4">
      <TextField label="Name" required autoFocus maxLength={100} value={form.name} onChange={(event) => setForm({ ...form, name: event.target.value })} hint={`keeps ${count} ${count === 1 ? "filter" : "filters"}${search.range ? "; the time is not one of them unless it has a beginning and an end" : ""}`} />
      {accounts.length > 0 ? <SelectField label="Who sees it" value={form.account} options={[{ value: "", label: "only me" }, ...accounts]} onChange={(event) => setForm({ ...form, account: event.target.value })} /> : null}
      {fault ? <Note tone="bad">{fault}</Note> : null}
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="primary" busy={busy} disabled={form.name.trim() === ""}>
          Save
        </Button>
      </div>
    </form>
  );
}

/** The menu. */
export function Views({ search, onShow }: { search: Search; onShow: (search: Chosen) => void }) {
  const reads = useMay("views:read");
  const writes = useMay("views:write");
  const renew = useRenew();
  const views = useAll<View>(PATH, {}, reads).data ?? [];
  const [saving, setSaving] = useState(false);
  const [removing, setRemoving] = useState<View | null>(null);
  if (!reads) return null;
  const written = JSON.stringify(filtersOf(search));
  const here = views.find((view) => JSON.stringify(Object.fromEntries(Object.entries(view.filters).sort())) === JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(written) as object).sort())) && written !== "{}");
  const nothing = Object.fromEntries([...FIELDS.map(({ name }) => name), "range", "from", "to", "subcalls"].map((name) => [name, undefined]));
  const items: MenuItem[] = [
    ...views.map((view): MenuItem => ({ label: view.account_id ? `${view.name} (shared)` : view.name, icon: view.id === here?.id ? "check" : "filter", onSelect: () => onShow({ ...nothing, ...searchOf(view.filters) }) })),
    ...(writes ? [{ label: "Save this view", icon: "plus" as const, onSelect: () => setSaving(true), disabled: !isFiltered(search) }] : []),
    ...(writes && here ? [{ label: `Remove ${here.name}`, icon: "trash" as const, danger: true, onSelect: () => setRemoving(here) }] : []),
  ];
  return (
    <>
      <Menu label="Saved views" items={items.length > 0 ? items : [{ label: "No view is saved", onSelect: () => undefined, disabled: true }]}>
        <Button icon="down">{here?.name ?? "Views"}</Button>
      </Menu>
      <Dialog open={saving} onClose={() => setSaving(false)} title="Save this view">
        <Save search={search} onClose={() => setSaving(false)} />
      </Dialog>
      <Confirm
        open={removing !== null}
        onClose={() => setRemoving(null)}
        title={`Remove ${removing?.name ?? ""}?`}
        action="Remove"
        onConfirm={async () => {
          if (removing) await remove(`${PATH}/${removing.id}`);
          await renew(PATH);
        }}
      >
        {removing?.account_id ? "It is gone for everybody who sees it." : "No request is concerned."}
      </Confirm>
    </>
  );
}
