// Whether a key works, in a word.
import type { Key } from "@/api/types";
import { ago } from "@/ui/format";
import { Badge } from "@/ui/panels";

/** Whether it works, in a word. */
export function KeyState({ of, now }: { of: Key; now: number }) {
  if (of.disabled) return <Badge tone="neutral">disabled</Badge>;
  if (of.expires_at && new Date(of.expires_at).getTime() < now) return <Badge tone="bad">expired</Badge>;
  if (of.expires_at) return <Badge tone="warn">ends {ago(of.expires_at, now)}</Badge>;
  return <Badge tone="good">active</Badge>;
}
