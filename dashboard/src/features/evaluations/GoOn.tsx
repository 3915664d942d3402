// Going on with an evaluation that ended before its time: with more money, and with another key where that one is good for nothing
// any more.
import { type FormEvent, useState } from "react";
import { post, useRenew } from "@/api/change";
import { ApiError } from "@/api/client";
import { useAll } from "@/api/lists";
import { useMay } from "@/api/permissions";
import type { Key } from "@/api/types";
import { Button } from "@/ui/button";
import { SelectField, TextField } from "@/ui/fields";
import { usd } from "@/ui/format";
import { Dialog } from "@/ui/overlays";
import { Note } from "@/ui/panels";
import type { Evaluation } from "./kinds";

const PATH = "/api/v1/evaluations";

/** The dialog. */
export function GoOn({ of, onClose }: { of: Evaluation; onClose: () => void }) {
  const keys = useAll<Key>("/api/v1/keys", {}, useMay("keys:read")).data ?? [];
  const [budget, setBudget] = useState(of.budget_usd);
  const [key, setKey] = useState("");
  const [fault, setFault] = useState<Error | null>(null);
  const [busy, setBusy] = useState(false);
  const renew = useRenew();
  const go = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFault(null);
    try {
      await post(`${PATH}/${of.id}/resume`, { budget_usd: budget.trim(), key_id: key || undefined });
      await renew(PATH);
      onClose();
    } catch (error) {
      setFault(error instanceof Error ? error : new Error(String(error)));
      setBusy(false);
    }
  };
  const at = fault instanceof ApiError ? (fault.field ?? "") : "";
  const faultOf = (member: string) => (at.startsWith(member) ? (fault?.message ?? null) : null);
  return (
    <Dialog open onClose={onClose} title={`Go on with ${of.name}`} about="What has a result stays; what has none, or no answer, is tried again.">
      <form onSubmit={go} className="space-y-4">
        <TextField label="Dollars at most, in all" required inputMode="decimal" value={budget} fault={faultOf("budget_usd")} hint={`${usd(of.spent_usd)} of that is spent`} onChange={(event) => setBudget(event.target.value)} />
        <SelectField label="Key" value={key} fault={faultOf("key")} options={[{ value: "", label: "the same as before" }, ...keys.map((one) => ({ value: one.id, label: one.name }))]} onChange={(event) => setKey(event.target.value)} />
        {fault && !faultOf("budget_usd") && !faultOf("key") ? <Note tone="bad">{fault.message}</Note> : null}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" icon="start" busy={busy}>
            Go on
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
