// The targets of an alias in its form: chosen, put in order, taken out. What has no field here stays as it is.
import type { Model, Provider } from "@/api/types";
import { Button, IconButton } from "@/ui/button";
import { SelectField, TextField } from "@/ui/fields";
import { groupOf, moved, steerOf, TARGET, type Target, targetName } from "./aliases";

/** Most targets of an alias that are written by hand. */
const MOST = 32;
const STEERS = {
  weight: { label: "Weight", type: "number", placeholder: "1" },
  priority: { label: "Priority", type: "number", placeholder: "1" },
  when: { label: "When", type: "text", placeholder: '"vip" in tags' },
} as const;

type Row = { of: Target; place: number; strategy: string; providers: Provider[]; models: Model[]; fault: string | null; set: (change: Partial<Target>) => void };

function Fields({ of, place, strategy, providers, models, fault, set }: Row) {
  const nth = place + 1;
  const steer = steerOf(strategy);
  const names = of.provider
    ? models.filter((model) => model.owner === of.provider).map((model) => model.id.slice(of.provider.length + 1))
    : models.filter((model) => model.owner === "alias" || model.owner === "route").map(({ id }) => id);
  const options = [{ value: "", label: "another alias" }, ...providers.map(({ name }) => ({ value: name, label: name }))];
  if (of.provider && !providers.some(({ name }) => name === of.provider)) options.push({ value: of.provider, label: `${of.provider} (not there)` });
  const list = `alias-models-${place}`;
  return (
    <div className={`grid min-w-0 flex-1 gap-2 ${steer === "when" ? "sm:grid-cols-3" : steer ? "sm:grid-cols-[1fr_1.4fr_5rem]" : "sm:grid-cols-[1fr_1.4fr]"}`}>
      <SelectField label={`Provider of target ${nth}`} hideLabel value={of.provider} options={options} onChange={(event) => set({ provider: event.target.value, model: "" })} />
      <div className="min-w-0">
        <TextField label={`Model of target ${nth}`} hideLabel required list={list} placeholder={of.provider ? "Model" : "Alias"} value={of.model} fault={fault} onChange={(event) => set({ model: event.target.value })} />
        <datalist id={list}>{names.map((name) => <option key={name} value={name} />)}</datalist>
      </div>
      {steer ? <TextField label={`${STEERS[steer].label} of target ${nth}`} hideLabel type={STEERS[steer].type} min={0} placeholder={STEERS[steer].placeholder} value={of[steer]} onChange={(event) => set({ [steer]: event.target.value })} /> : null}
    </div>
  );
}

type Props = { targets: Target[]; strategy: string; providers: Provider[]; models: Model[]; faultOf: (place: number) => string | null; onChange: (targets: Target[]) => void };

/** The list. */
export function TargetList({ targets, strategy, providers, models, faultOf, onChange }: Props) {
  const steer = steerOf(strategy);
  return (
    <fieldset className="min-w-0">
      <legend className="mb-1 font-medium">
        Targets{steer ? <span className="font-normal text-faint"> · provider, model, {STEERS[steer].label.toLowerCase()}</span> : <span className="font-normal text-faint"> · in order</span>}
      </legend>
      <ol className="space-y-2">
        {targets.map((target, place) => (
          <li key={place} className="flex items-start gap-1 rounded-md border border-line p-2 sm:border-0 sm:p-0">
            {groupOf(target) !== null ? (
              <p className="min-w-0 flex-1 py-1.5 text-soft">{targetName(target)}; it stays as it is</p>
            ) : (
              <Fields of={target} place={place} strategy={strategy} providers={providers} models={models} fault={faultOf(place)} set={(change) => onChange(targets.map((one, at) => (at === place ? { ...one, ...change } : one)))} />
            )}
            <div className="flex shrink-0 max-sm:flex-col">
              <IconButton icon="up" label={`Move target ${place + 1} up`} disabled={place === 0} onClick={() => onChange(moved(targets, place, -1))} />
              <IconButton icon="down" label={`Move target ${place + 1} down`} disabled={place === targets.length - 1} onClick={() => onChange(moved(targets, place, 1))} />
              <IconButton icon="trash" label={`Take out target ${place + 1}`} disabled={targets.length === 1} onClick={() => onChange(targets.filter((_, at) => at !== place))} />
            </div>
          </li>
        ))}
      </ol>
      <Button small icon="plus" className="mt-2" disabled={targets.length >= MOST} onClick={() => onChange([...targets, { ...TARGET, provider: targets.at(-1)?.provider ?? "" }])}>
        Add a target
      </Button>
    </fieldset>
  );
}
