// One's own password, second factor and sessions.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { get, post } from "@/api/change";
import { api, ApiError, must } from "@/api/client";
import { useSession } from "@/api/permissions";
import { type CookieSession, resume, signOut } from "@/api/session";
import type { Page } from "@/api/types";
import { Button } from "@/ui/button";
import { useNow } from "@/ui/clock";
import { CodeBlock } from "@/ui/code";
import { TextField } from "@/ui/fields";
import { ago, program } from "@/ui/format";
import { Dialog } from "@/ui/overlays";
import { QrCode } from "@/ui/qr";
import { Badge, Failed, Loading, Note, Panel } from "@/ui/panels";
import { toast, toastError } from "@/ui/toast";

type OwnSession = { id: string; via: string; provider?: string | null; current: boolean; address: string; user_agent: string; last_used_at: string; expires_at: string };
type Delete = (path: string, init: object) => Promise<{ data?: unknown; error?: unknown; response: Response }>;

const failure = (error: unknown) => (error instanceof Error ? error.message : String(error));

function Password({ open, onClose }: { open: boolean; onClose: () => void }) {
  const [form, setForm] = useState({ current: "", next: "", again: "" });
  const [error, setError] = useState<ApiError | null>(null);
  const set = (change: Partial<typeof form>) => setForm({ ...form, ...change });
  const save = async (event: FormEvent) => {
    event.preventDefault();
    if (form.next !== form.again) {
      setError(new ApiError(400, "invalid_request", "The two are not the same.", "new"));
      return;
    }
    try {
      await post("/api/v1/auth/password", { current: form.current, new: form.next });
      toast("The password is changed; your other sessions are over");
      setForm({ current: "", next: "", again: "" });
      onClose();
    } catch (caught) {
      setError(caught instanceof ApiError ? caught : new ApiError(0, "error", failure(caught)));
    }
  };
  return (
    <Dialog open={open} onClose={onClose} title="Change the password">
      <form onSubmit={save} className="space-y-4">
        <TextField label="Current password" type="password" autoComplete="current-password" required value={form.current} onChange={(event) => set({ current: event.target.value })} fault={error && error.field !== "new" ? error.message : null} />
        <TextField label="New password" type="password" autoComplete="new-password" required value={form.next} onChange={(event) => set({ next: event.target.value })} />
        <TextField label="The same again" type="password" autoComplete="new-password" required value={form.again} onChange={(event) => set({ again: event.target.value })} fault={error?.field === "new" ? error.message : null} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary">
            Change
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function Enrol({ open, onClose }: { open: boolean; onClose: () => void }) {
  const [secret, setSecret] = useState<{ secret: string; otpauth_uri: string } | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  const [code, setCode] = useState("");
  const [fault, setFault] = useState<string | null>(null);
  const close = () => {
    setSecret(null);
    setCodes(null);
    setCode("");
    setFault(null);
    onClose();
    if (codes) void resume();
  };
  const run = async (work: () => Promise<void>) => {
    setFault(null);
    await work().catch((error: unknown) => setFault(failure(error)));
  };
  const confirm = (event: FormEvent) => {
    event.preventDefault();
    void run(async () => setCodes((await post<{ recovery_codes: string[] }>("/api/v1/auth/totp/confirm", { code: code.trim() })).recovery_codes));
  };
  return (
    <Dialog open={open} onClose={close} title="Second factor" wide={secret !== null && codes === null}>
      <div className="space-y-4">
        {codes ? (
          <>
            <Note tone="warn">It is on. Keep these recovery codes: each stands in for a code once, and they are shown this once.</Note>
            <CodeBlock text={codes.join("\n")} label="recovery codes" />
            <Button look="primary" onClick={close}>
              I have kept them
            </Button>
          </>
        ) : secret ? (
          <form onSubmit={confirm} className="space-y-4">
            <div className="flex flex-wrap items-start gap-4">
              <QrCode text={secret.otpauth_uri} label="QR code of the secret" />
              <div className="min-w-56 flex-1 space-y-3">
                <p className="text-soft">Scan it with an authenticator app, or type the secret there by hand. Then give the code that the app shows.</p>
                <CodeBlock text={secret.secret} label="the secret" />
                <a href={secret.otpauth_uri} className="text-accent-strong hover:underline">
                  Open it in an app of this device
                </a>
              </div>
            </div>
            <TextField label="Code" inputMode="numeric" autoComplete="one-time-code" required value={code} onChange={(event) => setCode(event.target.value)} />
            <Button type="submit" look="primary">
              Turn it on
            </Button>
          </form>
        ) : (
          <>
            <p className="text-soft">With a second factor, signing in also takes a code of an authenticator app (TOTP).</p>
            <Button look="primary" onClick={() => void run(async () => setSecret(await post("/api/v1/auth/totp")))}>
              Begin
            </Button>
          </>
        )}
        {fault ? <Note tone="bad">{fault}</Note> : null}
      </div>
    </Dialog>
  );
}

function TurnOff({ open, onClose }: { open: boolean; onClose: () => void }) {
  const [code, setCode] = useState("");
  const [fault, setFault] = useState<string | null>(null);
  const go = async (event: FormEvent) => {
    event.preventDefault();
    try {
      await must((api.DELETE as unknown as Delete)("/api/v1/auth/totp", { body: { code: code.trim() } }));
      onClose();
      await resume();
    } catch (error) {
      setFault(failure(error));
    }
  };
  return (
    <Dialog open={open} onClose={onClose} title="Turn the second factor off">
      <form onSubmit={go} className="space-y-4">
        <TextField label="Code, or a recovery code" autoComplete="one-time-code" required value={code} onChange={(event) => setCode(event.target.value)} fault={fault} />
        <Button type="submit" look="danger">
          Turn it off
        </Button>
      </form>
    </Dialog>
  );
}

function Sessions() {
  const now = useNow();
  const queries = useQueryClient();
  const list = useQuery({ queryKey: ["/api/v1/auth/sessions"], queryFn: async ({ signal }) => (await get<Page<OwnSession>>("/api/v1/auth/sessions", signal)).data });
  const end = async (one: OwnSession) => {
    try {
      if (one.current) await signOut();
      else await must((api.DELETE as unknown as Delete)(`/api/v1/auth/sessions/${one.id}`, {}));
      await queries.invalidateQueries({ queryKey: ["/api/v1/auth/sessions"] });
    } catch (error) {
      toastError(error);
    }
  };
  if (list.isPending) return <Loading rows={2} />;
  if (list.isError) return <Failed error={list.error} />;
  return (
    <ul className="divide-y divide-line">
      {list.data.map((one) => (
        <li key={one.id} className="flex flex-wrap items-center justify-between gap-2 py-2">
          <div className="min-w-0">
            <div className="truncate" title={one.user_agent}>
              {program(one.user_agent)} {one.current ? <Badge tone="good">this one</Badge> : null}
            </div>
            <div className="text-[0.9rem] text-faint">
              {one.address}, used {ago(one.last_used_at, now)}, ends {ago(one.expires_at, now)}
            </div>
          </div>
          <Button small onClick={() => void end(one)}>
            {one.current ? "Sign out" : "End it"}
          </Button>
        </li>
      ))}
    </ul>
  );
}

function Factors({ of }: { of: CookieSession }) {
  const [open, setOpen] = useState<"password" | "enrol" | "off" | null>(null);
  const close = () => setOpen(null);
  return (
    <div className="mb-4 flex flex-wrap items-center gap-2">
      {of.hasPassword ? <Button onClick={() => setOpen("password")}>Change the password</Button> : null}
      {of.totpEnabled ? <Button onClick={() => setOpen("off")}>Turn the second factor off</Button> : <Button onClick={() => setOpen("enrol")}>Set up a second factor</Button>}
      {of.totpEnabled ? <span className="text-soft">{of.recoveryCodesLeft} recovery codes are left.</span> : null}
      <Password open={open === "password"} onClose={close} />
      <Enrol open={open === "enrol"} onClose={close} />
      <TurnOff open={open === "off"} onClose={close} />
    </div>
  );
}

/** The panel. */
export function OwnSignIn() {
  const now = useSession();
  if (now.kind !== "cookie") return null;
  return (
    <Panel title="Your sign-in">
      {now.personal ? <Factors of={now} /> : null}
      <Sessions />
    </Panel>
  );
}
