// The line of filters above the explorer. What is typed takes effect on Enter or when the field is left.
import { useState } from "react";
import { useAccounts, useAll, useNames } from "@/api/lists";
import { useMay } from "@/api/permissions";
import type { Key, Model } from "@/api/types";
import { Button } from "@/ui/button";
import { CheckField, SelectField, TextField } from "@/ui/fields";
import { moment, words } from "@/ui/format";
import { Icon } from "@/ui/icons";
import { Dialog } from "@/ui/overlays";
import { RANGES } from "@/ui/range";
import { type IdFilter, ID_FILTERS, isoOf, type Search, setFilters } from "./filters";
import { OUTCOMES } from "./Outcome";

type Change = (change: Partial<Search>) => void;
const LEVELS = ["organization", "team", "project", "user", "customer", "tag"] as const;

function Typed({ label, value, placeholder, onChange }: { label: string; value: string; placeholder: string; onChange: (text: string) => void }) {
  const [text, setText] = useState(value);
  const [seen, setSeen] = useState(value);
  if (seen !== value) {
    setSeen(value);
    setText(value);
  }
  const take = () => text.trim() !== value && onChange(text.trim());
  return <TextField label={label} hideLabel value={text} placeholder={placeholder} onChange={(event) => setText(event.target.value)} onBlur={take} onKeyDown={(event) => event.key === "Enter" && take()} />;
}

function More({ search, onChange, onClose }: { search: Search; onChange: Change; onClose: () => void }) {
  const lists = {
    organization: useAccounts("organization", useMay("organizations:read")).data,
    team: useAccounts("team", useMay("teams:read")).data,
    project: useAccounts("project", useMay("projects:read")).data,
    user: useAccounts("user", useMay("users:read")).data,
    customer: useAccounts("customer", useMay("customers:read")).data,
    tag: useAccounts("tag", useMay("tags:read")).data,
  };
  const keys = useAll<Key>("/api/v1/keys", {}, useMay("keys:read")).data;
  const models = useAll<Model>("/api/v1/models", {}, useMay("models:read")).data;
  const [next, setNext] = useState<Partial<Search>>({});
  const value = (name: keyof Search) => (name in next ? next[name] : search[name]) ?? "";
  const put = (name: keyof Search, text: string) => setNext({ ...next, [name]: text === "" ? undefined : text });
  const local = (name: "from" | "to") => (value(name) ? moment(value(name)).slice(0, 16).replace(" ", "T") : "");
  return (
    <form
      className="grid gap-4 sm:grid-cols-2"
      onSubmit={(event) => {
        event.preventDefault();
        onChange(next);
        onClose();
      }}
    >
      <TextField label="Model" list="filter-models" value={value("model")} onChange={(event) => put("model", event.target.value)} hint="as callers name it" />
      <datalist id="filter-models">{models?.filter((one) => one.configured !== false).map((one) => <option key={one.id} value={one.id} />)}</datalist>
      <SelectField label="Key" value={value("key")} options={[{ value: "", label: "Any" }, ...(keys ?? []).map((key) => ({ value: key.id, label: key.name }))]} onChange={(event) => put("key", event.target.value)} />
      {LEVELS.map((level) => (
        <SelectField
          key={level}
          label={level[0]?.toUpperCase() + level.slice(1)}
          value={value(level)}
          options={[{ value: "", label: "Any" }, ...(lists[level] ?? []).map((one) => ({ value: one.id, label: one.name }))]}
          onChange={(event) => put(level, event.target.value)}
        />
      ))}
      <TextField label="From" type="datetime-local" value={local("from")} onChange={(event) => put("from", isoOf(event.target.value) ?? "")} hint="your local time" />
      <TextField label="Until" type="datetime-local" value={local("to")} onChange={(event) => put("to", isoOf(event.target.value) ?? "")} hint="your local time" />
      <TextField label="Request id" value={value("request")} onChange={(event) => put("request", event.target.value.trim())} hint="x-request-id of an answer" />
      <div className="self-center">
        <CheckField label="Sub-calls too" hint="mirrors and panels that a request started" checked={value("subcalls") === "1"} onChange={(on) => put("subcalls", on ? "1" : "")} />
      </div>
      <div className="flex justify-end gap-2 sm:col-span-2">
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" look="primary">
          Apply
        </Button>
      </div>
    </form>
  );
}

/** The line. */
export function FilterBar({ search, onChange }: { search: Search; onChange: Change }) {
  const [more, setMore] = useState(false);
  const set = setFilters(search).filter((name) => name !== "outcome" && name !== "model");
  const name = useNames([...LEVELS].filter((level) => search[level] !== undefined), search.key !== undefined);
  return (
    <div className="mb-3 flex flex-wrap items-center gap-2">
      <div className="w-36">
        <SelectField label="Time" hideLabel value={search.range ?? ""} options={[{ value: "", label: "Any time" }, ...RANGES]} onChange={(event) => onChange({ range: event.target.value || undefined, from: undefined, to: undefined })} />
      </div>
      <div className="w-40">
        <SelectField label="Outcome" hideLabel value={search.outcome ?? ""} options={[{ value: "", label: "Any outcome" }, ...OUTCOMES.map((one) => ({ value: one, label: words(one) }))]} onChange={(event) => onChange({ outcome: event.target.value || undefined })} />
      </div>
      <div className="w-48">
        <Typed label="Model" value={search.model ?? ""} placeholder="Model" onChange={(text) => onChange({ model: text || undefined })} />
      </div>
      <Button icon="filter" onClick={() => setMore(true)}>
        More filters
      </Button>
      {set.map((one) => {
        const value = search[one] ?? "";
        const shown = one in ID_FILTERS ? name(value) : one === "from" || one === "to" ? moment(value) : value;
        return (
          <button key={one} type="button" onClick={() => onChange({ [one]: undefined } as Partial<Record<IdFilter, string>>)} className="inline-flex h-7 max-w-72 items-center gap-1 rounded-full bg-accent-soft px-2.5 text-accent-strong hover:line-through" aria-label={`Remove the filter ${one} ${shown}`}>
            <span className="truncate">
              {one}: {shown}
            </span>
            <Icon name="close" size={12} />
          </button>
        );
      })}
      <Dialog open={more} onClose={() => setMore(false)} title="Filters" wide>
        <More search={search} onChange={onChange} onClose={() => setMore(false)} />
      </Dialog>
    </div>
  );
}
