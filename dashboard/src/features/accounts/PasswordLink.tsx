// A link with which a person chooses a password, where the gateway has sessions.
import { useState } from "react";
import { post } from "@/api/change";
import { useSession } from "@/api/permissions";
import type { Account } from "@/api/types";
import { Button } from "@/ui/button";
import { CodeBlock } from "@/ui/code";
import { CheckField } from "@/ui/fields";
import { moment } from "@/ui/format";
import { Dialog } from "@/ui/overlays";
import { Note } from "@/ui/panels";

type Link = { path: string; url?: string | null; expires_at: string };

/** The button and its dialog. */
export function PasswordLink({ of }: { of: Account }) {
  const now = useSession();
  const [open, setOpen] = useState(false);
  const [resets, setResets] = useState(false);
  const [made, setMade] = useState<Link | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  if (now.kind !== "cookie") return null;
  const make = async () => {
    setFault(null);
    try {
      setMade(await post<Link>(`/api/v1/users/${of.id}/password-link`, { reset_totp: resets }));
    } catch (error) {
      setFault(error instanceof Error ? error.message : String(error));
    }
  };
  const close = () => {
    setOpen(false);
    setMade(null);
    setFault(null);
  };
  return (
    <>
      <Button onClick={() => setOpen(true)}>Password link</Button>
      <Dialog open={open} onClose={close} title={`A password for ${of.name || of.email}`}>
        {made ? (
          <div className="space-y-3">
            <Note tone="warn">Give it to {of.name || of.email} alone: whoever follows it can act as that person. It is shown this once, and good once.</Note>
            <CodeBlock text={made.url ?? `${window.location.origin}${made.path}`} label="the link" />
            <p className="text-soft">It ends at {moment(made.expires_at)}.</p>
          </div>
        ) : (
          <div className="space-y-4">
            <p className="text-soft">With the link a new password is chosen. It takes the place of any earlier link, and ends the person's sessions when it is used.</p>
            <CheckField label="Remove the second factor, too" hint="for whoever lost the authenticator app" checked={resets} onChange={setResets} />
            {fault ? <Note tone="bad">{fault}</Note> : null}
            <div className="flex justify-end gap-2">
              <Button onClick={close}>Cancel</Button>
              <Button look="primary" onClick={() => void make()}>
                Make a link
              </Button>
            </div>
          </div>
        )}
      </Dialog>
    </>
  );
}
