// What can be done with a key: on and off, rotate, end.
import { useState } from "react";
import { patch, post, remove, useRenew } from "@/api/change";
import { useMay } from "@/api/permissions";
import type { Key, NewKey } from "@/api/types";
import { SelectField } from "@/ui/fields";
import { Confirm, Menu } from "@/ui/overlays";
import { toast, toastError } from "@/ui/toast";

const GRACES = [
  { value: "0", label: "at once" },
  { value: "3600", label: "in an hour" },
  { value: "86400", label: "in a day" },
  { value: "604800", label: "in a week" },
];

/** The menu; nothing for whoever may not, and for keys of the configuration file. */
export function KeyMenu({ of, onNew, onGone }: { of: Key; onNew: (key: NewKey) => void; onGone?: () => void }) {
  const [asked, setAsked] = useState<"rotate" | "delete" | null>(null);
  const [grace, setGrace] = useState("3600");
  const renew = useRenew();
  const writes = useMay("keys:write");
  if (!writes || of.managed_by === "file") return null;
  const path = `/api/v1/keys/${of.id}`;
  const toggle = async () => {
    try {
      await patch(path, { disabled: !of.disabled }, of.revision);
      toast(of.disabled ? `${of.name} works again` : `${of.name} is disabled`);
      await renew("/api/v1/keys");
    } catch (error) {
      toastError(error);
    }
  };
  return (
    <>
      <Menu
        label={`Actions for ${of.name}`}
        items={[
          { label: of.disabled ? "Enable" : "Disable", icon: "bolt", onSelect: () => void toggle() },
          { label: "Rotate", icon: "refresh", onSelect: () => setAsked("rotate") },
          { label: "Delete", icon: "trash", danger: true, onSelect: () => setAsked("delete") },
        ]}
      />
      <Confirm
        open={asked === "rotate"}
        onClose={() => setAsked(null)}
        title={`Rotate ${of.name}?`}
        action="Rotate"
        onConfirm={async () => {
          const made = await post<NewKey>(`${path}/rotate`, { grace_seconds: Number(grace) });
          await renew("/api/v1/keys");
          onNew(made);
        }}
      >
        <p className="mb-3">A new secret takes the place of the old one. Limits, budgets and history stay.</p>
        <SelectField label="The old secret ends" value={grace} options={GRACES} onChange={(event) => setGrace(event.target.value)} />
      </Confirm>
      <Confirm
        open={asked === "delete"}
        onClose={() => setAsked(null)}
        title={`Delete ${of.name}?`}
        action="Delete the key"
        onConfirm={async () => {
          await remove(path);
          toast(`${of.name} is gone`);
          await renew("/api/v1/keys", "/api/v1/budgets");
          onGone?.();
        }}
      >
        Calls with it are refused from now on. Its records stay. To stop it for a while, disable it instead.
      </Confirm>
    </>
  );
}
