// The models that callers can name: what they cost, how much they take, and who serves them.
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useAll } from "@/api/lists";
import type { Model } from "@/api/types";
import { Button } from "@/ui/button";
import { CheckField, SelectField, TextField } from "@/ui/fields";
import { compact, count, words } from "@/ui/format";
import { Drawer } from "@/ui/overlays";
import { Badge, Empty, Facts, Failed, Loading, PageHead } from "@/ui/panels";
import { VirtualTable, type VirtualColumn } from "@/ui/virtual";
import { Id } from "@/ui/code";

const page = getRouteApi("/models");

/** Cents stand for all: $0.60 below $0.15. */
const cents = (usd: string) => (/\.\d$/.test(usd) ? `${usd}0` : usd);
const price = (usd: string | null | undefined) => (usd === null || usd === undefined ? <span className="text-faint">–</span> : `$${cents(usd)}`);

const COLUMNS: VirtualColumn<Model>[] = [
  { id: "id", head: "Model", width: "minmax(10rem,2fr)", cell: (model) => <span className="font-medium" title={model.id}>{model.id}</span> },
  { id: "kind", head: "Kind", wide: true, width: "9.5rem", cell: (model) => (model.owner === "alias" ? <Badge tone="accent">alias</Badge> : model.owner === "route" ? <Badge tone="info">route</Badge> : <span className="text-soft">{words(model.mode)}</span>) },
  { id: "providers", head: "Providers", wide: true, width: "minmax(8rem,1fr)", cell: (model) => <span className="text-soft">{[...new Set(model.providers)].join(", ")}</span> },
  { id: "context", head: "Input limit", wide: true, width: "5.5rem", right: true, cell: (model) => (model.max_input_tokens ? compact(model.max_input_tokens) : <span className="text-faint">–</span>) },
  { id: "in", head: "$ / M input", width: "5.5rem", right: true, cell: (model) => price(model.input_usd_per_million_tokens) },
  { id: "out", head: "$ / M output", width: "5.5rem", right: true, cell: (model) => price(model.output_usd_per_million_tokens) },
];

function AliasLink({ of }: { of: Model }) {
  return (
    <>
      {of.source === "api" ? "alias, " : "alias of the configuration, "}
      <Link to="/aliases" search={{ name: of.id, find: of.id }} className="text-accent-strong underline">
        who answers
      </Link>
    </>
  );
}

function Detail({ of }: { of: Model }) {
  const limit = (value: number | null | undefined) => (value ? `${count(value)} tokens` : "not known");
  return (
    <div className="space-y-6">
      <Facts
        rows={[
          ["Name to call", <Id key="id" text={of.id} />],
          ["Kind", of.owner === "alias" ? <AliasLink key="kind" of={of} /> : of.owner === "route" ? "dynamic route" : `model of ${of.owner}`],
          ["Mode", words(of.mode)],
          ["Providers", [...new Set(of.providers)].join(", ")],
          ["Input limit", limit(of.max_input_tokens)],
          ["Output limit", limit(of.max_output_tokens)],
          ["Can", of.capabilities.length > 0 ? of.capabilities.join(", ") : "not known"],
        ]}
      />
      <section>
        <h3 className="mb-2 font-semibold">Prices</h3>
        {of.owner === "route" ? null : (
          <Link to="/prices" search={{ model: of.id }} className="float-right text-accent-strong hover:underline">
            What it cost before
          </Link>
        )}
        {of.prices && of.prices.length > 0 ? <Facts rows={of.prices.map((one) => [one.unit.replaceAll("_", " "), `$${cents(one.usd)} per ${one.per}`])} /> : <p className="text-soft">No price is known: calls are counted at $0.</p>}
      </section>
    </div>
  );
}

/** The page. */
export function Models() {
  const search = page.useSearch();
  const navigate = page.useNavigate();
  const models = useAll<Model>("/api/v1/models");
  const set = (change: Partial<typeof search>) => void navigate({ search: (old) => ({ ...old, ...change }), replace: true });
  const values = (read: (model: Model) => string[]) => [...new Set((models.data ?? []).flatMap(read))].sort();
  const rows = useMemo(() => {
    const typed = (search.find ?? "").toLowerCase();
    return (models.data ?? []).filter(
      (model) =>
        (search.all === "1" || model.configured !== false) &&
        (typed === "" || model.id.toLowerCase().includes(typed)) &&
        (search.provider === undefined || model.providers.includes(search.provider)) &&
        (search.mode === undefined || model.mode === search.mode),
    );
  }, [models.data, search]);
  const options = (any: string, list: string[]) => [{ value: "", label: any }, ...list.map((value) => ({ value, label: value }))];
  return (
    <>
      <PageHead title="Models" about="What callers can name in a request, and what it costs." />
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <div className="w-56">
          <TextField label="Find a model" hideLabel placeholder="Name" value={search.find ?? ""} onChange={(event) => set({ find: event.target.value || undefined })} />
        </div>
        <div className="w-40">
          <SelectField label="Provider" hideLabel value={search.provider ?? ""} options={options("Any provider", values((model) => model.providers))} onChange={(event) => set({ provider: event.target.value || undefined })} />
        </div>
        <div className="w-36">
          <SelectField label="Mode" hideLabel value={search.mode ?? ""} options={options("Any mode", values((model) => [model.mode]))} onChange={(event) => set({ mode: event.target.value || undefined })} />
        </div>
        <CheckField label="Those that are not configured, too" checked={search.all === "1"} onChange={(on) => set({ all: on ? "1" : undefined })} />
      </div>
      <section aria-label="Models" className="flex h-[calc(100dvh-15.6rem)] min-h-96 flex-col overflow-hidden rounded-lg border border-line bg-panel shadow-panel">
        {models.isPending ? <Loading rows={12} /> : null}
        {models.isError ? <Failed error={models.error} retry={() => void models.refetch()} /> : null}
        {models.isSuccess && rows.length === 0 ? (
          <Empty icon="model" title="No model fits">
            <Button onClick={() => void navigate({ search: { all: "1" } })}>Show all</Button>
          </Empty>
        ) : null}
        {rows.length > 0 ? <VirtualTable label="Models" rows={rows} columns={COLUMNS} id={(model) => model.id} onOpen={(model) => set({ model: model.id })} selected={search.model} foot={`${count(rows.length)} models`} /> : null}
      </section>
      <Drawer open={search.model !== undefined} onClose={() => set({ model: undefined })} title={search.model ?? ""}>
        {models.isPending ? <Loading /> : (() => {
          const found = models.data?.find((model) => model.id === search.model);
          return found ? <Detail of={found} /> : <Empty title="There is no such model" />;
        })()}
      </Drawer>
    </>
  );
}
