// Which address shows which page, and what of a page stands in its address. Pages are loaded when they are first opened.
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Link } from "@tanstack/react-router";
import { FIELDS, FIGURE_FIELDS } from "@/features/filters/fields";
import { Shell } from "@/shell/Shell";
import { Empty, Failed, Loading } from "@/ui/panels";

/** Keeps the members of that name that are texts. */
export function texts<N extends string>(...names: N[]) {
  return (search: Record<string, unknown>): { [K in N]?: string } => {
    const kept: { [K in N]?: string } = {};
    for (const name of names) {
      const value = search[name];
      if (typeof value === "string" && value !== "") kept[name] = value;
      else if (typeof value === "number" || typeof value === "boolean") kept[name] = String(value);
    }
    return kept;
  };
}

const root = createRootRoute({
  component: Shell,
  notFoundComponent: () => (
    <Empty title="There is no such page">
      <Link to="/" className="text-accent-strong underline">
        To the overview
      </Link>
    </Empty>
  ),
});

const at = <const P extends string>(path: P) => ({ getParentRoute: () => root, path });

const overview = createRoute({
  ...at("/"),
  validateSearch: texts("range", "from", "to", "by", "chart"),
  component: lazyRouteComponent(() => import("@/features/overview/Overview"), "Overview"),
});
const analytics = createRoute({
  ...at("/analytics"),
  validateSearch: texts("range", "from", "to", "metric", "by", "p", "interval", "look", "compare", "rows", ...FIGURE_FIELDS.map(({ name }) => name)),
  component: lazyRouteComponent(() => import("@/features/analytics/Analytics"), "Analytics"),
});
const chargeback = createRoute({
  ...at("/chargeback"),
  validateSearch: texts("by", "back", "months"),
  component: lazyRouteComponent(() => import("@/features/analytics/Chargeback"), "Chargeback"),
});
const invoice = createRoute({
  ...at("/invoice"),
  validateSearch: texts("provider", "tolerance", "without"),
  component: lazyRouteComponent(() => import("@/features/invoice/Invoice"), "Invoice"),
});
const requests = createRoute({
  ...at("/requests"),
  validateSearch: texts("range", "from", "to", "subcalls", "live", "open", "tab", ...FIELDS.map(({ name }) => name)),
  component: lazyRouteComponent(() => import("@/features/requests/Requests"), "Requests"),
});
const keys = createRoute({
  ...at("/keys"),
  validateSearch: texts("name", "team", "key", "create", "state", "sort"),
  component: lazyRouteComponent(() => import("@/features/keys/Keys"), "Keys"),
});
const budgets = createRoute({
  ...at("/budgets"),
  validateSearch: texts("level", "open"),
  component: lazyRouteComponent(() => import("@/features/budgets/Budgets"), "Budgets"),
});
const accounts = (["organizations", "teams", "projects", "users", "customers", "plans", "tags"] as const).map((name) =>
  createRoute({
    ...at(`/${name}`),
    validateSearch: texts("name", "id", "create", "sort"),
    component: lazyRouteComponent(() => import("@/features/accounts/pages"), name),
  }),
);
const services = createRoute({
  ...at("/service-accounts"),
  validateSearch: texts("name", "id", "create", "sort", "at"),
  component: lazyRouteComponent(() => import("@/features/accounts/pages"), "services"),
});
const exported = createRoute({
  ...at("/exports"),
  validateSearch: texts("create", "from", "to", ...FIELDS.map(({ name }) => name)),
  component: lazyRouteComponent(() => import("@/features/exports/Exports"), "Exports"),
});
const datasets = createRoute({ ...at("/datasets"), validateSearch: texts("open", "create", "find"), component: lazyRouteComponent(() => import("@/features/datasets/Datasets"), "Datasets") });
const evaluations = createRoute({ ...at("/evaluations"), validateSearch: texts("open", "create", "dataset"), component: lazyRouteComponent(() => import("@/features/evaluations/Evaluations"), "Evaluations") });
const start = createRoute({ ...at("/start"), validateSearch: texts("client", "model"), component: lazyRouteComponent(() => import("@/features/start/Start"), "Start") });
const playground = createRoute({
  ...at("/playground"),
  validateSearch: texts("models"),
  component: lazyRouteComponent(() => import("@/features/playground/Playground"), "Playground"),
});
const models = createRoute({
  ...at("/models"),
  validateSearch: texts("find", "provider", "mode", "all", "model"),
  component: lazyRouteComponent(() => import("@/features/models/Models"), "Models"),
});
const prices = createRoute({
  ...at("/prices"),
  validateSearch: texts("tab", "model", "open", "create", "provider", "upstream"),
  component: lazyRouteComponent(() => import("@/features/prices/Prices"), "Prices"),
});
const aliases = createRoute({ ...at("/aliases"), validateSearch: texts("name", "find", "add", "edit"), component: lazyRouteComponent(() => import("@/features/aliases/Aliases"), "Aliases") });
const providers = createRoute({ ...at("/providers"), validateSearch: texts("name", "create", "add", "edit"), component: lazyRouteComponent(() => import("@/features/models/Providers"), "Providers") });
const routes = createRoute({ ...at("/routes"), component: lazyRouteComponent(() => import("@/features/routes/Routes"), "Routes") });
const route = createRoute({
  ...at("/routes/$id"),
  validateSearch: texts("tab", "version", "node"),
  component: lazyRouteComponent(() => import("@/features/routes/RoutePage"), "RoutePage"),
});
const guardrails = createRoute({
  ...at("/guardrails"),
  validateSearch: texts("only", "side", "add", "edit"),
  component: lazyRouteComponent(() => import("@/features/guardrails/Guardrails"), "Guardrails"),
});
const cache = createRoute({ ...at("/cache"), component: lazyRouteComponent(() => import("@/features/cache/Cache"), "Cache") });
const audit = createRoute({
  ...at("/audit"),
  validateSearch: texts("actor", "action", "kind", "id", "range", "open"),
  component: lazyRouteComponent(() => import("@/features/audit/Audit"), "Audit"),
});
const alerts = createRoute({ ...at("/alerts"), validateSearch: texts("tab"), component: lazyRouteComponent(() => import("@/features/alerts/Alerts"), "Alerts") });
const settings = createRoute({ ...at("/settings"), validateSearch: texts("create", "tab", "find", "section", "show", "edit"), component: lazyRouteComponent(() => import("@/features/settings/Settings"), "Settings") });

/** The router. */
export const router = createRouter({
  basepath: "/ui",
  routeTree: root.addChildren([overview, analytics, chargeback, invoice, requests, keys, budgets, ...accounts, services, start, playground, exported, datasets, evaluations, models, prices, aliases, providers, routes, route, guardrails, cache, alerts, audit, settings]),
  defaultPreload: "intent",
  defaultPendingComponent: () => <Loading rows={8} />,
  defaultErrorComponent: ({ error, reset }) => <Failed error={error} retry={reset} />,
  scrollRestoration: true,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
