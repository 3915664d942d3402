// What can be done with an admin token: another secret, or its end. A new secret is shown once.
import { useState } from "react";
import { post, remove, useRenew } from "@/api/change";
import type { AdminToken, NewAdminToken } from "@/api/types";
import { Button } from "@/ui/button";
import { CodeBlock } from "@/ui/code";
import { Confirm, Dialog, Menu } from "@/ui/overlays";
import { Note } from "@/ui/panels";
import { toast } from "@/ui/toast";

const PATH = "/api/v1/admin-tokens";
const GRACE_SECONDS = 3600;

/** The dialog of a new secret; open while there is one. */
export function TokenShown({ of, onClose }: { of: NewAdminToken | null; onClose: () => void }) {
  return (
    <Dialog open={of !== null} onClose={onClose} title={`The token ${of?.name ?? ""}`}>
      <div className="space-y-4">
        <Note tone="warn">Copy it now: it is shown this once.</Note>
        <CodeBlock text={of?.token ?? ""} label="the token" />
        <CodeBlock text={`curl ${window.location.origin}/api/v1/me -H "Authorization: Bearer ${of?.token ?? ""}"`} label="a try" />
        <div className="flex justify-end">
          <Button look="primary" onClick={onClose}>
            I have copied it
          </Button>
        </div>
      </div>
    </Dialog>
  );
}

/** The menu; `onNew` is told the secret that takes the old one's place. */
export function TokenMenu({ of, onNew }: { of: AdminToken; onNew: (token: NewAdminToken) => void }) {
  const [asked, setAsked] = useState<"rotate" | "revoke" | null>(null);
  const renew = useRenew();
  const path = `${PATH}/${of.id}`;
  return (
    <>
      <Menu
        label={`Actions for ${of.name}`}
        items={[
          { label: "Rotate", icon: "refresh", onSelect: () => setAsked("rotate") },
          { label: "Revoke", icon: "trash", danger: true, onSelect: () => setAsked("revoke") },
        ]}
      />
      <Confirm
        open={asked === "rotate"}
        onClose={() => setAsked(null)}
        title={`Rotate ${of.name}?`}
        action="Rotate"
        onConfirm={async () => {
          onNew(await post<NewAdminToken>(`${path}/rotate`, { grace_seconds: GRACE_SECONDS }));
          await renew(PATH);
        }}
      >
        The old secret ends in an hour.
      </Confirm>
      <Confirm
        open={asked === "revoke"}
        onClose={() => setAsked(null)}
        title={`Revoke ${of.name}?`}
        action="Revoke"
        onConfirm={async () => {
          await remove(path);
          toast("Revoked");
          await renew(PATH);
        }}
      >
        Whoever uses it is refused from the next request on.
      </Confirm>
    </>
  );
}
