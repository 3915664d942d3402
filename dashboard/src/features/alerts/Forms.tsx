// Forms of rules, channels and silences.
import { type FormEvent, type ReactNode, useState } from "react";
import { post, useRenew } from "@/api/change";
import { ApiError } from "@/api/client";
import { Button } from "@/ui/button";
import { isoOf } from "@/ui/controls";
import { CheckField, SelectField, TextField } from "@/ui/fields";
import { Dialog } from "@/ui/overlays";
import { Note } from "@/ui/panels";
import { type Channel, memberValue, RULE_KINDS, SEVERITIES } from "./kinds";

type Values = Record<string, string>;

function Form({ title, path, onClose, body, children }: { title: string; path: string; onClose: () => void; body: () => object; children: (fault: (member: string) => string | null) => ReactNode }) {
  const renew = useRenew();
  const [fault, setFault] = useState<ApiError | Error | null>(null);
  const [busy, setBusy] = useState(false);
  const go = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFault(null);
    try {
      await post(path, body());
      await renew("/api/v1/alerts");
      onClose();
    } catch (error) {
      setFault(error instanceof Error ? error : new Error(String(error)));
      setBusy(false);
    }
  };
  const field = fault instanceof ApiError ? fault.field : null;
  return (
    <Dialog open onClose={onClose} title={title}>
      <form onSubmit={go} className="space-y-4">
        {children((member) => (field === member ? (fault?.message ?? null) : null))}
        {fault ? <Note tone="bad">{fault.message}</Note> : null}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" busy={busy}>
            Create
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

const PER = ["", "model", "provider", "key", "user", "project", "team", "organization"];

/** A new rule. */
export function RuleForm({ channels, onClose }: { channels: Channel[]; onClose: () => void }) {
  const [form, setForm] = useState<Values>({ name: "", kind: "error_rate", severity: "warning", per: "" });
  const [told, setTold] = useState<string[]>([]);
  const set = (name: string, value: string) => setForm((old) => ({ ...old, [name]: value }));
  const kind = RULE_KINDS.find((one) => one.value === form.kind) ?? RULE_KINDS[0];
  if (!kind) return null;
  const body = () => ({ name: form.name, kind: kind.value, severity: form.severity, per: kind.per && form.per ? form.per : undefined, channels: told.length > 0 ? told : undefined, ...Object.fromEntries(kind.members.map((member) => [member.name, memberValue(member, form[member.name] ?? member.usual)])) });
  return (
    <Form title="New rule" path="/api/v1/alerts/rules" onClose={onClose} body={body}>
      {(fault) => (
        <>
          <TextField label="Name" required value={form.name} fault={fault("name")} onChange={(event) => set("name", event.target.value)} />
          <div className="grid gap-3 sm:grid-cols-2">
            <SelectField label="Looks at" value={form.kind} options={RULE_KINDS.map(({ value, label }) => ({ value, label }))} hint={kind.about} onChange={(event) => set("kind", event.target.value)} />
            <SelectField label="Severity" value={form.severity} options={SEVERITIES.map((value) => ({ value, label: value }))} onChange={(event) => set("severity", event.target.value)} />
            {kind.members.map((member) => (
              <TextField key={member.name} label={member.label} value={form[member.name] ?? member.usual} fault={fault(member.name)} onChange={(event) => set(member.name, event.target.value)} />
            ))}
            {kind.per ? <SelectField label="One alert for each" value={form.per} options={PER.map((value) => ({ value, label: value || "all together" }))} onChange={(event) => set("per", event.target.value)} /> : null}
          </div>
          <fieldset>
            <legend className="mb-1.5 font-medium">Tells</legend>
            {channels.length === 0 ? <p className="text-soft">There is no channel yet: alerts are shown here only.</p> : null}
            <div className="grid gap-1.5 sm:grid-cols-2">
              {channels.map((channel) => (
                <CheckField key={channel.id} label={channel.name} checked={told.includes(channel.name)} onChange={(on) => setTold(on ? [...told, channel.name] : told.filter((name) => name !== channel.name))} />
              ))}
            </div>
          </fieldset>
        </>
      )}
    </Form>
  );
}

/** A new channel. */
export function ChannelForm({ onClose }: { onClose: () => void }) {
  const [form, setForm] = useState<Values>({ name: "", kind: "slack", url: "", secret: "", host: "", from: "", to: "", username: "", password: "" });
  const [usual, setUsual] = useState(true);
  const set = (name: string, value: string) => setForm((old) => ({ ...old, [name]: value }));
  const given = (...names: string[]) => Object.fromEntries(names.map((name) => [name, form[name] || undefined]));
  const mail = form.kind === "email";
  const body = () => ({ name: form.name, kind: form.kind, default: usual, ...(mail ? { ...given("host", "from", "username", "password"), to: (form.to ?? "").split(/[\s,]+/).filter(Boolean) } : given("url", ...(form.kind === "webhook" ? ["secret"] : []))) });
  const field = (name: string, label: string, more: { type?: string; hint?: string; required?: boolean } = {}) => (fault: (member: string) => string | null) => <TextField key={name} label={label} value={form[name]} fault={fault(name)} onChange={(event) => set(name, event.target.value)} {...more} />;
  const fields = mail
    ? [field("host", "SMTP host", { required: true }), field("from", "From", { required: true }), field("to", "To", { required: true, hint: "addresses, with commas between" }), field("username", "User"), field("password", "Password", { type: "password" })]
    : [field("url", "Address", { required: true, hint: "kept sealed, never shown again" }), ...(form.kind === "webhook" ? [field("secret", "Secret", { type: "password", hint: "signs what is sent" })] : [])];
  return (
    <Form title="New channel" path="/api/v1/alerts/channels" onClose={onClose} body={body}>
      {(fault) => (
        <>
          <div className="grid gap-3 sm:grid-cols-2">
            <TextField label="Name" required value={form.name} fault={fault("name")} onChange={(event) => set("name", event.target.value)} />
            <SelectField label="Kind" value={form.kind} options={[{ value: "slack", label: "Slack, or what takes the same" }, { value: "webhook", label: "Web hook" }, { value: "email", label: "Mail" }]} onChange={(event) => set("kind", event.target.value)} />
          </div>
          {fields.map((one) => one(fault))}
          <CheckField label="Hears of rules that name no channel" checked={usual} onChange={setUsual} />
        </>
      )}
    </Form>
  );
}

const HOURS = [1, 4, 24, 168];

/** A new silence; `of` is what it is about at first. */
export function SilenceForm({ of, onClose }: { of: { rule?: string; subject?: string }; onClose: () => void }) {
  const [form, setForm] = useState<Values>({ rule: of.rule ?? "", severity: "", subject_id: of.subject ?? "", hours: "4", until: "", comment: "" });
  const set = (name: string, value: string) => setForm((old) => ({ ...old, [name]: value }));
  const body = () => ({ rule: form.rule || undefined, severity: form.severity || undefined, subject_id: form.subject_id || undefined, comment: form.comment || undefined, until: form.hours === "own" ? isoOf(form.until ?? "") : new Date(Date.now() + Number(form.hours) * 3_600_000).toISOString() });
  return (
    <Form title="New silence" path="/api/v1/alerts/silences" onClose={onClose} body={body}>
      {(fault) => (
        <>
          <p className="text-soft">What fits all that is named here is written down, and nobody is told.</p>
          <div className="grid gap-3 sm:grid-cols-2">
            <TextField label="Rule" value={form.rule} fault={fault("rule")} hint="by its name; empty for any" onChange={(event) => set("rule", event.target.value)} />
            <SelectField label="Severity" value={form.severity} options={["", ...SEVERITIES].map((value) => ({ value, label: value || "any" }))} onChange={(event) => set("severity", event.target.value)} />
            <TextField label="Subject" value={form.subject_id} fault={fault("subject_id")} hint="an id; empty for any" onChange={(event) => set("subject_id", event.target.value)} />
            <SelectField label="For" value={form.hours} options={[...HOURS.map((hours) => ({ value: String(hours), label: hours === 1 ? "an hour" : hours === 168 ? "a week" : `${hours} hours` })), { value: "own", label: "until a time" }]} onChange={(event) => set("hours", event.target.value)} />
            {form.hours === "own" ? <TextField label="Until" type="datetime-local" required value={form.until} fault={fault("until")} onChange={(event) => set("until", event.target.value)} /> : null}
          </div>
          <TextField label="Comment" value={form.comment} onChange={(event) => set("comment", event.target.value)} />
        </>
      )}
    </Form>
  );
}
