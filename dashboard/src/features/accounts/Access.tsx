// With what a person or a service account gets in: its keys for calls, and its tokens for the admin API. New secrets are shown once.
import { Link } from "@tanstack/react-router";
import { type ReactNode, useState } from "react";
import { useAll } from "@/api/lists";
import { useMay } from "@/api/permissions";
import type { Account, AdminToken, Key, NewAdminToken, NewKey } from "@/api/types";
import { KeyForm } from "@/features/keys/KeyForm";
import { KeyMenu } from "@/features/keys/KeyMenu";
import { KeyState } from "@/features/keys/KeyState";
import { ShownOnce } from "@/features/keys/ShownOnce";
import { TokenForm } from "@/features/tokens/TokenForm";
import { TokenMenu, TokenShown } from "@/features/tokens/TokenMenu";
import { Button } from "@/ui/button";
import { useNow } from "@/ui/clock";
import { ago } from "@/ui/format";
import { Badge, Failed, Loading } from "@/ui/panels";

type Listed = { isPending: boolean; isError: boolean; error: unknown; refetch: () => unknown };

function Section({ title, of, none, action, count, after, children }: { title: string; of: Listed; none: string; action: ReactNode; count: number; after: ReactNode; children: ReactNode }) {
  return (
    <section aria-label={title}>
      <div className="mb-1 flex min-h-7 items-center justify-between gap-2">
        <h3 className="font-semibold">{title}</h3>
        {action}
      </div>
      {of.isPending ? <Loading rows={2} /> : null}
      {of.isError ? <Failed error={of.error} retry={() => void of.refetch()} /> : null}
      {!of.isPending && !of.isError && count === 0 ? <p className="text-soft">{none}</p> : null}
      {count > 0 ? <ul className="divide-y divide-line rounded-md border border-line">{children}</ul> : null}
      {after}
    </section>
  );
}

const line = "num flex min-h-11 items-center gap-3 py-1 pr-1 pl-3";

function Keys({ of }: { of: Account }) {
  const now = useNow();
  const writes = useMay("keys:write");
  const keys = useAll<Key>("/api/v1/keys", { user_id: of.id });
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<NewKey | null>(null);
  const list = keys.data ?? [];
  const dialogs = (
    <>
      <KeyForm
        open={making}
        owner={of}
        onClose={() => setMaking(false)}
        onDone={(key) => {
          setMaking(false);
          if ("key" in key) setMade(key);
        }}
      />
      <ShownOnce of={made} onClose={() => setMade(null)} />
    </>
  );
  return (
    <Section title="Keys" of={keys} count={list.length} none="No key yet. With one it can call models." after={dialogs} action={writes ? <Button small icon="plus" onClick={() => setMaking(true)}>Create a key</Button> : null}>
      {list.map((key) => (
        <li key={key.id} className={line}>
          <Link to="/keys" search={{ key: key.id }} className="min-w-0 flex-1 truncate font-medium hover:text-accent-strong hover:underline">
            {key.name}
          </Link>
          <span className="text-[0.9rem] text-faint max-sm:hidden">{key.last_used_at ? `used ${ago(key.last_used_at, now)}` : "not used yet"}</span>
          <KeyState of={key} now={now} />
          <KeyMenu of={key} onNew={setMade} />
        </li>
      ))}
    </Section>
  );
}

function Tokens({ of }: { of: Account }) {
  const now = useNow();
  const writes = useMay("admin_tokens:write");
  const tokens = useAll<AdminToken>("/api/v1/admin-tokens");
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<NewAdminToken | null>(null);
  const list = (tokens.data ?? []).filter((token) => token.user_id === of.id);
  const dialogs = (
    <>
      {making ? (
        <TokenForm
          as={of}
          onClose={() => setMaking(false)}
          onMade={(token) => {
            setMaking(false);
            setMade(token);
          }}
        />
      ) : null}
      <TokenShown of={made} onClose={() => setMade(null)} />
    </>
  );
  return (
    <Section title="Admin tokens" of={tokens} after={dialogs} count={list.length} none="No token yet. With one it can use the admin API, as far as its roles go." action={writes ? <Button small icon="plus" onClick={() => setMaking(true)}>Create a token</Button> : null}>
      {list.map((token) => (
        <li key={token.id} className={line}>
          <span className="min-w-0 flex-1 truncate font-medium">{token.name}</span>
          <code className="font-mono text-[0.86rem] text-faint max-sm:hidden">{token.prefix}…{token.last4}</code>
          {token.scopes.length > 0 && !token.scopes.includes("*") ? <Badge title={token.scopes.join(", ")}>{token.scopes.length === 1 ? token.scopes[0] : `${token.scopes.length} scopes`}</Badge> : null}
          {token.expires_at ? <Badge tone={Date.parse(token.expires_at) < now ? "bad" : "warn"}>{Date.parse(token.expires_at) < now ? "ended" : "ends"} {ago(token.expires_at, now)}</Badge> : null}
          {writes ? <TokenMenu of={token} onNew={setMade} /> : null}
        </li>
      ))}
    </Section>
  );
}

/** Both, as far as whoever looks may see them. */
export function Access({ of }: { of: Account }) {
  const seesKeys = useMay("keys:read");
  const seesTokens = useMay("admin_tokens:read");
  return (
    <>
      {seesKeys ? <Keys of={of} /> : null}
      {seesTokens ? <Tokens of={of} /> : null}
    </>
  );
}
