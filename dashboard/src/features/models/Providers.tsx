// Providers: how each does, what it speaks, and the stored credentials that they are called with.
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { createColumnHelper } from "@tanstack/react-table";
import { type FormEvent, useMemo, useState } from "react";
import { post, remove, useRenew } from "@/api/change";
import { ApiError } from "@/api/client";
import { useAll } from "@/api/lists";
import { useMay } from "@/api/permissions";
import type { Credential, Provider } from "@/api/types";
import { fetchMetrics, type Health, healthOf } from "@/features/overview/metrics";
import { Button, IconButton } from "@/ui/button";
import { useNow } from "@/ui/clock";
import { TextField } from "@/ui/fields";
import { ago, compact, count, duration, percent } from "@/ui/format";
import { Confirm, Dialog } from "@/ui/overlays";
import { Badge, Empty, Facts, Failed, Loading, Note, PageHead, Panel } from "@/ui/panels";
import { Apart, Table } from "@/ui/table";
import { toast } from "@/ui/toast";

const LIVE_MS = 5_000;
const page = getRouteApi("/providers");

function Doing({ of }: { of: Health | undefined }) {
  if (!of || of.requests === 0) return <Badge>not asked yet</Badge>;
  const share = of.errors / of.requests;
  return <Badge tone={share > 0.2 ? "bad" : share > 0.02 ? "warn" : "good"}>{percent(of.requests - of.errors, of.requests)} answered</Badge>;
}

function ProviderCard({ of, health, marked }: { of: Provider; health: Health | undefined; marked: boolean }) {
  const reasons = Object.entries(health?.reasons ?? {}).sort(([, a], [, b]) => b - a);
  return (
    <li className={`min-w-0 rounded-lg border bg-panel p-4 shadow-panel ${marked ? "border-accent" : "border-line"}`}>
      <div className="mb-3 flex items-start justify-between gap-2">
        <div className="min-w-0">
          <h2 className="truncate font-semibold">{of.name}</h2>
          <p className="truncate text-[0.9rem] text-faint">{of.base_url}</p>
        </div>
        <Doing of={health} />
      </div>
      <Facts
        rows={[
          ["Kind", `${of.kind}${of.region ? `, ${of.region}` : ""}`],
          ["Credential", of.credentials.length > 0 ? of.credentials.join(", ") : of.has_credential ? "from the configuration" : "none"],
          ["Requests", health ? `${count(health.requests)}, ${count(health.inFlight)} in flight` : "0"],
          ["Failed tries", health && health.failedTries > 0 ? `${count(health.failedTries)} (${reasons.map(([reason, number]) => `${reason}: ${compact(number)}`).join(", ")})` : "0"],
          ["Time", health ? `p50 ${duration(health.p50)} · p95 ${duration(health.p95)}` : "–"],
          ["Speaks", <span key="formats" title={of.formats.join(", ")}>{of.formats.slice(0, 5).join(", ")}{of.formats.length > 5 ? ` and ${of.formats.length - 5} more` : ""}</span>],
        ]}
      />
      <Link to="/models" search={{ provider: of.name }} className="mt-3 inline-block text-accent-strong hover:underline">
        Its models
      </Link>
    </li>
  );
}

