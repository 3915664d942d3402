// The command palette (Ctrl K): pages, things by their names, and a request by its id.
import { useNavigate } from "@tanstack/react-router";
import { Dialog } from "radix-ui";
import { useEffect, useId, useMemo, useRef, useState } from "react";
import { type AccountLevel, useAccounts, useAll } from "@/api/lists";
import { may, useSession } from "@/api/permissions";
import type { Key, Route } from "@/api/types";
import { Icon, type IconName } from "@/ui/icons";
import { PLACES } from "./places";
import { type Command, rank } from "./rank";
import { setTheme, useTheme } from "./theme";

type Action = Command & { icon: IconName; run: () => void };

const MOST = 12;
const REQUEST_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

function useActions(open: boolean): Action[] {
  const navigate = useNavigate();
  const now = useSession();
  const theme = useTheme();
  const asked = (needs: string) => open && may(now, needs);
  const keys = useAll<Key>("/api/v1/keys", {}, asked("keys:read")).data;
  const routes = useAll<Route>("/api/v1/routes", {}, asked("routes:read")).data;
  const organizations = useAccounts("organization", asked("organizations:read")).data;
  const teams = useAccounts("team", asked("teams:read")).data;
  const projects = useAccounts("project", asked("projects:read")).data;
  const users = useAccounts("user", asked("users:read")).data;
  const customers = useAccounts("customer", asked("customers:read")).data;
  return useMemo(() => {
    const pages = PLACES.flatMap((group) => group.places)
      .filter((place) => place.needs === null || may(now, place.needs))
      .map((place): Action => ({ id: place.to, label: place.label, hint: "Page", words: place.words, icon: place.icon, run: () => void navigate({ to: place.to }) }));
    const other = theme === "dark" ? "light" : "dark";
    const deeds: Action[] = [
      { id: "theme", label: `Switch to the ${other} theme`, hint: "Appearance", words: "dark light mode", icon: other === "dark" ? "moon" : "sun", run: () => setTheme(other) },
    ];
    if (may(now, "keys:write")) {
      deeds.push({ id: "new-key", label: "Create a key", hint: "Action", words: "new api", icon: "plus", run: () => void navigate({ to: "/keys", search: { create: "1" } }) });
    }
    if (may(now, "recostings:write")) {
      deeds.push({ id: "recost", label: "Correct what past calls cost", hint: "Action", words: "recost re-costing price wrong", icon: "price", run: () => void navigate({ to: "/prices", search: { tab: "calls", create: "1" } }) });
    }
    if (may(now, "users:write")) {
      deeds.push({ id: "new-service", label: "Create a service account", hint: "Action", words: "new robot program bot token", icon: "plus", run: () => void navigate({ to: "/service-accounts", search: { create: "1" } }) });
    }
    const things: Action[] = [
      ...(keys ?? []).map((key): Action => ({ id: key.id, label: key.name, hint: "Key", icon: "keys", run: () => void navigate({ to: "/keys", search: { key: key.id } }) })),
      ...(routes ?? []).map((route): Action => ({ id: route.id, label: route.name, hint: "Dynamic route", icon: "route", run: () => void navigate({ to: "/routes/$id", params: { id: route.id } }) })),
      ...Object.entries({ organizations, teams, projects, users, customers }).flatMap(([path, list]) =>
        (list ?? []).map((account): Action => {
          const level = path.slice(0, -1) as AccountLevel;
          if (account.kind === "service") return { id: account.id, label: account.name, hint: "Service account", icon: "service", run: () => void navigate({ to: "/service-accounts", search: { id: account.id } }) };
          return { id: account.id, label: account.name, hint: `${level[0]?.toUpperCase()}${level.slice(1)}`, icon: level, run: () => void navigate({ to: `/${path}` as "/teams", search: { id: account.id } }) };
        }),
      ),
    ];
    return [...pages, ...deeds, ...things];
  }, [navigate, now, theme, keys, routes, organizations, teams, projects, users, customers]);
}

/** The palette. */
export function Palette({ open, onClose }: { open: boolean; onClose: () => void }) {
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const list = useRef<HTMLUListElement>(null);
  const id = useId();
  const navigate = useNavigate();
  const actions = useActions(open);
  const found = useMemo(() => {
    const fitting = rank(actions, typed, MOST);
    const request = typed.trim();
    if (!REQUEST_ID.test(request)) return fitting;
    const go = () => void navigate({ to: "/requests", search: { open: request } });
    return [{ id: request, label: `Request ${request}`, hint: "Request", icon: "requests" as IconName, run: go }, ...fitting];
  }, [actions, typed, navigate]);
  useEffect(() => setAt(0), [typed, open]);
  useEffect(() => {
    if (open) setTyped("");
  }, [open]);
  useEffect(() => {
    void list.current?.children[at]?.scrollIntoView({ block: "nearest" });
  }, [at]);
  const run = (action: Action | undefined) => {
    if (!action) return;
    onClose();
    action.run();
  };
  const onKey = (event: React.KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && found.length > 0) {
      event.preventDefault();
      setAt((at + step + found.length) % found.length);
    } else if (event.key === "Enter") {
      event.preventDefault();
      run(found[at]);
    }
  };
  return (
    <Dialog.Root open={open} onOpenChange={(now) => now || onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="overlay fade-in" />
        <Dialog.Content aria-describedby={undefined} className="fade-in fixed top-[12vh] left-1/2 z-50 w-[calc(100vw-1.5rem)] max-w-xl -translate-x-1/2 overflow-hidden rounded-xl border border-line bg-panel shadow-pop">
          <Dialog.Title className="sr-only">Go to or search</Dialog.Title>
          <div className="flex items-center gap-2 border-b border-line px-4 text-faint">
            <Icon name="search" />
            <input
              role="combobox"
              aria-expanded="true"
              aria-controls={`${id}-list`}
              aria-activedescendant={found[at] ? `${id}-${at}` : undefined}
              aria-label="Go to a page, a key, a team, or a request by its id"
              value={typed}
              onChange={(event) => setTyped(event.target.value)}
              onKeyDown={onKey}
              placeholder="A page, a name, or a request's id"
              className="h-12 min-w-0 flex-1 bg-transparent text-ink outline-none placeholder:text-faint"
            />
          </div>
          <ul ref={list} id={`${id}-list`} role="listbox" aria-label="Found" className="max-h-[50vh] overflow-y-auto p-1.5">
            {found.map((action, row) => (
              <li
                key={action.id}
                id={`${id}-${row}`}
                role="option"
                aria-selected={row === at}
                onMouseMove={() => setAt(row)}
                onClick={() => run(action)}
                onKeyDown={() => undefined}
                className={`flex h-9.5 cursor-pointer items-center gap-2.5 rounded-md px-2.5 ${row === at ? "bg-accent-soft text-accent-strong" : "text-ink"}`}
              >
                <Icon name={action.icon} />
                <span className="truncate">{action.label}</span>
                <span className="ml-auto shrink-0 text-[0.86rem] text-faint">{action.hint}</span>
              </li>
            ))}
          </ul>
          {found.length === 0 ? <p className="px-4 pb-5 text-center text-faint">Nothing is called so.</p> : null}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
