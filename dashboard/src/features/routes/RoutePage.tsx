// One dynamic route: its graph to look at and change, drafts, publishing and going back, simulation, versions.
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useBlocker, useNavigate } from "@tanstack/react-router";
import { Tabs } from "radix-ui";
import { useEffect, useMemo, useState } from "react";
import { get, patch, post, remove, useRenew } from "@/api/change";
import { ApiError } from "@/api/client";
import { useAll } from "@/api/lists";
import { useMay } from "@/api/permissions";
import type { Model, Route, RouteDocument, RouteWay } from "@/api/types";
import { Button } from "@/ui/button";
import { TextArea } from "@/ui/fields";
import { Confirm } from "@/ui/overlays";
import { Badge, Failed, Loading, Note, PageHead } from "@/ui/panels";
import { toast } from "@/ui/toast";
import { Graph } from "./Graph";
import { AddNode, Inspector } from "./Inspector";
import { Simulate } from "./Simulate";
import { Versions } from "./Versions";

const page = getRouteApi("/routes/$id");
const TABS = [
  { value: "graph", label: "Graph" },
  { value: "document", label: "Document" },
  { value: "simulate", label: "Simulate" },
  { value: "versions", label: "Versions" },
];
const NONE: string[] = [];

const messageOf = (warning: Route["warnings"][number]) => (typeof warning === "string" ? warning : (warning.message ?? JSON.stringify(warning)));

/** The document as text. What is typed is taken as soon as it is JSON. */
function DocumentText({ document, onChange }: { document: RouteDocument; onChange?: (document: RouteDocument) => void }) {
  const written = JSON.stringify(document, null, 2);
  const [text, setText] = useState(written);
  const [fault, setFault] = useState<string | null>(null);
  useEffect(() => {
    setText((now) => {
      try {
        return JSON.stringify(JSON.parse(now)) === JSON.stringify(document) ? now : written;
      } catch {
        return now;
      }
    });
  }, [written, document]);
  const type = (next: string) => {
    setText(next);
    try {
      const read = JSON.parse(next) as RouteDocument;
      if (typeof read.start !== "string" || read.nodes === null || typeof read.nodes !== "object") throw new Error("a route has `start` and `nodes`");
      setFault(null);
      onChange?.(read);
    } catch (error) {
      setFault(error instanceof Error ? error.message : String(error));
    }
  };
  return <TextArea label="The route as JSON" rows={26} className="font-mono text-[0.9rem]" value={text} readOnly={onChange === undefined} onChange={(event) => type(event.target.value)} fault={fault} />;
}

function useDraft(route: Route) {
  const stored = (route.draft ?? route.published)?.document ?? { start: "", nodes: {} };
  const [document, setDocument] = useState<RouteDocument>(stored);
  const [base, setBase] = useState(route.revision);
  const key = JSON.stringify(stored);
  useEffect(() => {
    setDocument(JSON.parse(key) as RouteDocument);
    setBase(route.revision);
  }, [key, route.revision]);
  return { document, setDocument, base, changed: JSON.stringify(document) !== key, reset: () => setDocument(stored) };
}

