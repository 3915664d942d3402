// Providers: how each does, what it speaks, a test call, and the stored credentials that they are called with.
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useMay } from "@/api/permissions";
import type { Page, Provider } from "@/api/types";
import { get, remove, useRenew } from "@/api/change";
import { fetchMetrics, healthOf } from "@/features/overview/metrics";
import { dropKey } from "@/features/playground/key";
import { Button } from "@/ui/button";
import { Empty, Failed, Loading, PageHead, Panel } from "@/ui/panels";
import { Confirm } from "@/ui/overlays";
import { Credentials } from "./Credentials";
import { ProviderCard } from "./ProviderCard";
import { ProviderForm } from "./ProviderForm";

const LIVE_MS = 5_000;
const page = getRouteApi("/providers");

/** The page. */
export function Providers() {
  const search = page.useSearch();
  const navigate = page.useNavigate();
  const providers = useQuery({ queryKey: ["/api/v1/providers", "live"], queryFn: async ({ signal }) => (await get<Page<Provider>>("/api/v1/providers", signal)).data, refetchInterval: LIVE_MS });
  const metrics = useQuery({ queryKey: ["/metrics"], queryFn: ({ signal }) => fetchMetrics(signal), refetchInterval: LIVE_MS, select: healthOf });
  const seesCredentials = useMay("credentials:read");
  const calls = useMay("keys:write");
  const writes = useMay("providers:write");
  const renew = useRenew();
  const [gone, setGone] = useState<Provider | null>(null);
  const edited = providers.data?.find((one) => one.name === search.edit && one.source === "api") ?? null;
  useEffect(() => dropKey, []);
  return (
    <>
      <PageHead title="Providers" about="Who answers in the end, and how they do at this gateway since it started.">
        {writes ? (
          <Button look="primary" icon="plus" onClick={() => void navigate({ search: (old) => ({ ...old, add: "1" }) })}>
            Add a provider
          </Button>
        ) : null}
      </PageHead>
      {providers.isPending ? <Panel><Loading rows={8} /></Panel> : null}
      {providers.isError ? <Panel><Failed error={providers.error} retry={() => void providers.refetch()} /></Panel> : null}
      {providers.isSuccess && providers.data.length === 0 ? (
        <Panel>
          <Empty icon="provider" title="No provider yet">
            {writes ? <Button onClick={() => void navigate({ search: { add: "1" } })}>Add the first one</Button> : "Whoever manages this gateway adds them."}
          </Empty>
        </Panel>
      ) : null}
      <ul className="grid gap-3 md:grid-cols-2 2xl:grid-cols-3">
        {providers.data?.map((one) => (
          <ProviderCard key={one.name} of={one} health={metrics.data?.find((health) => health.provider === one.name)} marked={one.name === search.name} calls={calls} writes={writes} onEdit={() => void navigate({ search: (old) => ({ ...old, edit: one.name }) })} onRemove={() => setGone(one)} />
        ))}
      </ul>
      {seesCredentials ? <Credentials /> : null}
      {writes ? <ProviderForm open={search.add !== undefined || edited !== null} of={edited} known={providers.data ?? []} onClose={() => void navigate({ search: (old) => ({ ...old, add: undefined, edit: undefined }) })} /> : null}
      <Confirm
        open={gone !== null}
        onClose={() => setGone(null)}
        title={`Remove ${gone?.name ?? ""}?`}
        action="Remove"
        onConfirm={async () => {
          await remove(`/api/v1/providers/${encodeURIComponent(gone?.name ?? "")}`);
          await renew("/api/v1/providers", "/api/v1/models");
        }}
      >
        Nobody can call its models any more; calls in flight go on. Its sealed key is gone for good.
      </Confirm>
    </>
  );
}
