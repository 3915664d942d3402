// What a user is where, in badges.
import type { Account } from "@/api/types";
import { Badge } from "@/ui/panels";

/** The badges, in one line unless they may wrap. */
export function Roles({ of: { gateway_role: everywhere, memberships }, name, wrap = false }: { of: Account; name: (id: string) => string; wrap?: boolean }) {
  if (!everywhere && !memberships?.length) return <span className="text-faint">{wrap ? "none" : "–"}</span>;
  return (
    <span className={`flex gap-1 ${wrap ? "flex-wrap" : "overflow-hidden"}`}>
      {everywhere ? <Badge tone="accent">{everywhere} of the gateway</Badge> : null}
      {memberships?.map((one) => (
        <Badge key={one.account_id}>
          {one.role} of {name(one.account_id)}
        </Badge>
      ))}
    </span>
  );
}
