// The dynamic routes of this gateway, and a new one.
import { Link, useNavigate } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { post, useRenew } from "@/api/change";
import { ApiError } from "@/api/client";
import { useAll } from "@/api/lists";
import { may, useMay, useSession } from "@/api/permissions";
import type { Model, Route } from "@/api/types";
import { callable } from "@/features/keys/ShownOnce";
import { Button } from "@/ui/button";
import { useNow } from "@/ui/clock";
import { SelectField, TextField } from "@/ui/fields";
import { ago } from "@/ui/format";
import { Dialog } from "@/ui/overlays";
import { Badge, Empty, Failed, Loading, Note, PageHead, Panel } from "@/ui/panels";

function NewRoute({ open, onClose }: { open: boolean; onClose: () => void }) {
  const [name, setName] = useState("");
  const [model, setModel] = useState("");
  const [error, setError] = useState<ApiError | null>(null);
  const navigate = useNavigate();
  const renew = useRenew();
  const session = useSession();
  const names = callable(useAll<Model>("/api/v1/models", {}, open && may(session, "models:read")).data ?? [], ["*"]);
  const chosen = model || names[0] || "";
  const save = async (event: FormEvent) => {
    event.preventDefault();
    setError(null);
    try {
      const document = { start: "answer", nodes: { answer: { type: "model", model: chosen } } };
      const made = await post<Route>("/api/v1/routes", { name: name.trim(), document, note: "made in the dashboard" });
      await renew("/api/v1/routes");
      await navigate({ to: "/routes/$id", params: { id: made.id } });
    } catch (caught) {
      setError(caught instanceof ApiError ? caught : new ApiError(0, "error", String(caught)));
    }
  };
  return (
    <Dialog open={open} onClose={onClose} title="New dynamic route" about="It begins with one model; the graph grows in the editor. Nobody can call it before it is published.">
      <form onSubmit={save} className="space-y-4">
        <TextField label="Name" required autoFocus value={name} onChange={(event) => setName(event.target.value)} hint="callers name it as they name a model" fault={error?.field === "name" ? error.message : null} />
        <SelectField label="First model" value={chosen} options={names.map((one) => ({ value: one, label: one }))} onChange={(event) => setModel(event.target.value)} />
        {error && error.field !== "name" ? <Note tone="bad">{error.faults[0]?.message ?? error.message}</Note> : null}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary">
            Create
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** The page. */
export function Routes() {
  const now = useNow();
  const writes = useMay("routes:write");
  const [making, setMaking] = useState(false);
  const routes = useAll<Route>("/api/v1/routes");
  return (
    <>
      <PageHead title="Dynamic routes" about="Graphs that decide, request by request, which model answers. Routes of the configuration file are not listed here.">
        {writes ? (
          <Button look="primary" icon="plus" onClick={() => setMaking(true)}>
            Create a route
          </Button>
        ) : null}
      </PageHead>
      {routes.isPending ? <Panel><Loading rows={5} /></Panel> : null}
      {routes.isError ? <Panel><Failed error={routes.error} retry={() => void routes.refetch()} /></Panel> : null}
      {routes.data?.length === 0 ? (
        <Panel>
          <Empty icon="route" title="No dynamic route yet">
            Split traffic in shares, send some callers to a better model, or stop at a budget, without a new deployment.
          </Empty>
        </Panel>
      ) : null}
      <ul className="grid gap-3 md:grid-cols-2 xl:grid-cols-3">
        {routes.data?.map((route) => {
          const shown = route.published ?? route.draft;
          return (
            <li key={route.id}>
              <Link to="/routes/$id" params={{ id: route.id }} className="block rounded-lg border border-line bg-panel p-4 shadow-panel hover:border-line-strong">
                <div className="mb-1 flex items-center justify-between gap-2">
                  <h2 className="truncate font-semibold">{route.name}</h2>
                  <span className="flex gap-1">
                    {route.published ? <Badge tone="good">version {route.published.number}</Badge> : null}
                    {route.draft ? <Badge tone="warn">draft</Badge> : null}
                  </span>
                </div>
                <p className="text-soft">
                  {Object.keys(shown?.document.nodes ?? {}).length} nodes, changed {ago(route.updated_at, now)}
                </p>
                {route.warnings.length > 0 ? <p className="mt-1 text-warn">{route.warnings.length} warnings</p> : null}
              </Link>
            </li>
          );
        })}
      </ul>
      <NewRoute open={making} onClose={() => setMaking(false)} />
    </>
  );
}
