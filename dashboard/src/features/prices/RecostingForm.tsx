// Past calls that are to cost something else: which ones, and at what prices. It begins with a look at the difference.
import { type FormEvent, useEffect, useState } from "react";
import { post, useRenew } from "@/api/change";
import { ApiError } from "@/api/client";
import { useAll } from "@/api/lists";
import { useMay } from "@/api/permissions";
import type { Model, Provider } from "@/api/types";
import { Button } from "@/ui/button";
import { isoOf, Segments } from "@/ui/controls";
import { TextField } from "@/ui/fields";
import { day, moment } from "@/ui/format";
import { Dialog } from "@/ui/overlays";
import { Note } from "@/ui/panels";
import { PriceFields } from "./PriceFields";
import { givenPrices, namedPrices } from "./prices";
import { PATH, type Recosting } from "./recostings";

type Form = { from: string; to: string; provider: string; upstream: string; model: string; notBefore: string };

const local = (text: string | null | undefined) => (text ? moment(text).slice(0, 16).replace(" ", "T") : "");
const monthBegin = () => `${day(new Date()).slice(0, 8)}01T00:00`;

/** A time of the form; to the last digit that of the one to begin with, where nobody wrote another. */
const exact = (typed: string, like: string | undefined) => (like && typed === local(like) ? like : isoOf(typed));

/** The dialog, there while it is open; `like` is one to begin with, `open` the one that has to end first. */
export function RecostingForm({ preset, like, open, onClose, onMade, onOpen }: { preset?: { provider?: string; upstream?: string }; like?: Recosting; open?: Recosting; onClose: () => void; onMade: (made: Recosting) => void; onOpen: (id: string) => void }) {
  const [form, setForm] = useState<Form>({
    from: like ? local(like.from) : monthBegin(),
    to: like ? local(like.to) : "",
    provider: like?.provider ?? preset?.provider ?? "",
    upstream: like?.upstream_model ?? preset?.upstream ?? "",
    model: like?.model ?? "",
    notBefore: "",
  });
  const [others, setOthers] = useState(like?.prices !== null && like?.prices !== undefined);
  const [typed, setTyped] = useState<Record<string, string>>(() => (like?.prices ? namedPrices(like.prices) : {}));
  const [fault, setFault] = useState<Error | null>(null);
  const [busy, setBusy] = useState(false);
  const renew = useRenew();
  // Somebody else may have begun one since the list was read.
  useEffect(() => void renew(PATH), []);
  const providers = useAll<Provider>("/api/v1/providers", {}, useMay("providers:read")).data ?? [];
  const models = useAll<Model>("/api/v1/models", {}, useMay("models:read")).data ?? [];
  const set = (change: Partial<Form>) => setForm((old) => ({ ...old, ...change }));
  const at = fault instanceof ApiError ? (fault.field ?? "") : "";
  const faultOf = (member: string) => (at === member ? (fault?.message ?? null) : null);
  const there = providers.filter((one) => form.provider === "" || one.name === form.provider).flatMap((one) => [...one.models, ...one.deployments.map(({ model }) => model)]);
  const go = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFault(null);
    const text = (value: string) => value.trim() || undefined;
    try {
      const made = await post<Recosting>(PATH, {
        from: exact(form.from, like?.from),
        to: exact(form.to, like?.to),
        provider: text(form.provider),
        upstream_model: text(form.upstream),
        model: text(form.model),
        prices: others ? givenPrices(typed) : undefined,
        not_before: isoOf(form.notBefore),
        dry_run: true,
      });
      await renew(PATH);
      onMade(made);
    } catch (error) {
      setFault(error instanceof Error ? error : new Error(String(error)));
      setBusy(false);
    }
  };
  const shown = ["from", "to", "provider", "upstream_model", "model", "prices", "not_before"].includes(at);
  return (
    <Dialog open onClose={onClose} title="Correct past calls" about="What calls should have cost. First the difference is shown; nothing is changed by that." wide>
      <form onSubmit={go} className="space-y-4">
        <div className="grid items-start gap-3 sm:grid-cols-2">
          <TextField label="Calls from" type="datetime-local" required value={form.from} fault={faultOf("from")} onChange={(event) => set({ from: event.target.value })} />
          <TextField label="Until" type="datetime-local" value={form.to} hint="empty for now" fault={faultOf("to")} onChange={(event) => set({ to: event.target.value })} />
          <TextField label="Provider" list="recosting-providers" placeholder="any" value={form.provider} fault={faultOf("provider")} onChange={(event) => set({ provider: event.target.value })} />
          <TextField label="Model at the provider" list="recosting-upstream" placeholder="any" required={others} value={form.upstream} fault={faultOf("upstream_model")} onChange={(event) => set({ upstream: event.target.value })} />
          <TextField label="Model as callers name it" list="recosting-models" placeholder="any" value={form.model} fault={faultOf("model")} onChange={(event) => set({ model: event.target.value })} />
          <TextField label="Not before" type="datetime-local" value={form.notBefore} hint="such as tonight; empty for at once" fault={faultOf("not_before")} onChange={(event) => set({ notBefore: event.target.value })} />
          <datalist id="recosting-providers">{providers.map(({ name }) => <option key={name} value={name} />)}</datalist>
          <datalist id="recosting-upstream">{[...new Set(there)].slice(0, 500).map((name) => <option key={name} value={name} />)}</datalist>
          <datalist id="recosting-models">{models.filter((one) => one.configured !== false).slice(0, 500).map(({ id }) => <option key={id} value={id} />)}</datalist>
        </div>
        <div>
          <div className="mb-2 flex flex-wrap items-center gap-x-3 gap-y-1">
            <span className="font-medium">At the prices</span>
            <Segments label="Prices" value={others ? "others" : "now"} options={[{ value: "now", label: "in force now" }, { value: "others", label: "given here" }]} onChange={(value) => setOthers(value === "others")} />
          </div>
          {others ? (
            <PriceFields
              typed={typed}
              onChange={(next) => {
                setTyped(next);
                if (at === "prices") setFault(null);
              }}
              fault={faultOf("prices")}
            />
          ) : (
            <p className="text-soft">Each call at what its model costs by now, for the service tier that it had.</p>
          )}
        </div>
        {open ? (
          <Note tone="warn">
            One waits or runs at a time.{" "}
            <button type="button" className="font-medium underline" onClick={() => onOpen(open.id)}>
              Another one is there.
            </button>
          </Note>
        ) : null}
        {fault && !shown ? <Note tone="bad">{fault.message}</Note> : null}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={busy}>
            Show the difference
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
