// The places of the dashboard: what stands in the navigation and in the command palette, in order, and who may see it.
import type { IconName } from "@/ui/icons";

export type Place = { to: string; label: string; icon: IconName; needs: string | null; words?: string };
export type PlaceGroup = { label: string; places: Place[] };

/** All of them. `needs` is the permission without which a place shows nothing. */
export const PLACES: PlaceGroup[] = [
  {
    label: "Observe",
    places: [
      { to: "/", label: "Overview", icon: "overview", needs: "usage:read", words: "spend cost tokens errors dashboard home" },
      { to: "/requests", label: "Requests", icon: "requests", needs: "logs:read", words: "logs explorer traces errors live tail" },
      { to: "/analytics", label: "Analytics", icon: "analytics", needs: "usage:read", words: "chart figures latency percentiles tokens compare" },
      { to: "/chargeback", label: "Chargeback", icon: "chargeback", needs: "usage:read", words: "report month cost team project invoice csv" },
      { to: "/invoice", label: "Invoice", icon: "price", needs: "usage:read", words: "reconcile reconciliation provider bill compare csv" },
      { to: "/exports", label: "Exports", icon: "export", needs: "exports:read", words: "records parquet jsonl files s3 download schedule" },
    ],
  },
  {
    label: "Build",
    places: [
      { to: "/start", label: "First request", icon: "start", needs: null, words: "guide quickstart snippets sdk onboarding" },
      { to: "/playground", label: "Playground", icon: "playground", needs: "keys:write", words: "chat compare try models stream" },
      { to: "/datasets", label: "Datasets", icon: "dataset", needs: "datasets:read", words: "items collect import export jsonl examples" },
      { to: "/evaluations", label: "Evaluations", icon: "check", needs: "datasets:read", words: "compare models judge score eval" },
      { to: "/models", label: "Models", icon: "model", needs: "models:read", words: "catalogue" },
      { to: "/prices", label: "Prices", icon: "price", needs: "models:read", words: "history cost past calls correct recost re-costing catalogue" },
      { to: "/aliases", label: "Aliases", icon: "alias", needs: "models:read", words: "models names targets fallback weighted strategy" },
      { to: "/providers", label: "Providers", icon: "provider", needs: "providers:read", words: "credentials health upstream" },
      { to: "/routes", label: "Dynamic routes", icon: "route", needs: "routes:read", words: "graph editor publish simulate" },
    ],
  },
  {
    label: "Access",
    places: [
      { to: "/keys", label: "Keys", icon: "keys", needs: "keys:read", words: "virtual api secret rotate" },
      { to: "/budgets", label: "Budgets", icon: "budget", needs: "budgets:read", words: "limits spend money burn" },
      { to: "/organizations", label: "Organizations", icon: "organization", needs: "organizations:read" },
      { to: "/teams", label: "Teams", icon: "team", needs: "teams:read" },
      { to: "/projects", label: "Projects", icon: "project", needs: "projects:read" },
      { to: "/users", label: "Users", icon: "user", needs: "users:read", words: "people roles members" },
      { to: "/service-accounts", label: "Service accounts", icon: "service", needs: "users:read", words: "robots programs machine bots tokens pipeline ci" },
      { to: "/customers", label: "Customers", icon: "customer", needs: "customers:read" },
      { to: "/plans", label: "Plans", icon: "plan", needs: "plans:read", words: "limits template" },
      { to: "/tags", label: "Tags", icon: "tag", needs: "tags:read" },
    ],
  },
  {
    label: "Control",
    places: [
      { to: "/guardrails", label: "Guardrails", icon: "guardrail", needs: "guardrails:read", words: "pii secrets injection keywords add test" },
      { to: "/cache", label: "Cache", icon: "cache", needs: "cache:read", words: "purge saved" },
      { to: "/alerts", label: "Alerts", icon: "alert", needs: "alerts:read", words: "rules channels slack mail webhook silence history" },
      { to: "/audit", label: "Audit log", icon: "audit", needs: "audit:read", words: "changes who verify export" },
      { to: "/settings", label: "Settings", icon: "settings", needs: null, words: "configuration values defaults admin tokens theme session" },
    ],
  },
];
