// Providers: how each does, what it speaks, a test call, and the stored credentials that they are called with.
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useEffect } from "react";
import { useMay } from "@/api/permissions";
import type { Page, Provider } from "@/api/types";
import { get } from "@/api/change";
import { fetchMetrics, healthOf } from "@/features/overview/metrics";
import { dropKey } from "@/features/playground/key";
import { Button } from "@/ui/button";
import { Empty, Failed, Loading, PageHead, Panel } from "@/ui/panels";
import { AddProvider } from "./AddProvider";
import { Credentials } from "./Credentials";
import { ProviderCard } from "./ProviderCard";

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
  useEffect(() => dropKey, []);
  return (
    <>
      <PageHead title="Providers" about="Who answers in the end, and how they do at this gateway since it started.">
        <Button look="primary" icon="plus" onClick={() => void navigate({ search: (old) => ({ ...old, add: "1" }) })}>
          Add a provider
        </Button>
      </PageHead>
      {providers.isPending ? <Panel><Loading rows={8} /></Panel> : null}
      {providers.isError ? <Panel><Failed error={providers.error} retry={() => void providers.refetch()} /></Panel> : null}
      {providers.isSuccess && providers.data.length === 0 ? (
        <Panel>
          <Empty icon="provider" title="No provider yet">
            <Button onClick={() => void navigate({ search: { add: "1" } })}>Add the first one</Button>
          </Empty>
        </Panel>
      ) : null}
      <ul className="grid gap-3 md:grid-cols-2 2xl:grid-cols-3">
        {providers.data?.map((one) => (
          <ProviderCard key={one.name} of={one} health={metrics.data?.find((health) => health.provider === one.name)} marked={one.name === search.name} calls={calls} />
        ))}
      </ul>
      {seesCredentials ? <Credentials /> : null}
      <AddProvider open={search.add !== undefined} onClose={() => void navigate({ search: (old) => ({ ...old, add: undefined }) })} known={providers.data ?? []} calls={calls} />
    </>
  );
}
