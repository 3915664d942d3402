// One plain setting: what it is, what it is now and why, and a form in its place for whoever may change it.
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { patch, useRenew } from "@/api/change";
import { ApiError } from "@/api/client";
import type { Setting } from "@/api/types";
import { Button } from "@/ui/button";
import { SelectField, TextField } from "@/ui/fields";
import { ago, moment } from "@/ui/format";
import { Badge, Note } from "@/ui/panels";
import { toast } from "@/ui/toast";
import { comesTo, kindOf, PATH, SOURCES, textOf, typed, type Value, whyNot, WORDS } from "./settings";

const LINK = "font-medium text-accent-strong hover:underline disabled:opacity-55";

/** Its description, with what stands between backticks as code. */
function About({ text }: { text: string }) {
  return text.split("`").map((piece, at): ReactNode => (at % 2 === 1 ? <code key={at} className="font-mono text-[0.94em]">{piece}</code> : piece));
}

function Shown({ id, value }: { id: string; value: Setting["value"] }) {
  const text = textOf(value);
  const sum = comesTo(id, value);
  if (text === "") return <span className="text-faint">not set</span>;
  return (
    <>
      <span className="font-mono">{text}</span>
      {sum ? <span className="text-faint"> ({sum})</span> : null}
    </>
  );
}

/** What is in force, where that comes from, and what would be without. */
function Now({ of, now }: { of: Setting; now: number }) {
  const source = SOURCES[of.source];
  const isDefault = of.source === "default";
  return (
    <div className="num min-w-0 space-y-0.5">
      <div className="break-words">
        {of.hidden ? <span className="text-soft">is set, and never shown</span> : <Shown id={of.id} value={of.value} />}{" "}
        <Badge tone={of.source === "api" ? "accent" : isDefault ? "neutral" : "info"} title={source?.about}>{source?.label ?? of.source}</Badge>
      </div>
      {isDefault ? null : (
        <div className="text-[0.9rem] text-faint">
          default: <Shown id={of.id} value={of.default} />
        </div>
      )}
      {of.place ? <div className="font-mono text-[0.86rem] break-all text-faint">{of.place}</div> : null}
      {of.source === "api" && of.updated_at ? <div className="text-[0.9rem] text-faint" title={moment(of.updated_at)}>changed {ago(of.updated_at, Math.max(now, Date.parse(of.updated_at)))}</div> : null}
    </div>
  );
}

type EditorProps = { of: Setting; fault: string | null; busy: boolean; onSave: (value: Value) => void; onWrong: (why: string) => void; onClose: () => void };

function Editor({ of, fault, busy, onSave, onWrong, onClose }: EditorProps) {
  const kind = kindOf(of);
  const [text, setText] = useState(() => textOf(of.value));
  const none = of.default === null || of.default === undefined;
  const form = useRef<HTMLFormElement>(null);
  // A button that waits loses the focus; what was refused is typed anew.
  useEffect(() => {
    if (!busy) form.current?.querySelector<HTMLElement>("input, select")?.focus();
  }, [busy]);
  const go = (event: FormEvent) => {
    event.preventDefault();
    try {
      onSave(typed(kind, text));
    } catch (error) {
      onWrong(error instanceof Error ? error.message : String(error));
    }
  };
  const options = (kind === "truth" ? ["true", "false"] : (WORDS[of.id] ?? [])).map((value) => ({ value, label: value }));
  const common = { label: `Value of ${of.id}`, hideLabel: true, value: text, fault };
  return (
    <form ref={form} onSubmit={go} onKeyDown={(event) => (event.key === "Escape" ? onClose() : undefined)} className="space-y-2">
      {kind === "words" || kind === "truth" ? (
        <SelectField {...common} options={none ? [{ value: "", label: "not set" }, ...options] : options} onChange={(event) => setText(event.target.value)} />
      ) : (
        <TextField {...common} required={!none} inputMode={kind === "number" ? "decimal" : undefined} placeholder={none ? "not set" : textOf(of.default)} className="font-mono" hint={of.id.endsWith("_bytes") || of.id.endsWith("_ms") ? comesTo(of.id, Number(text)) : null} onChange={(event) => setText(event.target.value)} />
      )}
      <div className="flex flex-wrap gap-2">
        <Button type="submit" small look="primary" busy={busy} disabled={!of.changeable}>
          Save
        </Button>
        <Button small onClick={onClose}>
          Cancel
        </Button>
      </div>
    </form>
  );
}

