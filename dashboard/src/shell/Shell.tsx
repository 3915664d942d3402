// The frame around every page: navigation at the side (a drawer on a phone), search, theme, and who is signed in.
import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { Dialog } from "radix-ui";
import { useEffect, useState } from "react";
import { may, useSession } from "@/api/permissions";
import { signOut } from "@/api/session";
import { Button, IconButton } from "@/ui/button";
import { Icon, Mark } from "@/ui/icons";
import { Menu } from "@/ui/overlays";
import { Toasts } from "@/ui/toast";
import { Palette } from "./Palette";
import { PLACES } from "./places";
import { setTheme, useTheme } from "./theme";

function Navigation({ onGo }: { onGo?: () => void }) {
  const now = useSession();
  const path = useRouterState({ select: (state) => state.location.pathname });
  return (
    <nav aria-label="Pages" className="flex-1 overflow-y-auto px-2 pb-4">
      {PLACES.map((group) => {
        const places = group.places.filter((place) => place.needs === null || may(now, place.needs));
        if (places.length === 0) return null;
        return (
          <div key={group.label} className="mt-3">
            <div className="px-2.5 pb-1 text-[0.78rem] font-medium tracking-wide text-faint uppercase">{group.label}</div>
            <ul>
              {places.map((place) => {
                const here = place.to === "/" ? path === "/" : path === place.to || path.startsWith(`${place.to}/`);
                return (
                  <li key={place.to}>
                    <Link
                      to={place.to}
                      onClick={onGo}
                      aria-current={here ? "page" : undefined}
                      className={`flex h-8 items-center gap-2.5 rounded-md px-2.5 ${here ? "bg-accent-soft font-medium text-accent-strong" : "text-soft hover:bg-sunken hover:text-ink"}`}
                    >
                      <Icon name={place.icon} />
                      {place.label}
                    </Link>
                  </li>
                );
              })}
            </ul>
          </div>
        );
      })}
    </nav>
  );
}

function Brand() {
  return (
    <Link to="/" className="flex h-13 shrink-0 items-center gap-2.5 px-4 text-[1.05rem] font-semibold tracking-tight">
      <Mark />
      Gatewright
    </Link>
  );
}

function PhoneNavigation() {
  const [open, setOpen] = useState(false);
  return (
    <Dialog.Root open={open} onOpenChange={setOpen}>
      <Dialog.Trigger asChild>
        <IconButton icon="menu" label="Open navigation" className="lg:hidden" />
      </Dialog.Trigger>
      <Dialog.Portal>
        <Dialog.Overlay className="overlay lg:hidden" />
        <Dialog.Content aria-describedby={undefined} className="fixed inset-y-0 left-0 z-50 flex w-64 flex-col border-r border-line bg-panel shadow-pop lg:hidden">
          <Dialog.Title className="sr-only">Navigation</Dialog.Title>
          <Brand />
          <Navigation onGo={() => setOpen(false)} />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Account() {
  const now = useSession();
  const leave = async () => {
    const onwards = await signOut();
    if (onwards !== null) window.location.assign(onwards);
  };
  const name = now.kind === "cookie" ? now.name : "";
  return (
    <Menu label="Your session" items={[{ label: "Sign out", icon: "out", onSelect: () => void leave() }]}>
      <Button look="quiet" small icon="user" className="max-w-44" aria-label={`Your session: ${name}`}>
        <span className="truncate max-sm:hidden">{name}</span>
      </Button>
    </Menu>
  );
}

/** The frame; pages come in its middle. */
export function Shell() {
  const theme = useTheme();
  const [searching, setSearching] = useState(false);
  const path = useRouterState({ select: (state) => state.location.pathname });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        setSearching((open) => !open);
      }
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
  useEffect(() => {
    const place = PLACES.flatMap((group) => group.places).find((one) => (one.to === "/" ? path === "/" : path.startsWith(one.to)));
    document.title = place ? `${place.label} · Gatewright` : "Gatewright";
  }, [path]);
  return (
    <div className="flex h-full">
      <a href="#main" className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-60 focus:rounded focus:bg-panel focus:px-3 focus:py-2">
        Skip to content
      </a>
      <aside aria-label="Navigation" className="flex w-56 shrink-0 flex-col border-r border-line bg-panel max-lg:hidden">
        <Brand />
        <Navigation />
      </aside>
      <div className="flex min-w-0 flex-1 flex-col">
        <header className="flex h-13 shrink-0 items-center gap-2 border-b border-line bg-panel px-3 lg:px-5">
          <PhoneNavigation />
          <button
            type="button"
            onClick={() => setSearching(true)}
            className="flex h-8.5 min-w-0 flex-1 items-center gap-2 rounded-md border border-line bg-canvas px-2.5 text-faint hover:border-line-strong sm:max-w-80"
          >
            <Icon name="search" size={14} />
            <span className="truncate">Go to or search</span>
            <kbd className="ml-auto rounded border border-line bg-panel px-1.5 font-sans text-[0.78rem] max-sm:hidden">Ctrl K</kbd>
          </button>
          <span className="flex-1 max-sm:hidden" />
          <IconButton icon={theme === "dark" ? "sun" : "moon"} label={theme === "dark" ? "Light theme" : "Dark theme"} onClick={() => setTheme(theme === "dark" ? "light" : "dark")} />
          <Account />
        </header>
        <main id="main" tabIndex={-1} className="min-h-0 flex-1 overflow-y-auto outline-none">
          <div className="mx-auto flex min-h-full max-w-[1480px] flex-col p-4 lg:p-6">
            <Outlet />
          </div>
        </main>
      </div>
      <Palette open={searching} onClose={() => setSearching(false)} />
      <Toasts />
    </div>
  );
}
