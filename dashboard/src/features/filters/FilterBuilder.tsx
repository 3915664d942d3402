// The filters of a page as chips, with a button that adds one. A chip opens to be changed; the address holds them all.
import { Popover } from "radix-ui";
import { useEffect, useMemo, useState } from "react";
import { type AccountLevel, useAccounts, useAll, useNames } from "@/api/lists";
import { may, useMay, useSession } from "@/api/permissions";
import type { Key, Model, Provider } from "@/api/types";
import { words } from "@/ui/format";
import { Icon } from "@/ui/icons";
import { type Chosen, faultOf, type Field } from "./fields";
import { type Choice, Picker } from "./Picker";

const BOX = "fade-in z-50 w-80 max-w-[calc(100vw-1.5rem)] overflow-hidden rounded-lg border border-line bg-panel shadow-pop";

/** The values of one field. */
function Values({ field, onTake, onBack }: { field: Field; onTake: (value: string) => void; onBack?: () => void }) {
  const level: AccountLevel = field.kind === "account" ? field.level : "team";
  const accounts = useAccounts(level, field.kind === "account").data;
  const keys = useAll<Key>("/api/v1/keys", {}, field.kind === "key").data;
  const [seesModels, seesProviders] = [useMay("models:read"), useMay("providers:read")];
  const models = useAll<Model>("/api/v1/models", {}, field.kind === "model" && seesModels).data;
  const providers = useAll<Provider>("/api/v1/providers", {}, field.kind === "provider" && seesProviders).data;
  const choices = useMemo((): Choice[] => {
    if (field.kind === "flag") return [{ value: "true", label: "yes" }, { value: "false", label: "no" }];
    if (field.kind === "choice") return field.choices.map((value) => ({ value, label: words(value) }));
    if (field.kind === "account") return (accounts ?? []).map(({ id, name }) => ({ value: id, label: name || id }));
    if (field.kind === "key") return (keys ?? []).map(({ id, name }) => ({ value: id, label: name || id }));
    if (field.kind === "model") return (models ?? []).filter((one) => one.configured !== false).map(({ id }) => ({ value: id, label: id }));
    if (field.kind === "provider") return (providers ?? []).map(({ name }) => ({ value: name, label: name }));
    return [];
  }, [field, accounts, keys, models, providers]);
  const closed = field.kind === "flag" || (field.kind === "choice" && !field.open);
  const free = (typed: string): Choice => ({ value: typed, label: `${field.sign ?? "is"} ${typed}`, hint: "as typed" });
  return <Picker key={field.name} label={`${field.label} ${field.sign ?? "is"}`} choices={choices} free={closed ? undefined : free} fault={(value) => faultOf(field, value)} placeholder={field.hint ? `${field.label}: ${field.hint}` : field.label} onTake={onTake} onBack={onBack} />;
}

function Chip({ field, value, shown, onChange }: { field: Field; value: string; shown: string; onChange: (value: string | undefined) => void }) {
  const [open, setOpen] = useState(false);
  return (
    <span className="inline-flex h-7.5 max-w-72 items-stretch overflow-hidden rounded-md border border-line-strong bg-panel text-[0.92rem]">
      <Popover.Root open={open} onOpenChange={setOpen}>
        <Popover.Trigger asChild>
          <button type="button" title={value} className="flex min-w-0 items-center gap-1 pl-2 hover:bg-sunken" aria-label={`Change the filter ${field.label} ${field.sign ?? "is"} ${shown}`}>
            <span className="shrink-0 text-faint">
              {field.label} {field.sign ?? "is"}
            </span>{" "}
            <span className="truncate pr-1 font-medium">{shown}</span>
          </button>
        </Popover.Trigger>
        <Popover.Portal>
          <Popover.Content align="start" sideOffset={6} aria-label={field.label} className={BOX}>
            <Values
              field={field}
              onTake={(next) => {
                onChange(next);
                setOpen(false);
              }}
            />
          </Popover.Content>
        </Popover.Portal>
      </Popover.Root>
      <button type="button" onClick={() => onChange(undefined)} aria-label={`Remove the filter ${field.label} ${shown}`} className="flex items-center border-l border-line px-1.5 text-faint hover:bg-sunken hover:text-ink">
        <Icon name="close" size={12} />
      </button>
    </span>
  );
}

/** Chips and the button. `f` opens it from anywhere on the page where nothing is typed. */
export function FilterBuilder({ fields: all, chosen, onChange }: { fields: Field[]; chosen: Chosen; onChange: (change: Chosen) => void }) {
  const now = useSession();
  const fields = useMemo(() => all.filter((field) => field.needs === undefined || may(now, field.needs)), [all, now]);
  const [open, setOpen] = useState(false);
  const [picked, setPicked] = useState<Field | null>(null);
  const set = all.filter((field) => chosen[field.name] !== undefined);
  const levels = set.flatMap((field) => (field.kind === "account" && (field.needs === undefined || may(now, field.needs)) ? [field.level] : []));
  const name = useNames(levels, set.some((field) => field.kind === "key") && may(now, "keys:read"));
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const within = event.target as HTMLElement | null;
      if (event.key !== "f" || event.ctrlKey || event.metaKey || event.altKey || within?.closest("input, textarea, select, [role=dialog], [contenteditable]")) return;
      event.preventDefault();
      setOpen(true);
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
  const shown = (field: Field, value: string) => (field.kind === "account" || field.kind === "key" ? name(value) : field.kind === "flag" ? (value === "true" ? "yes" : "no") : field.kind === "choice" ? words(value) : value);
  return (
    <>
      {set.map((field) => {
        const value = chosen[field.name] ?? "";
        return <Chip key={field.name} field={field} value={value} shown={shown(field, value)} onChange={(next) => onChange({ [field.name]: next })} />;
      })}
      <Popover.Root
        open={open}
        onOpenChange={(next) => {
          setOpen(next);
          if (!next) setPicked(null);
        }}
      >
        <Popover.Trigger asChild>
          <button type="button" className="inline-flex h-7.5 items-center gap-1.5 rounded-md border border-dashed border-line-strong px-2 text-[0.92rem] text-soft hover:bg-sunken hover:text-ink">
            <Icon name="filter" size={13} />
            Filter
          </button>
        </Popover.Trigger>
        <Popover.Portal>
          <Popover.Content align="start" sideOffset={6} aria-label="Add a filter" className={BOX}>
            {picked ? (
              <Values
                field={picked}
                onTake={(value) => {
                  onChange({ [picked.name]: value });
                  setOpen(false);
                  setPicked(null);
                }}
                onBack={() => setPicked(null)}
              />
            ) : (
              <Picker key="fields" label="Filter by" placeholder="Filter by" choices={fields.map((field) => ({ value: field.name, label: `${field.label}${field.sign ? ` ${field.sign}` : ""}`, hint: field.hint, group: field.group }))} onTake={(value) => setPicked(fields.find((field) => field.name === value) ?? null)} />
            )}
          </Popover.Content>
        </Popover.Portal>
      </Popover.Root>
      {set.length > 1 ? (
        <button type="button" onClick={() => onChange(Object.fromEntries(set.map((field) => [field.name, undefined])))} className="text-[0.92rem] text-faint hover:text-ink hover:underline">
          Clear
        </button>
      ) : null}
    </>
  );
}
