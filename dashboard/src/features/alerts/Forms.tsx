// Forms of rules, channels and silences.
import { type FormEvent, type ReactNode, useState } from "react";
import { patch, post, useRenew } from "@/api/change";
import { ApiError } from "@/api/client";
import { Button } from "@/ui/button";
import { isoOf } from "@/ui/controls";
import { CheckField, SelectField, TextField } from "@/ui/fields";
import { Dialog } from "@/ui/overlays";
import { Note } from "@/ui/panels";
import { type Channel, memberText, memberValue, type Rule, RULE_KINDS, SEVERITIES } from "./kinds";

type Values = Record<string, string>;

/** `revision` where something is changed, which stands at `path`. */
function Form({ title, path, revision, onClose, body, children }: { title: string; path: string; revision?: number; onClose: () => void; body: () => object; children: (fault: (member: string) => string | null) => ReactNode }) {
  const renew = useRenew();
  const [fault, setFault] = useState<ApiError | Error | null>(null);
  const [busy, setBusy] = useState(false);
  const go = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFault(null);
    try {
      await (revision === undefined ? post(path, body()) : patch(path, body(), revision));
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
            {revision === undefined ? "Create" : "Save"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

const PER = ["", "model", "provider", "key", "user", "project", "team", "organization"];

/** What a rule says, in the fields. */
const ruleValues = (of: Rule): Values => ({ name: of.name, kind: of.kind, severity: of.severity ?? "warning", per: of.per ?? "", ...memberText(of) });

/** A new rule, or one that is changed. */
export function RuleForm({ of, channels, onClose }: { of?: Rule; channels: Channel[]; onClose: () => void }) {
  const [form, setForm] = useState<Values>(of ? ruleValues(of) : { name: "", kind: "error_rate", severity: "warning", per: "" });
  const [told, setTold] = useState<string[]>(of?.channels ?? []);
  const set = (name: string, value: string) => setForm((old) => ({ ...old, [name]: value }));
  const kind = RULE_KINDS.find((one) => one.value === form.kind) ?? RULE_KINDS[0];
  if (!kind) return null;
  // Of one that is there, what is empty now is taken away.
  const none = of ? null : undefined;
  const body = () => ({ name: form.name, kind: of ? undefined : kind.value, severity: form.severity, per: kind.per && form.per ? form.per : kind.per ? none : undefined, channels: told.length > 0 ? told : none, ...Object.fromEntries(kind.members.map((member) => [member.name, memberValue(member, form[member.name] ?? member.usual) ?? none])) });
  return (
    <Form title={of ? `Change ${of.name}` : "New rule"} path={of ? `/api/v1/alerts/rules/${of.id}` : "/api/v1/alerts/rules"} revision={of?.revision} onClose={onClose} body={body}>
      {(fault) => (
        <>
          <TextField label="Name" required value={form.name} fault={fault("name")} onChange={(event) => set("name", event.target.value)} />
          <div className="grid gap-3 sm:grid-cols-2">
            <SelectField label="Looks at" disabled={of !== undefined} value={form.kind} options={RULE_KINDS.map(({ value, label }) => ({ value, label }))} hint={kind.about} onChange={(event) => set("kind", event.target.value)} />
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

/** A new channel, or one that is changed: what is sealed of it is given again only where it is to be another. */
export function ChannelForm({ of, onClose }: { of?: Channel; onClose: () => void }) {
  const [form, setForm] = useState<Values>({ name: of?.name ?? "", kind: of?.kind ?? "slack", url: "", secret: "", host: of?.host ?? "", from: of?.from ?? "", to: of?.to?.join(", ") ?? "", username: of?.username ?? "", password: "" });
  const [usual, setUsual] = useState(of ? (of.default ?? false) : true);
  const set = (name: string, value: string) => setForm((old) => ({ ...old, [name]: value }));
  const given = (...names: string[]) => Object.fromEntries(names.map((name) => [name, form[name] || undefined]));
  const mail = form.kind === "email";
  const kept = of !== undefined;
  const body = () => ({ name: form.name, kind: kept ? undefined : form.kind, default: usual, ...(mail ? { ...given("host", "from", "username", "password"), to: (form.to ?? "").split(/[\s,]+/).filter(Boolean) } : given("url", ...(form.kind === "webhook" ? ["secret"] : []))) });
  const field = (name: string, label: string, more: { type?: string; hint?: string; required?: boolean } = {}) => (fault: (member: string) => string | null) => <TextField key={name} label={label} value={form[name]} fault={fault(name)} onChange={(event) => set(name, event.target.value)} {...more} />;
  const fields = mail
    ? [field("host", "SMTP host", { required: true }), field("from", "From", { required: true }), field("to", "To", { required: true, hint: "addresses, with commas between" }), field("username", "User"), field("password", "Password", { type: "password", hint: kept ? "kept, unless another is given" : undefined })]
    : [field("url", "Address", { required: !kept, hint: kept ? `${of?.target ?? "kept"}, unless another is given` : "kept sealed, never shown again" }), ...(form.kind === "webhook" ? [field("secret", "Secret", { type: "password", hint: kept ? "kept, unless another is given; with another address, give it again" : "signs what is sent" })] : [])];
  return (
    <Form title={of ? `Change ${of.name}` : "New channel"} path={of ? `/api/v1/alerts/channels/${of.id}` : "/api/v1/alerts/channels"} revision={of?.revision} onClose={onClose} body={body}>
      {(fault) => (
        <>
          <div className="grid gap-3 sm:grid-cols-2">
            <TextField label="Name" required value={form.name} fault={fault("name")} onChange={(event) => set("name", event.target.value)} />
            <SelectField label="Kind" disabled={kept} value={form.kind} options={[{ value: "slack", label: "Slack, or what takes the same" }, { value: "webhook", label: "Web hook" }, { value: "email", label: "Mail" }]} onChange={(event) => set("kind", event.target.value)} />
          </div>
          {fields.map((one) => one(fault))}
          <CheckField label="Hears of rules that name no channel" checked={usual} onChange={setUsual} />
        </>
      )}
    </Form>
  );
}

const HOURS = [1, 4, 24, 168];

/** A new silence; `of` is what it is about at first, and whose rule that is. */
export function SilenceForm({ of, onClose }: { of: { rule?: string; subject?: string; organization?: string | null }; onClose: () => void }) {
  const [form, setForm] = useState<Values>({ rule: of.rule ?? "", severity: "", subject_id: of.subject ?? "", hours: "4", until: "", comment: "" });
  const set = (name: string, value: string) => setForm((old) => ({ ...old, [name]: value }));
  const body = () => ({ organization_id: of.organization ?? undefined, rule: form.rule || undefined, severity: form.severity || undefined, subject_id: form.subject_id || undefined, comment: form.comment || undefined, until: form.hours === "own" ? isoOf(form.until ?? "") : new Date(Date.now() + Number(form.hours) * 3_600_000).toISOString() });
  return (
    <Form title="New silence" path="/api/v1/alerts/silences" onClose={onClose} body={body}>
      {(fault) => (
        <>
          <p className="text-soft">What fits all that is named here is written down, and nobody is told. A rule, a severity or a subject must be named.</p>
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
