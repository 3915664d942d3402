// A list to choose from by typing, inside a popover: arrow keys walk, Enter takes. What is typed can be taken itself where the list
// is open to it.
import { type ReactNode, useEffect, useId, useMemo, useRef, useState } from "react";
import { Icon } from "@/ui/icons";

export type Choice = { value: string; label: string; hint?: ReactNode; group?: string };

const SHOWN = 200;

/** `free` makes a choice of what was typed; `fault` says what is wrong with it. */
export function Picker({ label, choices, free, fault, placeholder, onTake, onBack }: { label: string; choices: Choice[]; free?: (typed: string) => Choice | null; fault?: (typed: string) => string | null; placeholder: string; onTake: (value: string) => void; onBack?: () => void }) {
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const [told, setTold] = useState<string | null>(null);
  const list = useRef<HTMLUListElement>(null);
  const id = useId();
  const found = useMemo(() => {
    const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
    const fit = choices.filter((one) => words.every((word) => `${one.label} ${one.value} ${one.group ?? ""}`.toLowerCase().includes(word))).slice(0, SHOWN);
    const own = typed.trim() === "" ? null : (free?.(typed.trim()) ?? null);
    return own && !fit.some((one) => one.value === own.value) ? [...fit, own] : fit;
  }, [choices, typed, free]);
  useEffect(() => setAt(0), [typed]);
  useEffect(() => {
    void list.current?.querySelector(`[data-row="${at}"]`)?.scrollIntoView({ block: "nearest" });
  }, [at]);
  const take = (one: Choice | undefined) => {
    if (!one) return;
    const wrong = fault?.(one.value) ?? null;
    setTold(wrong);
    if (wrong === null) onTake(one.value);
  };
  const onKey = (event: React.KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && found.length > 0) {
      event.preventDefault();
      setAt((at + step + found.length) % found.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      take(found[at]);
    } else if (event.key === "Backspace" && typed === "" && onBack) {
      event.preventDefault();
      onBack();
    }
  };
  return (
    <>
      <div className="flex items-center gap-2 border-b border-line px-3 text-faint">
        {onBack ? (
          <button type="button" aria-label="Back to all filters" onClick={onBack} className="-ml-1 rotate-90 rounded p-0.5 hover:bg-sunken hover:text-ink">
            <Icon name="down" size={14} />
          </button>
        ) : (
          <Icon name="search" size={14} />
        )}
        <input
          role="combobox"
          aria-expanded="true"
          aria-controls={`${id}-list`}
          aria-activedescendant={found[at] ? `${id}-${at}` : undefined}
          aria-label={label}
          aria-invalid={told ? true : undefined}
          // The popover was opened to type into it.
          autoFocus
          value={typed}
          onChange={(event) => {
            setTyped(event.target.value);
            setTold(null);
          }}
          onKeyDown={onKey}
          placeholder={placeholder}
          className="h-9.5 min-w-0 flex-1 bg-transparent text-ink outline-none placeholder:text-faint"
        />
      </div>
      {told ? (
        <p role="alert" className="px-3 pt-2 text-[0.9rem] text-bad">
          {told}
        </p>
      ) : null}
      <ul ref={list} id={`${id}-list`} role="listbox" aria-label={label} className="max-h-80 overflow-y-auto p-1">
        {found.map((one, row) => (
          <li key={one.value} role="presentation">
            {one.group && one.group !== found[row - 1]?.group ? <div className="px-2 pt-2 pb-0.5 text-[0.78rem] text-faint">{one.group}</div> : null}
            <div
              id={`${id}-${row}`}
              data-row={row}
              role="option"
              aria-selected={row === at}
              tabIndex={-1}
              onMouseMove={() => setAt(row)}
              onClick={() => take(one)}
              onKeyDown={() => undefined}
              className={`flex h-8 cursor-pointer items-center gap-2 rounded px-2 ${row === at ? "bg-accent-soft text-accent-strong" : ""}`}
            >
              <span className="truncate">{one.label}</span>
              {one.hint ? <span className="ml-auto max-w-[55%] shrink-0 truncate text-[0.86rem] text-faint">{one.hint}</span> : null}
            </div>
          </li>
        ))}
      </ul>
      {found.length === 0 ? <p className="px-3 pb-3 text-[0.9rem] text-faint">{free && typed === "" ? "Type a value, then press Enter." : "Nothing fits."}</p> : null}
    </>
  );
}
