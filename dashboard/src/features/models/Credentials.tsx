// Credentials of providers in the gateway's encrypted store: stored, listed by their last characters, deleted.
import { getRouteApi } from "@tanstack/react-router";
import { createColumnHelper } from "@tanstack/react-table";
import { type FormEvent, useMemo, useState } from "react";
import { post, remove, useRenew } from "@/api/change";
import { ApiError } from "@/api/client";
import { useAll } from "@/api/lists";
import { useMay } from "@/api/permissions";
import type { Credential } from "@/api/types";
import { Button, IconButton } from "@/ui/button";
import { useNow } from "@/ui/clock";
import { TextField } from "@/ui/fields";
import { ago } from "@/ui/format";
import { Confirm, Dialog } from "@/ui/overlays";
import { Empty, Failed, Loading, Note, Panel } from "@/ui/panels";
import { Apart, Table } from "@/ui/table";
import { toast } from "@/ui/toast";

const page = getRouteApi("/providers");

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

/** The panel. */
export function Credentials() {
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
