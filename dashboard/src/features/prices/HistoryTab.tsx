// What a model costs, and cost before, at every provider that has it; and how its price is changed.
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useEffect, useState } from "react";
import { get } from "@/api/change";
import { ApiError } from "@/api/client";
import { useAll } from "@/api/lists";
import { useMay } from "@/api/permissions";
import type { Model, Page, Provider } from "@/api/types";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/fields";
import { Empty, Failed, Loading, Panel } from "@/ui/panels";
import type { History } from "./prices";
import { SetPrice } from "./SetPrice";
import { changeOf } from "./set";
import { Stretches } from "./Stretches";

type Preset = { provider: string; upstream: string };

function Subject({ of, aliases, providers, onCorrect }: { of: History; aliases: Model[]; providers: Provider[]; onCorrect?: (preset: Preset) => void }) {
  const [setting, setSetting] = useState(false);
  const change = changeOf(of, aliases, providers);
  const mayAliases = useMay("models:write");
  const mayProviders = useMay("providers:write");
  const sets = change !== null && (change.path.startsWith("/api/v1/models") ? mayAliases : mayProviders);
  return (
    <Panel
      className="mb-4"
      flush
      title={
        <>
          {of.provider}/{of.model}
          {of.alias ? <span className="ml-2 font-normal text-faint">as a target of {of.alias}</span> : null}
        </>
      }
      side={
        <span className="flex flex-wrap gap-2">
          {sets ? <Button small onClick={() => setSetting(true)}>Set its price</Button> : null}
          {onCorrect ? <Button small onClick={() => onCorrect({ provider: of.provider, upstream: of.model })}>Correct past calls</Button> : null}
        </span>
      }
    >
      {of.history.length > 0 ? (
        <Stretches of={of} />
      ) : (
        <Empty icon="price" title="No price is written down">
          Neither the catalogue nor the configuration has one for it.{sets ? " Set one, and correct the calls that were made without." : ""}
        </Empty>
      )}
      {setting && change ? <SetPrice of={of} change={change} onClose={() => setSetting(false)} /> : null}
    </Panel>
  );
}

/** The tab; `model` is what the address says. */
export function HistoryTab({ model, onModel, onCorrect }: { model: string | undefined; onModel: (model: string) => void; onCorrect?: (preset: Preset) => void }) {
  const models = useAll<Model>("/api/v1/models");
  const managed = useAll<Model>("/api/v1/models", { managed_by: "api" }, useMay("models:write"));
  const providers = useAll<Provider>("/api/v1/providers", {}, useMay("providers:read"));
  const known = (models.data ?? []).filter((one) => one.configured !== false && one.owner !== "route");
  const name = model ?? (known.find((one) => one.owner === "alias" && one.prices?.length) ?? known.find((one) => one.prices?.length) ?? known[0])?.id;
  const [typed, setTyped] = useState(name ?? "");
  useEffect(() => setTyped(name ?? ""), [name]);
  const path = `/api/v1/prices/${encodeURIComponent(name ?? "")}/history`;
  const found = useQuery({ queryKey: ["/api/v1/prices", "history", name], queryFn: async ({ signal }) => (await get<Page<History>>(path, signal)).data, enabled: name !== undefined });
  const missing = found.error instanceof ApiError && found.error.status === 404;
  const go = (event: FormEvent) => {
    event.preventDefault();
    if (typed.trim()) onModel(typed.trim());
  };
  return (
    <>
      <form onSubmit={go} className="mb-3 flex max-w-xl gap-2">
        <datalist id="priced-models">{known.map(({ id }) => <option key={id} value={id} />)}</datalist>
        <div className="min-w-0 flex-1">
          <TextField
            label="Model"
            hideLabel
            list="priced-models"
            placeholder="An alias, a model, or provider/model"
            value={typed}
            onChange={(event) => {
              setTyped(event.target.value);
              if (known.some(({ id }) => id === event.target.value)) onModel(event.target.value);
            }}
          />
        </div>
        <Button type="submit">Show</Button>
      </form>
      {models.isError ? <Panel><Failed error={models.error} retry={() => void models.refetch()} /></Panel> : null}
      {models.isPending || (name !== undefined && found.isPending) ? <Panel><Loading rows={6} /></Panel> : null}
      {models.isSuccess && name === undefined ? <Panel><Empty icon="price" title="No model yet">Add a provider first: its models and their prices come with it.</Empty></Panel> : null}
      {missing ? <Panel><Empty icon="price" title={`No price of ${name} is known`}>Write an alias, a model of the catalogue, or provider/model.</Empty></Panel> : null}
      {found.isError && !missing ? <Panel><Failed error={found.error} retry={() => void found.refetch()} /></Panel> : null}
      {found.data?.map((one) => <Subject key={`${one.provider}/${one.model} ${one.alias ?? ""}`} of={one} aliases={managed.data ?? []} providers={providers.data ?? []} onCorrect={onCorrect} />)}
      {found.data && found.data.length > 0 ? <p className="text-[0.9rem] text-faint">Prices are written down from the first start of a version that keeps them. A record has those that it was charged at.</p> : null}
    </>
  );
}
