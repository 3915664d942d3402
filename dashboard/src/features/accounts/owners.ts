// What people and service accounts may belong to, or have roles at, as far as whoever looks may see it.
import { useAccounts } from "@/api/lists";
import { may, useSession } from "@/api/permissions";

/** Organizations, teams and projects; asked for while `on`. */
export function useOwners(on: boolean) {
  const now = useSession();
  const organization = useAccounts("organization", on && may(now, "organizations:read")).data;
  const team = useAccounts("team", on && may(now, "teams:read")).data;
  const project = useAccounts("project", on && may(now, "projects:read")).data;
  return { organization, team, project };
}
