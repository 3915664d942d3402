// The fields of a guardrail's kind and action, each as its member is typed.
import type { ManagedGuardrail } from "@/api/types";
import { CheckField, SelectField, TextArea, TextField } from "@/ui/fields";
import { isSealed } from "./form";
import type { Field } from "./kinds";

type MemberProps = { field: Field; value: string; sealed: boolean; fault: string | null; onChange: (value: string) => void };

function Member({ field, value, sealed, fault, onChange }: MemberProps) {
  const { label, required, hint } = field;
  const common = { label, fault, value, placeholder: sealed ? "kept as it is" : field.placeholder, required: required === true && !sealed, hint: sealed ? `sealed; with another kind or address give it again, or ${field.member}: null below` : hint };
  switch (field.kind) {
    case "lines":
      return <TextArea {...common} rows={4} className="font-mono text-[0.88rem]" onChange={(event) => onChange(event.target.value)} />;
    case "long":
    case "json":
      return <TextArea {...common} rows={5} className="font-mono text-[0.88rem]" onChange={(event) => onChange(event.target.value)} />;
    case "choice":
      return <SelectField label={label} fault={fault} value={value} options={field.options ?? []} onChange={(event) => onChange(event.target.value)} />;
    case "secret":
      return <TextField {...common} type="password" autoComplete="new-password" onChange={(event) => onChange(event.target.value)} />;
    case "number":
      return <TextField {...common} inputMode="decimal" onChange={(event) => onChange(event.target.value)} />;
    default:
      return <TextField {...common} onChange={(event) => onChange(event.target.value)} />;
  }
}

/** Fields that take the whole width. */
const isWide = (field: Field, others: Field[]) => field.kind === "long" || field.kind === "json" || (field.kind === "lines" && others.length === 1);

type Props = { of: ManagedGuardrail | null; fields: Field[]; value: (field: Field) => string; fault: (member: string) => string | null; onChange: (member: string, value: string) => void };

/** All of them; `of` is what is changed. */
export function Members({ of, fields, value, fault, onChange }: Props) {
  const checks = fields.filter(({ kind }) => kind === "check");
  const others = fields.filter(({ kind }) => kind !== "check");
  if (fields.length === 0) return null;
  return (
    <div className="space-y-3">
      {others.length > 0 ? (
        <div className="grid gap-3 sm:grid-cols-2">
          {others.map((field) => (
            <div key={field.member} className={`min-w-0 ${isWide(field, others) ? "sm:col-span-2" : ""}`}>
              <Member field={field} value={value(field)} sealed={isSealed(of, field.member)} fault={fault(field.member)} onChange={(now) => onChange(field.member, now)} />
            </div>
          ))}
        </div>
      ) : null}
      {checks.map((field) => (
        <div key={field.member}>
          <CheckField label={field.label} checked={value(field) === "true"} onChange={(on) => onChange(field.member, on ? "true" : "")} />
          {fault(field.member) ? <p role="alert" className="mt-1 text-[0.9rem] text-bad">{fault(field.member)}</p> : null}
        </div>
      ))}
    </div>
  );
}
