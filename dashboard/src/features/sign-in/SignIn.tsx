// Signing in: with a key, with a password, or at an identity provider, as the gateway offers it.
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { useSession } from "@/api/permissions";
import { methods, SignInError, signIn } from "@/api/session";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/fields";
import { Mark } from "@/ui/icons";
import { Failed, Loading, Note } from "@/ui/panels";

function KeyForm() {
  const [key, setKey] = useState("");
  const [fault, setFault] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const go = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFault(null);
    try {
      await signIn({ key: key.trim() });
    } catch (error) {
      if (error instanceof SignInError) setFault(error.code === "invalid_credentials" ? "The gateway does not know this key." : error.message);
      else setFault("The gateway does not answer.");
    } finally {
      setBusy(false);
    }
  };
  return (
    <form onSubmit={go} className="space-y-4">
      <TextField
        label="Master key or admin token"
        type="password"
        name="key"
        required
        value={key}
        onChange={(event) => setKey(event.target.value)}
        fault={fault}
        hint="The gateway printed its master key at the first start; it is also in the file master.key of its data directory."
      />
      <Button type="submit" look="primary" busy={busy} className="w-full">
        Sign in
      </Button>
    </form>
  );
}

function PasswordForm() {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [asksCode, setAsksCode] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const go = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setFault(null);
    try {
      await signIn({ email: email.trim(), password, ...(code ? { code: code.trim() } : {}) });
    } catch (error) {
      if (error instanceof SignInError && error.code === "totp_required") setAsksCode(true);
      else if (error instanceof SignInError) setFault(error.code === "invalid_credentials" ? "These do not fit together." : error.message);
      else setFault("The gateway does not answer.");
    } finally {
      setBusy(false);
    }
  };
  return (
    <form onSubmit={go} className="space-y-4">
      <TextField label="E-mail" type="email" name="email" autoComplete="username" required value={email} onChange={(event) => setEmail(event.target.value)} />
      <TextField label="Password" type="password" name="password" autoComplete="current-password" required value={password} onChange={(event) => setPassword(event.target.value)} fault={asksCode ? null : fault} />
      {asksCode ? (
        <TextField label="Code of your authenticator" name="code" inputMode="numeric" autoComplete="one-time-code" autoFocus required value={code} onChange={(event) => setCode(event.target.value)} fault={fault} />
      ) : null}
      <Button type="submit" look="primary" busy={busy} className="w-full">
        Sign in
      </Button>
    </form>
  );
}

/** What the pages outside of a session stand in. */
export function Outside({ about, children }: { about: string; children: ReactNode }) {
  return (
    <main className="grid min-h-full place-items-center p-4">
      <div className="w-full max-w-sm">
        <div className="mb-6 flex items-center gap-3">
          <Mark size={38} />
          <div>
            <h1 className="text-[1.35rem] font-semibold tracking-tight">Gatewright</h1>
            <p className="text-soft">{about}</p>
          </div>
        </div>
        <div className="space-y-4 rounded-xl border border-line bg-panel p-5 shadow-panel">{children}</div>
      </div>
    </main>
  );
}

/** The page that stands before all others. */
export function SignIn() {
  const now = useSession();
  const ways = useQuery({ queryKey: ["auth", "methods"], queryFn: methods, retry: 1 });
  const [withPassword, setWithPassword] = useState(true);
  const offered = ways.data;
  const password = offered?.password === true && withPassword;
  return (
    <Outside about="Sign in to your gateway">
      {now.kind === "none" && now.ended ? <Note tone="warn">Your session ended. Sign in again; the page you were on comes back.</Note> : null}
      {ways.isPending ? <Loading rows={4} /> : null}
      {ways.isError ? <Failed error={ways.error} retry={() => void ways.refetch()} /> : null}
      {offered?.oidc.map((provider) => (
        <a key={provider.name} href={provider.start_path} className="flex h-9 items-center justify-center rounded-md border border-line-strong font-medium hover:bg-sunken">
          {provider.label}
        </a>
      ))}
      {password ? <PasswordForm /> : offered?.key ? <KeyForm /> : null}
      {offered?.password && offered.key ? (
        <button type="button" onClick={() => setWithPassword(!withPassword)} className="text-accent-strong hover:underline">
          {password ? "Use a key instead" : "Use a password instead"}
        </button>
      ) : null}
    </Outside>
  );
}
