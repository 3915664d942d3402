// Prices in a form: the usual ones in sight, the others behind a word.
import { TextField } from "@/ui/fields";
import { PRICE_FIELDS } from "./prices";

/** The fields; `typed` is by the names of the configuration. */
export function PriceFields({ typed, onChange, fault }: { typed: Record<string, string>; onChange: (typed: Record<string, string>) => void; fault: string | null }) {
  const field = ({ name, label }: (typeof PRICE_FIELDS)[number]) => (
    <TextField key={name} label={label} inputMode="decimal" placeholder="$" value={typed[name] ?? ""} fault={fault?.includes(`'${name}'`) ? fault : null} onChange={(event) => onChange({ ...typed, [name]: event.target.value })} />
  );
  const rest = PRICE_FIELDS.filter((one) => !one.common);
  const known = PRICE_FIELDS.some(({ name }) => fault?.includes(`'${name}'`));
  return (
    <fieldset className="space-y-3">
      <legend className="sr-only">Prices in dollars</legend>
      <div className="grid items-start gap-3 sm:grid-cols-2">{PRICE_FIELDS.filter((one) => one.common).map(field)}</div>
      <details open={rest.some(({ name }) => typed[name])}>
        <summary className="cursor-pointer text-accent-strong">Requests, images, sound and characters</summary>
        <div className="mt-2 grid items-start gap-3 sm:grid-cols-2">{rest.map(field)}</div>
      </details>
      {fault && !known ? <p className="text-[0.9rem] text-bad">{fault}</p> : null}
    </fieldset>
  );
}
