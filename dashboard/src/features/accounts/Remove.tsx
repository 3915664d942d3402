// Asks before an account goes: alone, or with all that belongs to it.
import { useState } from "react";
import { remove, useRenew } from "@/api/change";
import { ACCOUNT_PATHS } from "@/api/lists";
import type { Account } from "@/api/types";
import { CheckField } from "@/ui/fields";
import { Confirm } from "@/ui/overlays";
import { toast } from "@/ui/toast";
import type { LevelPage } from "./levels";

/** The question. */
export function Remove({ page, of, open, onClose, onGone }: { page: LevelPage; of: Account; open: boolean; onClose: () => void; onGone: () => void }) {
  const [whole, setWhole] = useState(false);
  const renew = useRenew();
  const path = ACCOUNT_PATHS[page.level];
  const close = () => {
    setWhole(false);
    onClose();
  };
  const user = page.level === "user";
  return (
    <Confirm
      open={open}
      onClose={close}
      title={`Delete ${of.name}?`}
      action={`Delete the ${page.one}`}
      onConfirm={async () => {
        await remove(`${path}/${of.id}`, whole ? { cascade: "true" } : undefined);
        onGone();
        toast(`${of.name} is gone`);
        await renew(path, ...(whole ? ["/api/v1/"] : []));
      }}
    >
      <p>{user ? `A ${page.one} that has keys is deleted with them, or not at all.` : `Only a ${page.one} that nothing belongs to any more can be deleted.`} Its records stay.</p>
      {page.level === "plan" ? null : (
        <div className="mt-3 text-ink">
          <CheckField label={user ? "Revoke its keys, too" : "Delete all that belongs to it, too"} hint={user ? "calls with them are refused from then on" : "and revoke the keys below it; this cannot be undone"} checked={whole} onChange={setWhole} />
        </div>
      )}
    </Confirm>
  );
}
