// Light or dark, as chosen, else as the system has it. `public/theme.js` does the same before the first paint.
import { useSyncExternalStore } from "react";

export type Theme = "light" | "dark";

const STORED = "gatewright.theme";
const current = (): Theme => (document.documentElement.dataset.theme === "dark" ? "dark" : "light");

function subscribe(watcher: () => void) {
  const watch = new MutationObserver(watcher);
  watch.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  return () => watch.disconnect();
}

/** Chooses one, for the next visit too. */
export function setTheme(theme: Theme) {
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem(STORED, theme);
  } catch {
    // A browser that stores nothing asks the system again next time.
  }
}

/** The theme in force. */
export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, current);
}
