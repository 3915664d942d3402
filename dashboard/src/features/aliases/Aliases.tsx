// Aliases: names that callers use, and who answers to them. Those of the configuration file are shown, those of the API are managed
// here.
import { getRouteApi } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { remove, useRenew } from "@/api/change";
import { useAll } from "@/api/lists";
import { useMay } from "@/api/permissions";
import type { Model, Provider } from "@/api/types";
import { dropKey } from "@/features/playground/key";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/fields";
import { Confirm } from "@/ui/overlays";
import { Empty, Failed, Loading, PageHead, Panel } from "@/ui/panels";
import { AliasCard } from "./AliasCard";
import { AliasForm } from "./AliasForm";

const PATH = "/api/v1/models";
const page = getRouteApi("/aliases");

/** The page. */
export function Aliases() {
  const search = page.useSearch();
  const navigate = page.useNavigate();
  const set = (change: Partial<typeof search>) => void navigate({ search: (old) => ({ ...old, ...change }) });
  const managed = useAll<Model>(PATH, { managed_by: "api" });
  const models = useAll<Model>(PATH);
  const writes = useMay("models:write");
  const calls = useMay("keys:write");
  const providers = useAll<Provider>("/api/v1/providers", {}, useMay("providers:read") && writes).data ?? [];
  const renew = useRenew();
  const [gone, setGone] = useState<Model | null>(null);
  useEffect(() => dropKey, []);
  const own = managed.data ?? [];
  const names = new Set(own.filter((one) => !one.problem).map(({ id }) => id));
  const ofFile = (models.data ?? []).filter((one) => one.owner === "alias" && !names.has(one.id));
  const typed = (search.find ?? "").toLowerCase();
  const all = [...own, ...ofFile].sort((a, b) => a.id.localeCompare(b.id));
  const rows = all.filter((one) => one.id.toLowerCase().includes(typed));
  const edited = own.find((one) => one.id === search.edit) ?? null;
  const isPending = managed.isPending || models.isPending;
  const error = managed.error ?? models.error;
  return (
    <>
      <PageHead title="Aliases" about="Names that callers use, and the models that answer to them.">
        {all.length > 8 ? (
          <div className="w-48">
            <TextField label="Find an alias" hideLabel placeholder="Name" value={search.find ?? ""} onChange={(event) => void navigate({ search: (old) => ({ ...old, find: event.target.value || undefined }), replace: true })} />
          </div>
        ) : null}
        {writes ? (
          <Button look="primary" icon="plus" onClick={() => set({ add: "1" })}>
            Add an alias
          </Button>
        ) : null}
      </PageHead>
      {isPending ? <Panel><Loading rows={8} /></Panel> : null}
      {error ? <Panel><Failed error={error} retry={() => void Promise.all([managed.refetch(), models.refetch()])} /></Panel> : null}
      {!isPending && !error && rows.length === 0 ? (
        <Panel>
          <Empty icon="alias" title={all.length > 0 ? "No alias fits" : "No alias yet"}>
            {all.length > 0 ? <Button onClick={() => set({ find: undefined })}>Show all</Button> : writes ? <Button onClick={() => set({ add: "1" })}>Add the first one</Button> : "Whoever manages this gateway adds them. Models can be called as PROVIDER/MODEL, too."}
          </Empty>
        </Panel>
      ) : null}
      {isPending ? null : (
        <ul className="grid items-start gap-3 md:grid-cols-2 2xl:grid-cols-3">
          {rows.map((one) => (
            <AliasCard key={`${one.source} ${one.id}`} of={one} marked={one.id === search.name} calls={calls} writes={writes} onEdit={() => set({ edit: one.id })} onRemove={() => setGone(one)} />
          ))}
        </ul>
      )}
      {writes ? <AliasForm open={search.add !== undefined || edited !== null} of={edited} providers={providers} models={models.data ?? []} onClose={() => set({ add: undefined, edit: undefined })} /> : null}
      <Confirm
        open={gone !== null}
        onClose={() => setGone(null)}
        title={`Remove ${gone?.id ?? ""}?`}
        action="Remove"
        onConfirm={async () => {
          await remove(`${PATH}/${encodeURIComponent(gone?.id ?? "")}`);
          await renew(PATH);
        }}
      >
        Whoever calls it by this name is refused from then on; calls in flight go on.
      </Confirm>
    </>
  );
}