function Editor({ route }: { route: Route }) {
  const search = page.useSearch();
  const navigate = page.useNavigate();
  const leave = useNavigate();
  const renew = useRenew();
  const writes = useMay("routes:write");
  const { document, setDocument, base, changed, reset } = useDraft(route);
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const [asked, setAsked] = useState<"publish" | "delete" | null>(null);
  const [way, setWay] = useState<RouteWay | null>(null);
  const models = useAll<Model>("/api/v1/models", {}, useMay("models:read")).data;
  const names = useMemo(() => (models ?? []).filter((model) => model.mode === "chat").map(({ id }) => id), [models]);
  const steps = useMemo(() => way?.steps.map(({ node }) => node) ?? NONE, [way]);
  const faults = error?.faults ?? [];
  const faulty = useMemo(() => [...new Set((error?.faults ?? []).map(({ pointer }) => pointer.split("/")[2] ?? ""))], [error]);
  useBlocker({ shouldBlockFn: ({ current, next }) => changed && current.pathname !== next.pathname && !window.confirm("Leave, and lose the changes that are not saved?"), enableBeforeUnload: () => changed });
  const path = `/api/v1/routes/${route.id}`;
  const tab = search.tab ?? "graph";
  const set = (change: Partial<typeof search>) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true });
  const change = (next: RouteDocument, selected?: string) => {
    setDocument(next);
    setWay(null);
    setError(null);
    if (selected !== undefined) set({ node: selected || undefined });
  };
  const save = async () => {
    setBusy(true);
    setError(null);
    try {
      await patch(path, { document }, base);
      await renew("/api/v1/routes", path);
      toast("The draft is saved; what is published stays in force");
      return true;
    } catch (caught) {
      setError(caught instanceof ApiError ? caught : new ApiError(0, "error", String(caught)));
      return false;
    } finally {
      setBusy(false);
    }
  };
  const warnings = route.warnings.map(messageOf);
  return (
    <>
      <PageHead title={route.name} about={<Link to="/routes" className="hover:underline">Dynamic routes</Link>}>
        {route.published ? <Badge tone="good">version {route.published.number} in force</Badge> : <Badge>not published</Badge>}
        {route.draft ? <Badge tone="warn">draft {route.draft.number}</Badge> : null}
        {changed ? <Badge tone="info">not saved</Badge> : null}
        {writes ? (
          <>
            {changed ? <Button onClick={reset}>Undo</Button> : null}
            <Button busy={busy} disabled={!changed} onClick={() => void save()}>
              Save draft
            </Button>
            <Button look="primary" disabled={!changed && !route.draft} onClick={() => setAsked("publish")}>
              Publish
            </Button>
            <Button look="danger" icon="trash" onClick={() => setAsked("delete")}>
              Delete
            </Button>
          </>
        ) : null}
      </PageHead>
      {error ? (
        <div className="mb-3">
          <Note tone="bad">
            {error.status === 412 ? "Somebody else changed this route meanwhile. Reload the page to see how it is now." : error.message}
            {faults.length > 0 ? (
              <ul className="mt-1 list-inside list-disc">
                {faults.map((one) => (
                  <li key={`${one.pointer}${one.message}`}>
                    <code className="font-mono text-[0.88rem]">{one.pointer}</code> {one.message}
                  </li>
                ))}
              </ul>
            ) : null}
          </Note>
        </div>
      ) : null}
      {warnings.length > 0 ? (
        <div className="mb-3">
          <Note tone="warn">{warnings.join(" · ")}</Note>
        </div>
      ) : null}
      <Tabs.Root value={tab} onValueChange={(next) => set({ tab: next === "graph" ? undefined : next })} className="flex min-h-0 flex-1 flex-col">
        <Tabs.List aria-label="Views of the route" className="mb-3 flex gap-1 border-b border-line">
          {TABS.map((one) => (
            <Tabs.Trigger key={one.value} value={one.value} className="-mb-px border-b-2 border-transparent px-3 py-1.5 text-soft hover:text-ink data-[state=active]:border-accent data-[state=active]:font-medium data-[state=active]:text-ink">
              {one.label}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
        <Tabs.Content value="graph" className="grid min-h-0 flex-1 gap-4 outline-none lg:grid-cols-[minmax(0,1fr)_20rem]">
          <div className="flex min-h-0 flex-col gap-2">
            {writes ? <AddNode document={document} onChange={change} /> : null}
            <div className="h-[max(26rem,calc(100dvh-18.5rem))] overflow-hidden rounded-lg border border-line bg-raised">
              <Graph document={document} way={steps} faulty={faulty} selected={search.node} onSelect={(name) => set({ node: name })} onChange={writes ? change : undefined} />
            </div>
          </div>
          <aside aria-label="Node" className="rounded-lg border border-line bg-panel p-4 shadow-panel">
            {search.node && document.nodes[search.node] ? (
              <fieldset disabled={!writes}>
                <Inspector document={document} name={search.node} models={names} fault={(pointer) => faults.find((one) => one.pointer === pointer)?.message ?? null} onChange={change} onClose={() => set({ node: undefined })} />
              </fieldset>
            ) : (
              <div className="text-soft">
                <p className="mb-2 font-medium text-ink">Choose a node</p>
                <p>Its settings are shown here. Pull a line from a dot at the right of a node to another node to say where it leads. A line that is chosen goes away with Delete.</p>
                <p className="mt-2">Dashed lines are taken when a model fails.</p>
              </div>
            )}
          </aside>
        </Tabs.Content>
        <Tabs.Content value="document" className="outline-none">
          <DocumentText document={document} onChange={writes ? change : undefined} />
        </Tabs.Content>
        <Tabs.Content value="simulate" className="outline-none">
          <Simulate
            route={route}
            changed={changed}
            onWay={setWay}
            picture={(found) => (
              <div className="h-96 overflow-hidden rounded-lg border border-line bg-raised">
                <Graph document={documentOf(route, found.version) ?? document} way={found.steps.map(({ node }) => node)} faulty={NONE} selected={undefined} onSelect={() => undefined} />
              </div>
            )}
          />
        </Tabs.Content>
        <Tabs.Content value="versions" className="outline-none">
          <Versions route={route} />
        </Tabs.Content>
      </Tabs.Root>
      <Confirm
        open={asked === "publish"}
        onClose={() => setAsked(null)}
        title={`Publish ${route.name}?`}
        action="Publish"
        onConfirm={async () => {
          if (changed && !(await save())) throw new Error("The draft has faults; see above.");
          await post(`${path}/publish`);
          await renew("/api/v1/routes", path);
          toast(`${route.name} is in force`);
        }}
      >
        Every request that starts from then on takes the new way. Requests in flight end as they began.
      </Confirm>
      <Confirm
        open={asked === "delete"}
        onClose={() => setAsked(null)}
        title={`Delete ${route.name}?`}
        action="Delete the route"
        onConfirm={async () => {
          await remove(path);
          await renew("/api/v1/routes");
          reset();
          await leave({ to: "/routes" });
        }}
      >
        Calls that name it are refused from now on. Its versions are gone, too.
      </Confirm>
    </>
  );
}

const documentOf = (route: Route, version: number) => [route.draft, route.published].find((one) => one?.number === version)?.document;

/** The page. */
export function RoutePage() {
  const { id } = page.useParams();
  const route = useQuery({ queryKey: [`/api/v1/routes/${id}`], queryFn: ({ signal }) => get<Route>(`/api/v1/routes/${id}`, signal) });
  if (route.isPending) return <Loading rows={10} />;
  if (route.isError) return <Failed error={route.error} retry={() => void route.refetch()} />;
  return <Editor key={id} route={route.data} />;
}
