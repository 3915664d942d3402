// Members of forms: each with its label, its hint and what is wrong with it.
import { type InputHTMLAttributes, type ReactNode, type SelectHTMLAttributes, type TextareaHTMLAttributes, useId } from "react";

type Common = { label: string; hint?: ReactNode; fault?: string | null; hideLabel?: boolean };

function Around({ id, label, hint, fault, hideLabel, children }: Common & { id: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <label htmlFor={id} className={hideLabel ? "sr-only" : "mb-1 block font-medium"}>
        {label}
      </label>
      {children}
      {fault ? (
        <p id={`${id}-fault`} className="mt-1 text-[0.9rem] text-bad">
          {fault}
        </p>
      ) : hint ? (
        <p id={`${id}-hint`} className="mt-1 text-[0.9rem] text-faint">
          {hint}
        </p>
      ) : null}
    </div>
  );
}

const about = (id: string, { hint, fault }: Common) => (fault ? `${id}-fault` : hint ? `${id}-hint` : undefined);

/** One line of text. */
export function TextField({ label, hint, fault, hideLabel, className = "", ...rest }: Common & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId();
  const common = { label, hint, fault, hideLabel };
  return (
    <Around id={id} {...common}>
      <input id={id} autoComplete="off" spellCheck={false} {...rest} aria-invalid={fault ? true : undefined} aria-describedby={about(id, common)} className={`field ${className}`} />
    </Around>
  );
}

/** Several lines of text. */
export function TextArea({ label, hint, fault, hideLabel, className = "", ...rest }: Common & TextareaHTMLAttributes<HTMLTextAreaElement>) {
  const id = useId();
  const common = { label, hint, fault, hideLabel };
  return (
    <Around id={id} {...common}>
      <textarea id={id} spellCheck={false} {...rest} aria-invalid={fault ? true : undefined} aria-describedby={about(id, common)} className={`field ${className}`} />
    </Around>
  );
}

/** One of a few. */
export function SelectField({ label, hint, fault, hideLabel, options, className = "", ...rest }: Common & SelectHTMLAttributes<HTMLSelectElement> & { options: { value: string; label: string }[] }) {
  const id = useId();
  const common = { label, hint, fault, hideLabel };
  return (
    <Around id={id} {...common}>
      <select id={id} {...rest} aria-invalid={fault ? true : undefined} aria-describedby={about(id, common)} className={`field ${className}`}>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </Around>
  );
}

/** Yes or no. */
export function CheckField({ label, hint, checked, onChange, disabled }: { label: string; hint?: string; checked: boolean; onChange: (on: boolean) => void; disabled?: boolean }) {
  const id = useId();
  return (
    <div className="flex items-start gap-2">
      <input id={id} type="checkbox" checked={checked} disabled={disabled} onChange={(event) => onChange(event.target.checked)} className="mt-0.5 size-4 accent-(--c-accent)" />
      <label htmlFor={id}>
        {label}
        {hint ? <span className="block text-[0.9rem] text-faint">{hint}</span> : null}
      </label>
    </div>
  );
}
