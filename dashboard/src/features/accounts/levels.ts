// What the levels of accounts have and are called, for the one page that shows any of them.
import type { AccountLevel } from "@/api/lists";
import type { IconName } from "@/ui/icons";

export type LevelPage = {
  level: AccountLevel;
  one: string;
  many: string;
  path: string;
  about: string;
  icon: IconName;
  /** Accounts that one of these belongs to, by the member that says so. */
  parents: { member: "organization_id" | "team_id"; level: "organization" | "team"; needed: boolean }[];
  /** Has limits of its own; all but plans may take them from a plan. */
  takesPlan: boolean;
  permission: string;
  /** Of users: people, or service accounts. Both are users to the API. */
  kind?: "person" | "service";
};

const page = (level: AccountLevel, about: string, parents: LevelPage["parents"] = [], takesPlan = true): LevelPage => ({
  level,
  one: level,
  many: `${level}s`,
  path: `/${level}s`,
  about,
  icon: level,
  parents,
  takesPlan,
  permission: `${level}s`,
});

export const LEVEL_PAGES = {
  organizations: page("organization", "The tenants of this gateway. What an organization is allowed bounds everything below it."),
  teams: page("team", "Teams share limits and budgets, and have projects, people and keys.", [{ member: "organization_id", level: "organization", needed: false }]),
  projects: page("project", "Projects are parts of a team's work with keys of their own.", [{ member: "team_id", level: "team", needed: true }]),
  users: { ...page("user", "People: their roles say what they may do here, their limits what their keys may."), kind: "person" },
  services: {
    ...page("user", "What programs act as, so that nothing hangs on a person who may leave. Each belongs to an organization, a team or a project."),
    kind: "service",
    one: "service account",
    many: "service accounts",
    path: "/service-accounts",
    icon: "service",
  },
  customers: page("customer", "Whom calls are made for. Callers name them in a header or in the body.", [
    { member: "organization_id", level: "organization", needed: false },
    { member: "team_id", level: "team", needed: false },
  ]),
  plans: page("plan", "Limits and budgets that many accounts have in common.", [], false),
  tags: page("tag", "Labels of calls that limits, budgets and usage can be by."),
} as const satisfies Record<string, LevelPage>;
export type LevelName = keyof typeof LEVEL_PAGES;

/** What a service account may belong to: who answers for it. */
export const OWNERS = ["organization", "team", "project"] as const;

const MEMBERS = { org: "organization_id", team: "team_id", proj: "project_id" } as const;

/** The member under which an id stands where something belongs to it. */
export const memberFor = (id: string | undefined) => MEMBERS[id?.split("_")[0] as keyof typeof MEMBERS] as (typeof MEMBERS)[keyof typeof MEMBERS] | undefined;

/** The member that says what something belongs to, and the id: the nearest where there are several. */
export function ownerOf(of: { organization_id?: string | null; team_id?: string | null; project_id?: string | null }): { member: `${(typeof OWNERS)[number]}_id`; id: string } | null {
  for (const member of ["project_id", "team_id", "organization_id"] as const) {
    const id = of[member];
    if (id) return { member, id };
  }
  return null;
}
