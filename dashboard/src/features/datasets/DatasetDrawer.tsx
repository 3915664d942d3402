// One dataset: whose it is, what is in it, and what can be done with it.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { get, remove, useRenew } from "@/api/change";
import { useNames } from "@/api/lists";
import { useMay } from "@/api/permissions";
import { nameOf } from "@/api/session";
import { Button } from "@/ui/button";
import { Id } from "@/ui/code";
import { count, moment } from "@/ui/format";
import { Confirm, Drawer } from "@/ui/overlays";
import { Facts, Failed, Loading } from "@/ui/panels";
import { toast } from "@/ui/toast";
import { DatasetForm, ImportForm, ItemForm } from "./Forms";
import { Items } from "./Items";
import { type Dataset, PATH } from "./kinds";

const link = "inline-flex h-8.5 items-center rounded-md border border-line-strong px-3 font-medium hover:bg-sunken";

/** The drawer; open while there is an id. */
export function DatasetDrawer({ id, onClose }: { id: string | undefined; onClose: () => void }) {
  const writes = useMay("datasets:write");
  const [asked, setAsked] = useState<"change" | "add" | "import" | "delete" | null>(null);
  const renew = useRenew();
  const name = useNames(["organization", "team", "project", "user"]);
  const found = useQuery({ queryKey: [PATH, "one", id], queryFn: ({ signal }) => get<Dataset>(`${PATH}/${encodeURIComponent(id ?? "")}`, signal), enabled: id !== undefined });
  const of = found.data;
  const close = () => setAsked(null);
  return (
    <Drawer open={id !== undefined} onClose={onClose} title={of?.name ?? "Dataset"} about={of?.description || null} wide>
      {of ? (
        <div className="space-y-6">
          <div className="flex flex-wrap gap-2">
            {writes ? (
              <>
                <Button icon="plus" onClick={() => setAsked("add")}>Add an item</Button>
                <Button onClick={() => setAsked("import")}>Import</Button>
              </>
            ) : null}
            <a href={`${PATH}/${of.id}/export`} download={`${of.name}.jsonl`} className={link}>Export</a>
            {writes ? (
              <>
                <Link to="/evaluations" search={{ create: "1", dataset: of.id }} className={link}>Put it to models</Link>
                <Button onClick={() => setAsked("change")}>Change</Button>
                <Button look="danger" icon="trash" onClick={() => setAsked("delete")}>Delete</Button>
              </>
            ) : null}
          </div>
          <Facts
            rows={[
              ["Items", count(of.items)],
              ["Owner", nameOf(name(of.owner.replace(/^user:/, "")))],
              ["Shared with", of.account_id ? `owners and admins of ${name(of.account_id)}` : "nobody"],
              ["Changed", moment(of.updated_at)],
              ["Id", <Id key="id" text={of.id} />],
            ]}
          />
          <section aria-label="Items">
            <h3 className="mb-1 font-semibold">Items</h3>
            <Items of={of} writes={writes} />
          </section>
        </div>
      ) : found.isError ? (
        <Failed error={found.error} retry={() => void found.refetch()} />
      ) : (
        <Loading rows={10} />
      )}
      {of && asked === "change" ? <DatasetForm of={of} onClose={close} onDone={close} /> : null}
      {of && asked === "add" ? <ItemForm of={of} onClose={close} /> : null}
      {of && asked === "import" ? <ImportForm of={of} onClose={close} /> : null}
      <Confirm
        open={asked === "delete"}
        onClose={close}
        title={`Delete ${of?.name ?? ""}?`}
        action="Delete the dataset"
        onConfirm={async () => {
          await remove(`${PATH}/${id}`);
          onClose();
          toast(`${of?.name ?? "It"} is gone`);
          await renew(PATH);
        }}
      >
        All {count(of?.items ?? 0)} items are gone for good. Records, and what evaluations found, stay.
      </Confirm>
    </Drawer>
  );
}
