// Another price from now on, where the API manages what it stands with. Past calls stay as they are until somebody has them re-costed.
import { type FormEvent, useState } from "react";
import { patch, useRenew } from "@/api/change";
import { ApiError } from "@/api/client";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/overlays";
import { Note } from "@/ui/panels";
import { toast } from "@/ui/toast";
import { PriceFields } from "./PriceFields";
import { givenPrices, type History, namedPrices, PRICE_FIELDS } from "./prices";
import type { Change } from "./set";

/** The dialog, there while it is open. */
export function SetPrice({ of, change, onClose }: { of: History; change: Change; onClose: () => void }) {
  const now = of.history.at(-1)?.prices ?? [];
  const [typed, setTyped] = useState(() => namedPrices(now));
  const [error, setError] = useState<Error | null>(null);
  const [busy, setBusy] = useState(false);
  const renew = useRenew();
  const given = givenPrices(typed);
  const lost = now.filter((rate) => rate.tier !== "standard" || rate.above_tokens > 0).length;
  const save = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await patch(change.path, change.body(given), change.revision);
      await renew("/api/v1/prices", "/api/v1/models", "/api/v1/providers");
      toast("In force from now on");
      onClose();
    } catch (caught) {
      setError(caught instanceof Error ? caught : new Error(String(caught)));
      setBusy(false);
    }
  };
  const faults = error instanceof ApiError ? error.faults.map((fault) => fault.message).join("; ") : "";
  const fault = faults || (error?.message ?? null);
  const placed = fault !== null && PRICE_FIELDS.some(({ name }) => fault.includes(`'${name}'`));
  return (
    <Dialog open onClose={onClose} title={`The price of ${of.provider}/${of.model}`} about={`For ${change.where}, in dollars, from now on.`} wide>
      <form onSubmit={save} className="space-y-4">
        <PriceFields
          typed={typed}
          onChange={(next) => {
            setTyped(next);
            setError(null);
          }}
          fault={placed ? fault : null}
        />
        {lost > 0 ? <Note tone="warn">These prices take the place of all that the catalogue has, also of {lost} for other tiers and longer prompts.</Note> : null}
        <p className="text-soft">Calls that were made stay at what they cost then. Correct them afterwards, if that was wrong.</p>
        {fault && !placed ? <Note tone="bad">{fault}</Note> : null}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={busy} disabled={Object.keys(given).length === 0}>
            Set the price
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