function CredentialForm({ open, onClose }: { open: boolean; onClose: () => void }) {
  const [name, setName] = useState("");
  const [secret, setSecret] = useState("");
  const [about, setAbout] = useState("");
  const [error, setError] = useState<ApiError | null>(null);
  const renew = useRenew();
  const save = async (event: FormEvent) => {
    event.preventDefault();
    setError(null);
    try {
      await post("/api/v1/credentials", { name: name.trim(), api_key: secret, description: about });
      await renew("/api/v1/credentials");
      toast("Stored, sealed");
      setName("");
      setSecret("");
      setAbout("");
      onClose();
    } catch (caught) {
      setError(caught instanceof ApiError ? caught : new ApiError(0, "error", String(caught)));
    }
  };
  const fault = (field: string) => (error?.field === field ? error.message : null);
  return (
    <Dialog open={open} onClose={onClose} title="Store a credential" about="Sealed with the gateway's encryption key. A provider of the configuration uses it by its name.">
      <form onSubmit={save} className="space-y-4">
        <TextField label="Name" required value={name} onChange={(event) => setName(event.target.value)} fault={fault("name")} hint="such as openai-prod" />
        <TextField label="Provider's API key" required type="password" value={secret} onChange={(event) => setSecret(event.target.value)} fault={fault("api_key")} />
        <TextField label="Description" value={about} onChange={(event) => setAbout(event.target.value)} fault={fault("description")} />
        {error && !["name", "api_key", "description"].includes(error.field ?? "") ? <Note tone="bad">{error.message}</Note> : null}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary">
            Store
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

const helper = createColumnHelper<Credential>();

function Credentials() {
  const search = page.useSearch();
  const navigate = page.useNavigate();
  const now = useNow();
  const writes = useMay("credentials:write");
  const renew = useRenew();
  const [gone, setGone] = useState<Credential | null>(null);
  const credentials = useAll<Credential>("/api/v1/credentials");
  const columns = useMemo(
    () => [
      helper.accessor("name", { header: "Name", cell: (cell) => <span className="font-medium">{cell.getValue()}</span> }),
      helper.accessor("last4", { header: "Secret", cell: (cell) => <code className="font-mono text-[0.88rem]">…{cell.getValue()}</code> }),
      helper.accessor("description", { header: "Description", cell: (cell) => <span className="text-soft">{cell.getValue()}</span>, meta: { wide: true } }),
      helper.accessor((row) => row.used_by.join(", "), { id: "used", header: "Used by", cell: (cell) => <span className="text-soft">{cell.getValue() || "nobody"}</span> }),
      helper.accessor("updated_at", { header: "Changed", cell: (cell) => <span className="text-soft">{ago(cell.getValue(), now)}</span>, meta: { right: true, wide: true } }),
      helper.display({ id: "do", header: "", cell: (cell) => (writes ? <Apart><IconButton icon="trash" label={`Delete ${cell.row.original.name}`} onClick={() => setGone(cell.row.original)} /></Apart> : null), meta: { right: true } }),
    ],
    [now, writes],
  );
  return (
    <Panel title="Stored credentials" side={writes ? <Button small icon="plus" onClick={() => void navigate({ search: (old) => ({ ...old, create: "1" }) })}>Store one</Button> : null} flush className="mt-4">
      {credentials.isPending ? <Loading rows={3} /> : null}
      {credentials.isError ? <Failed error={credentials.error} /> : null}
      {credentials.isSuccess ? <Table label="Stored credentials" rows={credentials.data} columns={columns} id={(row) => row.id} empty={<Empty icon="keys" title="None">Keys of providers stand in the environment or in the configuration, or are stored here, sealed.</Empty>} /> : null}
      <CredentialForm open={search.create !== undefined && writes} onClose={() => void navigate({ search: (old) => ({ ...old, create: undefined }) })} />
      <Confirm
        open={gone !== null}
        onClose={() => setGone(null)}
        title={`Delete ${gone?.name ?? ""}?`}
        action="Delete"
        onConfirm={async () => {
          await remove(`/api/v1/credentials/${gone?.id}`);
          await renew("/api/v1/credentials");
        }}
      >
        A provider that uses it can not be called with it any more.
      </Confirm>
    </Panel>
  );
}

/** The page. */
export function Providers() {
  const search = page.useSearch();
  const providers = useAll<Provider>("/api/v1/providers");
  const metrics = useQuery({ queryKey: ["/metrics"], queryFn: ({ signal }) => fetchMetrics(signal), refetchInterval: LIVE_MS, select: healthOf });
  const seesCredentials = useMay("credentials:read");
  return (
    <>
      <PageHead title="Providers" about="Who answers in the end, and how they do at this gateway since it started." />
      {providers.isPending ? <Panel><Loading rows={8} /></Panel> : null}
      {providers.isError ? <Panel><Failed error={providers.error} retry={() => void providers.refetch()} /></Panel> : null}
      {providers.isSuccess && providers.data.length === 0 ? (
        <Panel>
          <Empty icon="provider" title="No provider yet">
            <Link to="/start" className="text-accent-strong underline">
              Connect the first one
            </Link>
          </Empty>
        </Panel>
      ) : null}
      <ul className="grid gap-3 md:grid-cols-2 2xl:grid-cols-3">
        {providers.data?.map((one) => (
          <ProviderCard key={one.name} of={one} health={metrics.data?.find((health) => health.provider === one.name)} marked={one.name === search.name} />
        ))}
      </ul>
      {seesCredentials ? <Credentials /> : null}
    </>
  );
}
