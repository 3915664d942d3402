// The members that keys and all accounts share (models, limits, budgets): read from a form, shown in a form.
import { Button, IconButton } from "./button";
import { SelectField, TextArea, TextField } from "./fields";

export type PolicyForm = {
  models: string;
  rpm: string;
  tpm: string;
  parallel: string;
  budgets: BudgetForm[];
};

/** A budget with the settings that this form does not show, which a change keeps. */
type BudgetForm = { limit_usd: string; period: string; [setting: string]: unknown };

type Held = {
  models?: string[] | null;
  limits?: { rpm?: number | null; tpm?: number | null; max_parallel?: number | null };
  budgets?: BudgetForm[];
};

export const PERIODS = ["day", "week", "month", "total"];

/** What a budget has beside its settings: where it stands. */
const STATE = ["spent_usd", "reserved_usd", "resets_at", "increases"];

/** The form of what is held. */
export function policyForm(held?: Held, models = ""): PolicyForm {
  const text = (value: number | null | undefined) => (value === null || value === undefined ? "" : String(value));
  return {
    models: held?.models ? held.models.join("\n") : models,
    rpm: text(held?.limits?.rpm),
    tpm: text(held?.limits?.tpm),
    parallel: text(held?.limits?.max_parallel),
    budgets: (held?.budgets ?? []).map((budget) => Object.fromEntries(Object.entries(budget).filter(([name]) => !STATE.includes(name))) as BudgetForm),
  };
}

const whole = (text: string) => (text.trim() === "" ? null : Number(text));
const list = (text: string) => text.split(/[\n,]/).map((line) => line.trim()).filter(Boolean);

/** What of it differs from before, as the API takes it. An empty list of models is `none`: of a key nothing, of an account no bound. `kept`:
    the limits as they are, with settings that the form does not show. */
export function policyChange(form: PolicyForm, before: PolicyForm, none: [] | null, kept: object = {}): Record<string, unknown> {
  const change: Record<string, unknown> = {};
  if (form.models !== before.models) {
    const models = list(form.models);
    change.models = models.length === 0 ? none : models;
  }
  if (form.rpm !== before.rpm || form.tpm !== before.tpm || form.parallel !== before.parallel) {
    change.limits = {
      ...kept, 
      rpm: whole(form.rpm),
      tpm: whole(form.tpm),
      max_parallel: whole(form.parallel),
    };
  }
  if (JSON.stringify(form.budgets) !== JSON.stringify(before.budgets)) change.budgets = form.budgets;
  return change;
}

/** The form's members. `fault` says what the gateway found wrong with one. */
export function PolicyFields({ form, onChange, fault, modelsHint }: { form: PolicyForm; onChange: (form: PolicyForm) => void; fault: (field: string) => string | null; modelsHint: string }) {
  const set = (change: Partial<PolicyForm>) => onChange({ ...form, ...change });
  return (
    <>
      <TextArea label="Models" rows={2} value={form.models} onChange={(event) => set({ models: event.target.value })} hint={modelsHint} fault={fault("models")} className="font-mono" />
      <div className="grid gap-3 sm:grid-cols-3">
        <TextField label="Requests a minute" type="number" min={1} value={form.rpm} onChange={(event) => set({ rpm: event.target.value })} placeholder="no limit" fault={fault("limits.rpm") ?? fault("limits")} />
        <TextField label="Tokens a minute" type="number" min={1} value={form.tpm} onChange={(event) => set({ tpm: event.target.value })} placeholder="no limit" fault={fault("limits.tpm")} />
        <TextField label="At the same time" type="number" min={1} value={form.parallel} onChange={(event) => set({ parallel: event.target.value })} placeholder="no limit" fault={fault("limits.max_parallel")} />
      </div>
      <fieldset>
        <legend className="mb-1 font-medium">Budgets</legend>
        <div className="space-y-2">
          {form.budgets.map((budget, at) => {
            const put = (change: Partial<typeof budget>) => set({ budgets: form.budgets.map((one, place) => (place === at ? { ...one, ...change } : one)) });
            return (
              <div key={at} className="flex items-start gap-2">
                <div className="flex-1">
                  <TextField label={`Budget ${at + 1} in dollars`} hideLabel inputMode="decimal" value={budget.limit_usd} placeholder="dollars" onChange={(event) => put({ limit_usd: event.target.value })} fault={fault(`budgets[${at}].limit_usd`)} />
                </div>
                <div className="w-36">
                  <SelectField label={`Period of budget ${at + 1}`} hideLabel value={budget.period} options={[...new Set([...PERIODS, budget.period])].map((value) => ({ value, label: value === "total" ? "in total" : `a ${value}` }))} onChange={(event) => put({ period: event.target.value })} />
                </div>
                <IconButton icon="trash" label={`Remove budget ${at + 1}`} onClick={() => set({ budgets: form.budgets.filter((_, place) => place !== at) })} />
              </div>
            );
          })}
          {fault("budgets") ? <p className="text-bad">{fault("budgets")}</p> : null}
          <Button small icon="plus" onClick={() => set({ budgets: [...form.budgets, { limit_usd: "", period: "month" }] })}>
            Add a budget
          </Button>
        </div>
      </fieldset>
    </>
  );
}
