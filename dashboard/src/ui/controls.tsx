// Small things that choose what a page shows: one of a few, side by side, and the time.
import { Popover } from "radix-ui";
import { type FormEvent, useState } from "react";
import { Button } from "./button";
import { TextField } from "./fields";
import { moment } from "./format";
import { Icon } from "./icons";
import { RANGES } from "./range";

/** One of a few, all in sight. */
export function Segments<T extends string>({ label, value, options, onChange }: { label: string; value: T; options: { value: T; label: string; title?: string; disabled?: boolean }[]; onChange: (value: T) => void }) {
  return (
    <div role="group" aria-label={label} className="inline-flex h-8 shrink-0 items-stretch rounded-md border border-line bg-sunken p-0.5">
      {options.map((one) => (
        <button
          key={one.value}
          type="button"
          aria-pressed={one.value === value}
          title={one.title}
          disabled={one.disabled}
          onClick={() => onChange(one.value)}
          className={`rounded px-2.5 text-[0.92rem] disabled:cursor-not-allowed disabled:opacity-50 ${one.value === value ? "bg-panel font-medium text-ink shadow-panel" : "text-soft hover:text-ink"}`}
        >
          {one.label}
        </button>
      ))}
    </div>
  );
}

type Time = { range?: string; from?: string; to?: string };

const local = (text: string | undefined) => (text ? moment(text).slice(0, 16).replace(" ", "T") : "");

/** Local time of a field in the form that the API takes; `undefined` when it is empty or no time. */
export function isoOf(text: string): string | undefined {
  if (text === "") return undefined;
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/** What a time is called. */
function timeName({ range, from, to }: Time, any: string): string {
  if (from || to) return `${from ? moment(from).slice(0, 16) : "…"} – ${to ? moment(to).slice(0, 16) : "now"}`;
  return RANGES.find((one) => one.value === range)?.label ?? any;
}

/** A span: one that ends now, or from and to. `any` is what no choice means. */
export function TimePicker({ value, any, onChange }: { value: Time; any?: string; onChange: (value: Time) => void }) {
  const [open, setOpen] = useState(false);
  const [own, setOwn] = useState({ from: "", to: "" });
  const take = (next: Time) => {
    onChange({ range: undefined, from: undefined, to: undefined, ...next });
    setOpen(false);
  };
  const go = (event: FormEvent) => {
    event.preventDefault();
    take({ from: isoOf(own.from), to: isoOf(own.to) });
  };
  const wrong = own.from !== "" && own.to !== "" && own.from >= own.to;
  return (
    <Popover.Root
      open={open}
      onOpenChange={(next) => {
        setOpen(next);
        if (next) setOwn({ from: local(value.from), to: local(value.to) });
      }}
    >
      <Popover.Trigger asChild>
        <Button aria-label={`Time: ${timeName(value, any ?? "")}`}>
          {timeName(value, any ?? "")}
          <Icon name="down" size={12} />
        </Button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content align="end" sideOffset={6} aria-label="Time" className="fade-in z-50 w-72 max-w-[calc(100vw-1.5rem)] rounded-lg border border-line bg-panel p-1.5 shadow-pop">
          {[...(any ? [{ value: undefined, label: any }] : []), ...RANGES].map((one) => {
            const here = !value.from && !value.to && value.range === one.value;
            return (
              <button key={one.label} type="button" aria-pressed={here} onClick={() => take({ range: one.value })} className="flex h-8 w-full items-center justify-between rounded px-2 hover:bg-sunken">
                {one.label}
                {here ? <Icon name="check" size={14} /> : null}
              </button>
            );
          })}
          <form onSubmit={go} className="mt-1.5 space-y-2 border-t border-line p-2 pt-2.5">
            <TextField label="From" type="datetime-local" value={own.from} onChange={(event) => setOwn({ ...own, from: event.target.value })} />
            <TextField label="Until" type="datetime-local" value={own.to} fault={wrong ? "must be later than the beginning" : null} onChange={(event) => setOwn({ ...own, to: event.target.value })} />
            <Button type="submit" look="primary" className="w-full" disabled={wrong || (own.from === "" && own.to === "")}>
              Apply
            </Button>
          </form>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
