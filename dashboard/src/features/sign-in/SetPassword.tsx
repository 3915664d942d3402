// Choosing a password by a link. The link's token stands behind the `#`, which no server and no log sees, and leaves the address
// as soon as it is read.
import { type FormEvent, useState } from "react";
import { redeem, SignInError } from "@/api/session";
import { Button } from "@/ui/button";
import { TextField } from "@/ui/fields";
import { Note } from "@/ui/panels";
import { Outside } from "./SignIn";

function takeToken(): string {
  const token = new URLSearchParams(window.location.hash.slice(1)).get("token") ?? "";
  if (window.location.hash !== "") window.history.replaceState(null, "", window.location.pathname);
  return token;
}

const token = takeToken();

/** The page. */
export function SetPassword() {
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const [fault, setFault] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [email, setEmail] = useState<string | null>(null);
  const go = async (event: FormEvent) => {
    event.preventDefault();
    if (password !== again) {
      setFault("The two are not the same.");
      return;
    }
    setBusy(true);
    setFault(null);
    try {
      setEmail(await redeem(token, password));
    } catch (error) {
      setFault(error instanceof SignInError ? error.message : "The gateway does not answer.");
    } finally {
      setBusy(false);
    }
  };
  if (email !== null) {
    return (
      <Outside about="Your password is set">
        <Note tone="good">{email ? `Sign in as ${email} with it.` : "Sign in with it."}</Note>
        <a href="/ui/" className="flex h-9 items-center justify-center rounded-md bg-accent font-medium text-on-accent hover:bg-accent-strong">
          To the sign-in
        </a>
      </Outside>
    );
  }
  return (
    <Outside about="Choose a password">
      {token === "" ? (
        <Note tone="warn">This address has no token in it. Open the link as it was given to you; each is good once.</Note>
      ) : (
        <form onSubmit={go} className="space-y-4">
          <TextField label="New password" type="password" name="password" autoComplete="new-password" required value={password} onChange={(event) => setPassword(event.target.value)} hint="12 characters or more, unless this gateway says otherwise" />
          <TextField label="The same again" type="password" name="again" autoComplete="new-password" required value={again} onChange={(event) => setAgain(event.target.value)} fault={fault} />
          <Button type="submit" look="primary" busy={busy} className="w-full">
            Set the password
          </Button>
        </form>
      )}
    </Outside>
  );
}