type Props = { of: Setting; now: number; writes: boolean; editing: boolean; onEdit: () => void; onClose: () => void };

/** The row; `writes` where whoever looks may change settings. */
export function SettingRow({ of, now, writes, editing, onEdit, onClose }: Props) {
  const renew = useRenew();
  const [fault, setFault] = useState<string | null>(null);
  const [meanwhile, setMeanwhile] = useState(false);
  const [busy, setBusy] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const row = useRef<HTMLLIElement>(null);
  const was = useRef(editing);
  useEffect(() => {
    // Whoever goes by the keyboard is where he was; a link to a setting leads to it.
    if (was.current && !editing) button.current?.focus();
    if (editing) row.current?.scrollIntoView({ block: "nearest" });
    was.current = editing;
  }, [editing]);
  const close = () => {
    setFault(null);
    setMeanwhile(false);
    onClose();
  };
  const save = async (value: Value) => {
    setBusy(true);
    setFault(null);
    setMeanwhile(false);
    try {
      await patch(`${PATH}/${encodeURIComponent(of.id)}`, { value }, of.revision);
      await renew(PATH);
      toast(value === null ? `${of.id} is as it would be without` : `${of.id} is in force`);
      close();
    } catch (error) {
      const status = error instanceof ApiError ? error.status : 0;
      // What is shown was not what is there any more.
      if (status === 409 || status === 412) await renew(PATH);
      if (status === 412) setMeanwhile(true);
      else setFault(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };
  const stored = of.revision > 0;
  const idle = stored && of.source !== "api";
  const why = writes ? whyNot(of) : null;
  return (
    <li ref={row} className="grid scroll-mt-4 gap-x-5 gap-y-2 px-4 py-3 md:grid-cols-[minmax(0,1fr)_minmax(0,17rem)]">
      <div className="min-w-0">
        <h3 className="font-mono text-[0.94rem] font-semibold break-all">{of.id}</h3>
        <p className="max-w-[75ch] text-soft [overflow-wrap:anywhere]"><About text={of.description} /></p>
      </div>
      <div className="min-w-0 space-y-2">
        <Now of={of} now={now} />
        {meanwhile ? <Note tone="warn">Somebody else changed this meanwhile; above is what it is now. Yours is not saved; do it again if it is still to be.</Note> : null}
        {fault && !editing ? <Note tone="bad">{fault}</Note> : null}
        {idle ? <p className="text-[0.9rem] text-soft">The API gave another value before. It is stored and has no effect.</p> : null}
        {editing ? <Editor of={of} fault={fault} busy={busy} onSave={(value) => void save(value)} onWrong={setFault} onClose={close} /> : null}
        {writes && !editing ? (
          <div className="flex flex-wrap items-center gap-2">
            {of.changeable ? (
              <button ref={button} type="button" onClick={onEdit} className={LINK}>
                Change<span className="sr-only"> {of.id}</span>
              </button>
            ) : null}
            {stored ? (
              <button type="button" disabled={busy} onClick={() => void save(null)} className={LINK}>
                {idle ? "Forget it" : "Reset"}<span className="sr-only"> {of.id}</span>
              </button>
            ) : null}
            {why ? <span className="text-[0.9rem] text-faint">{why}</span> : null}
          </div>
        ) : null}
      </div>
    </li>
  );
}
